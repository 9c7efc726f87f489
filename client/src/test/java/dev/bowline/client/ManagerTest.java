package dev.bowline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.client.FakeServer.Link;
import dev.bowline.core.engine.EnginePacket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The order of events as an application sees it, in virtual time, after the tables of the reference. */
class ManagerTest {
    private final FakeServer server = new FakeServer();

    private static Reconnection attempts(int attempts) {
        return Reconnection.defaults().withAttempts(attempts);
    }

    private Socket connected(Manager manager) {
        Socket socket = server.watched(manager.socket()).connect();
        server.run();
        server.link().opens();
        server.link().says("40{\"sid\":\"s1\"}");
        return socket;
    }

    @Test
    void opensAndThenConnects() {
        Manager manager = server.manager(FakeServer.builder());
        Socket socket = server.watched(manager.socket()).connect();
        server.run();
        assertThat(manager.state()).isEqualTo(Manager.State.OPENING);
        server.link().opens();
        assertThat(server.logged()).containsExactly("M.open");
        assertThat(server.link().taken()).containsExactly("40");
        assertThat(socket.connected()).isFalse();
        server.link().says("40{\"sid\":\"s1\"}");
        assertThat(server.logged()).containsExactly("S.connect");
        assertThat(socket.id()).contains("s1");
        assertThat(manager.state()).isEqualTo(Manager.State.OPEN);
        assertThat(manager.handshake()).isPresent();
    }

    @Test
    void triesAnUnreachableServerAsOftenAsItMay() {
        Manager manager = server.manager(FakeServer.builder().reconnection(attempts(3)));
        Socket socket = server.watched(manager.socket()).connect();
        server.run();
        server.link().fails();
        assertThat(server.logged()).containsExactly("S.connect_error websocket error", "M.error websocket error");
        Duration[] delays = {Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4)};
        for (int attempt = 1; attempt <= 3; attempt++) {
            server.pass(delays[attempt - 1].minusMillis(1));
            assertThat(server.logged()).isEmpty();
            server.awaitLink(Duration.ofMillis(1)).fails();
            List<String> expected = attempt < 3
                    ? List.of(
                            "M.reconnect_attempt " + attempt,
                            "S.connect_error websocket error",
                            "M.error websocket error",
                            "M.reconnect_error websocket error")
                    : List.of(
                            "M.reconnect_attempt 3",
                            "S.connect_error websocket error",
                            "M.error websocket error",
                            "M.reconnect_failed",
                            "M.reconnect_error websocket error");
            assertThat(server.logged()).isEqualTo(expected);
        }
        server.pass(Duration.ofDays(1));
        assertThat(server.logged()).isEmpty();
        assertThat(socket.active()).isTrue();
        assertThat(server.time.pending()).isZero();
        // connect() starts a new round.
        socket.connect();
        server.run();
        server.link().fails();
        assertThat(server.logged()).containsExactly("S.connect_error websocket error", "M.error websocket error");
        server.awaitLink(Duration.ofSeconds(1));
    }

    @Test
    void comesBackAfterALoss() {
        Manager manager = server.manager(FakeServer.builder());
        Socket socket = connected(manager);
        server.logged();
        server.link().closes();
        assertThat(server.logged()).containsExactly("S.disconnect transport close", "M.close transport close");
        assertThat(socket.connected()).isFalse();
        assertThat(socket.id()).isEmpty();
        assertThat(socket.active()).isTrue();
        Link next = server.awaitLink(Duration.ofSeconds(1));
        next.opens();
        next.says("40{\"sid\":\"s2\"}");
        assertThat(server.logged()).containsExactly("M.reconnect_attempt 1", "M.open", "M.reconnect 1", "S.connect");
        assertThat(socket.id()).contains("s2");
    }

    @Test
    void reportsABrokenConnectionBeforeTheLossOfItsSockets() {
        connected(server.manager(FakeServer.builder()));
        server.logged();
        server.link().fails();
        assertThat(server.logged())
                .containsExactly("M.error websocket error", "S.disconnect transport error", "M.close transport error");
    }

    @Test
    void leavesWithItsLastSocket() {
        Manager manager = server.manager(FakeServer.builder());
        Socket socket = connected(manager);
        server.logged();
        server.link().taken();
        socket.disconnect();
        server.run();
        assertThat(server.logged()).containsExactly("M.close forced close", "S.disconnect io client disconnect");
        assertThat(server.link().taken()).containsExactly("41");
        assertThat(server.link().closed).isCompleted();
        assertThat(socket.active()).isFalse();
        server.pass(Duration.ofDays(1));
        assertThat(server.links).hasSize(1);
    }

    @Test
    void doesNotComeBackWhenItIsThrownOut() {
        Manager manager = server.manager(FakeServer.builder());
        Socket socket = connected(manager);
        server.logged();
        server.link().says("41");
        assertThat(server.logged()).containsExactly("M.close forced close", "S.disconnect io server disconnect");
        assertThat(socket.active()).isFalse();
        server.pass(Duration.ofDays(1));
        assertThat(server.links).hasSize(1);
        // Until the application says so.
        socket.connect();
        server.run();
        assertThat(server.links).hasSize(2);
    }

    @Test
    void doesNotComeBackWhenItIsRefused() {
        Manager manager = server.manager(FakeServer.builder());
        Socket socket = server.watched(manager.socket()).connect();
        socket.onConnectError(error -> server.log.add(error.data(Integer.class) + " " + error.refused()));
        server.run();
        server.link().opens();
        server.link().says("44{\"message\":\"no\",\"data\":7}");
        assertThat(server.logged())
                .containsExactly("M.open", "M.close forced close", "S.connect_error no", "Optional[7] true");
        assertThat(socket.active()).isFalse();
        server.pass(Duration.ofDays(1));
        assertThat(server.links).hasSize(1);
    }

    @Test
    void keepsTheConnectionForTheOtherNamespaces() {
        Manager manager = server.manager(FakeServer.builder());
        Socket main = connected(manager);
        Socket chat = server.watched(manager.socket("chat")).connect();
        server.run();
        server.link().says("40/chat,{\"sid\":\"c1\"}");
        server.logged();
        main.disconnect();
        server.run();
        assertThat(server.logged()).containsExactly("S.disconnect io client disconnect");
        assertThat(chat.connected()).isTrue();
        server.link().says("42/chat,[\"x\"]", "42[\"nobody\"]", "42/unknown,[\"x\"]");
        assertThat(manager.state()).isEqualTo(Manager.State.OPEN);
        server.link().closes();
        assertThat(server.logged()).containsExactly("S/chat.disconnect transport close", "M.close transport close");
    }

    @Test
    void givesAnAttemptUpThatTakesTooLong() {
        Manager manager = server.manager(FakeServer.builder().connectTimeout(Duration.ofSeconds(3)));
        server.watched(manager.socket()).connect();
        server.run();
        server.pass(Duration.ofSeconds(3));
        assertThat(server.logged()).containsExactly("S.connect_error timeout", "M.error timeout");
        assertThat(server.link().closed).isCompleted();
        assertThat(server.renewed).isEqualTo(1);
        server.links.get(0).opens();
        assertThat(manager.state()).isEqualTo(Manager.State.CLOSED);
        server.awaitLink(Duration.ofSeconds(1)).opens();
        assertThat(server.logged()).containsExactly("M.reconnect_attempt 1", "M.open", "M.reconnect 1");
    }

    @Test
    void takesFreshConnectionsAfterEveryLoss() {
        Manager manager = server.manager(FakeServer.builder());
        connected(manager);
        server.link().closes();
        assertThat(server.logged()).contains("M.close transport close");
        assertThat(server.renewed).isEqualTo(1);
    }

    @Test
    void noticesThatTheHeartbeatStopped() {
        Manager manager = server.manager(FakeServer.builder());
        connected(manager);
        server.pass(Duration.ofSeconds(44));
        server.link().says("2");
        assertThat(server.link().taken()).containsExactly("40", "3");
        server.logged();
        server.pass(Duration.ofSeconds(45).minusMillis(1));
        assertThat(server.logged()).isEmpty();
        server.pass(Duration.ofMillis(1));
        assertThat(server.logged()).containsExactly("S.disconnect ping timeout", "M.close ping timeout");
        assertThat(server.renewed).isEqualTo(1);
    }

    @Test
    void keepsWhatIsEmittedAfterALongSleepForTheNextConnection() {
        Manager manager = server.manager(FakeServer.builder());
        Socket socket = connected(manager);
        server.logged();
        server.link().taken();
        // Time passes, but no timer runs: the machine was asleep.
        server.time.ticker().advance(Duration.ofHours(8));
        server.loop.execute(() -> {});
        socket.emit("late", 1);
        Link stale = server.link();
        server.run();
        assertThat(stale.taken()).isEmpty();
        assertThat(server.logged()).startsWith("S.disconnect ping timeout", "M.close ping timeout");
        Link next = server.awaitLink(Duration.ofSeconds(1));
        next.opens();
        next.says("40{\"sid\":\"s2\"}");
        assertThat(next.taken()).containsExactly("40", "42[\"late\",1]");
    }

    /** The ping that was due comes after all, when what was emitted is already kept for the next connection. */
    @Test
    void keepsTheOrderOfWhatIsEmittedAroundALatePing() {
        Manager manager = server.manager(FakeServer.builder());
        Socket socket = connected(manager);
        Link stale = server.link();
        stale.taken();
        server.time.ticker().advance(Duration.ofMinutes(1));
        server.loop.execute(() -> {});
        socket.emit("first");
        server.loop.execute(() -> stale.listener.packet(EnginePacket.PING));
        socket.emit("second");
        server.run();
        assertThat(stale.taken()).doesNotContain("42[\"second\"]");
        Link next = server.awaitLink(Duration.ofSeconds(1));
        next.opens();
        next.says("40{\"sid\":\"s2\"}");
        assertThat(next.taken()).containsExactly("40", "42[\"first\"]", "42[\"second\"]");
    }

    @Test
    void comesBackAfterAPacketThatIsNone() {
        Manager manager = server.manager(FakeServer.builder());
        connected(manager);
        server.logged();
        server.link().says("4nonsense");
        assertThat(server.logged()).containsExactly("S.disconnect parse error", "M.close parse error");
        assertThat(server.link().closed).isCompleted();
        server.awaitLink(Duration.ofSeconds(1));
    }

    @Test
    void staysAwayWhereReconnectionIsDisabled() {
        Manager manager = server.manager(FakeServer.builder().reconnection(Reconnection.disabled()));
        Socket socket = connected(manager);
        server.logged();
        server.link().closes();
        server.pass(Duration.ofDays(1));
        assertThat(server.logged()).containsExactly("S.disconnect transport close", "M.close transport close");
        assertThat(socket.active()).isTrue();
        socket.connect();
        server.run();
        assertThat(server.links).hasSize(2);
    }

    @Test
    void startsWithTheShortestDelayAgainAfterASuccess() {
        Manager manager = server.manager(FakeServer.builder());
        connected(manager);
        server.link().closes();
        server.awaitLink(Duration.ofSeconds(1)).fails();
        Link second = server.awaitLink(Duration.ofSeconds(2));
        second.opens();
        second.closes();
        server.awaitLink(Duration.ofSeconds(1));
        assertThat(server.logged())
                .contains("M.reconnect_attempt 2", "M.reconnect 2")
                .endsWith("M.reconnect_attempt 1");
    }

    @Test
    void isGivenUpForAllSocketsByHand() {
        Manager manager = server.manager(FakeServer.builder());
        Socket socket = connected(manager);
        server.logged();
        manager.disconnect();
        server.run();
        assertThat(server.logged()).containsExactly("S.disconnect forced close", "M.close forced close");
        assertThat(socket.active()).isTrue();
        server.pass(Duration.ofDays(1));
        assertThat(server.links).hasSize(1);
        manager.connect();
        server.run();
        server.link().opens();
        assertThat(server.link().taken()).containsExactly("40");
    }

    @Test
    void forgetsItsPlansWhenTheLastSocketLeavesWhileItWaits() {
        Manager manager = server.manager(FakeServer.builder());
        Socket socket = connected(manager);
        server.link().closes();
        server.logged();
        socket.disconnect();
        server.pass(Duration.ofDays(1));
        assertThat(server.logged()).isEmpty();
        assertThat(server.links).hasSize(1);
        assertThat(server.time.pending()).isZero();
    }

    @Test
    void takesTheNextTransportWhereTheFirstOneFailsToOpen() {
        Manager manager = server.manager(FakeServer.builder()
                .transports(
                        dev.bowline.core.engine.TransportName.WEBSOCKET, dev.bowline.core.engine.TransportName.POLLING)
                .tryAllTransports(true));
        server.watched(manager.socket()).connect();
        server.run();
        server.link().fails();
        assertThat(server.logged()).isEmpty();
        assertThat(server.links).hasSize(2);
        assertThat(server.link().taken()).containsExactly("poll");
        server.link().fails();
        assertThat(server.logged()).containsExactly("S.connect_error websocket error", "M.error websocket error");
    }

    @Test
    void stopsReadingWhileHandlersCannotFollow() {
        List<Runnable> waiting = new java.util.ArrayList<>();
        Manager manager = new Manager(FakeServer.builder().options(), server.loop, waiting::add, server);
        Socket socket = manager.socket().connect();
        socket.onEvent("x", event -> {});
        server.run();
        server.link().opens();
        server.link().says("40{\"sid\":\"s1\"}");
        for (int i = 0; i < 10_100; i++) {
            server.link().says("42[\"x\"]");
        }
        int demanded = server.link().demanded;
        assertThat(demanded).isBetween(9_990, 10_010);
        while (!waiting.isEmpty()) {
            waiting.remove(0).run();
            server.run();
        }
        assertThat(server.link().demanded).isEqualTo(10_100 + 2);
    }

    @Test
    void tellsItsSocketsToLeaveWhenItIsClosed() throws Exception {
        Manager manager = server.manager(FakeServer.builder());
        Socket socket = connected(manager);
        server.logged();
        server.link().taken();
        Thread closer = new Thread(manager::close);
        closer.start();
        dev.bowline.testkit.Eventually.await("the close to reach the loop", () -> {
            server.run();
            return !closer.isAlive();
        });
        closer.join();
        server.run();
        assertThat(server.link().taken()).containsExactly("41");
        assertThat(server.logged()).containsExactly("M.close forced close", "S.disconnect io client disconnect");
        assertThat(server.time.pending()).isZero();
        assertThatThrownBy(socket::connect).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> socket.emit("x")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(manager::connect).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void tellsOfEachPacketBeforeItsEvent() {
        Manager manager = server.manager(FakeServer.builder());
        manager.onPacket(packet -> server.log.add("M.packet " + packet.type() + " " + packet.namespace()));
        Socket socket = connected(manager);
        socket.onEvent("x", event -> server.log.add("S.x"));
        server.link().says("42[\"x\"]", "42/unknown,[\"x\"]");
        assertThat(server.logged())
                .containsExactly(
                        "M.open",
                        "M.packet CONNECT /",
                        "S.connect",
                        "M.packet EVENT /",
                        "S.x",
                        "M.packet EVENT /unknown");
    }
}
