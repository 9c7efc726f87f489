package dev.bowline.interop.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.client.DisconnectedException;
import dev.bowline.client.Manager;
import dev.bowline.client.Reconnection;
import dev.bowline.client.Socket;
import dev.bowline.client.TransportException;
import dev.bowline.interop.client.NodeServer.Way;
import dev.bowline.testkit.Direction;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.FaultProxy;
import dev.bowline.testkit.ThreadLeaks;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Bowline's client against Node's socket.io 4.8.4: the same incident seen from both ends, and the way back.
 */
class ClientLosesNodeTest {
    private NodeServer server = new NodeServer("{}");

    @AfterEach
    void stop() {
        server.close();
    }

    private void use(String options) {
        server.close();
        server = new NodeServer(options);
    }

    private void backWithANewId(Socket socket, String oldId) {
        server.seen().await("connect"::equals);
        assertThat(socket.id()).isPresent().get().isNotEqualTo(oldId);
    }

    private void staysAway(Socket socket) {
        assertThat(socket.active()).isFalse();
        assertThat(socket.manager().state()).isEqualTo(Manager.State.CLOSED);
        assertThat(server.seen().all()).noneMatch(line -> line.startsWith("M.reconnect"));
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void itsOwnDisconnectIsFinal(Way way) {
        Socket socket = server.connected(way);
        socket.disconnect();
        server.seen().await("disconnect io client disconnect"::equals);
        server.node().awaitLine(line -> line.endsWith("client namespace disconnect"));
        staysAway(socket);
    }

    private void kick(Socket socket, boolean close) {
        server.node().say("kick " + socket.id().orElseThrow() + " " + close);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aKickIsFinal(Way way) {
        Socket socket = server.connected(way);
        kick(socket, false);
        server.seen().await("disconnect io server disconnect"::equals);
        server.node().awaitLine(line -> line.endsWith("server namespace disconnect"));
        staysAway(socket);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aKickThatClosesTheConnectionIsFinal(Way way) {
        Socket socket = server.connected(way);
        kick(socket, true);
        server.seen().await("disconnect io server disconnect"::equals);
        server.node().awaitLine(line -> line.endsWith("server namespace disconnect"));
        staysAway(socket);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aCutIsMended(Way way) {
        Socket socket = server.connected(way);
        String id = socket.id().orElseThrow();
        String reason = way == Way.POLLING ? "transport error" : "transport close";
        socket.emit("cut");
        server.seen().await(("disconnect " + reason)::equals);
        server.seen().expectNext("M.close " + reason);
        server.node().awaitLine("disconnect / " + id + " " + reason);
        backWithANewId(socket, id);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aBadSocketIoPacketOfTheServerIsMended(Way way) {
        Socket socket = server.connected(way);
        String id = socket.id().orElseThrow();
        socket.emit("raw", "nonsense");
        server.seen().await("disconnect parse error"::equals);
        server.node().awaitLine("disconnect / " + id + " transport close");
        backWithANewId(socket, id);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aHeartbeatThatStopsIsNoticed(Way way) {
        use("{\"pingInterval\":300,\"pingTimeout\":200}");
        Socket socket = server.connected(way);
        String id = socket.id().orElseThrow();
        long start = System.nanoTime();
        socket.emit("mute");
        server.seen().await("disconnect ping timeout"::equals);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
        backWithANewId(socket, id);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aServerThatShutsDownIsTriedAgain(Way way) {
        Socket socket = server.connected(way);
        String id = socket.id().orElseThrow();
        server.node().say("shutdown");
        server.seen().await("disconnect transport close"::equals);
        server.node().awaitLine("disconnect / " + id + " server shutting down");
        server.seen().await("M.reconnect_error"::equals);
        server.restart();
        backWithANewId(socket, id);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aServerThatDiesIsTriedAgain(Way way) {
        Socket socket = server.connected(way);
        String id = socket.id().orElseThrow();
        server.restart();
        server.seen().await(line -> line.startsWith("disconnect transport "));
        backWithANewId(socket, id);
        assertThat(server.seen().all()).contains("M.open").anyMatch(line -> line.startsWith("M.reconnect "));
    }

    /** The session is unknown after the restart; the client learns it by the answer 400 to its next poll. */
    @Test
    void aSessionThatTheServerForgotIsATransportError() throws Exception {
        try (FaultProxy proxy = FaultProxy.to(server.address()).start();
                NodeServer other = new NodeServer("{}")) {
            AtomicReference<TransportException> failure = new AtomicReference<>();
            Manager manager = server.manager(server.builder(Way.POLLING, proxy.port()));
            manager.onError(failure::set);
            Socket socket = server.connected(Way.POLLING, manager);
            proxy.retarget(other.address());
            proxy.existing().reset();
            server.seen().await("disconnect transport error"::equals);
            server.seen().await("connect"::equals);
            assertThat(socket.connected()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aNetworkThatSwallowsEverythingIsNoticedAndMended(Way way) throws Exception {
        use("{\"pingInterval\":300,\"pingTimeout\":300}");
        try (FaultProxy proxy = FaultProxy.to(server.address()).start()) {
            Manager manager = server.manager(server.builder(way, proxy.port()).connectTimeout(Duration.ofMillis(500)));
            Socket socket = server.connected(way, manager);
            String id = socket.id().orElseThrow();
            proxy.all().blackHole(Direction.BOTH);
            server.seen().await("disconnect ping timeout"::equals);
            server.node().awaitLine("disconnect / " + id + " ping timeout");
            server.seen().await("M.reconnect_error"::equals);
            proxy.all().heal();
            backWithANewId(socket, id);
        }
    }

    @Test
    void anEventOfTheTimeAwayIsSentAfterTheReturn() throws Exception {
        Socket socket = server.connected(Way.WEBSOCKET);
        CompletableFuture<String> lost = socket.emitWithAck("silent", String.class);
        socket.emit("cut");
        server.seen().await("disconnect transport close"::equals);
        assertThatThrownBy(() -> lost.get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(DisconnectedException.class);
        assertThat(socket.emitWithAck("echo", String.class, "kept").get(10, TimeUnit.SECONDS))
                .isEqualTo("kept");
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void eventsWithRetriesArriveInOrderAndAtLeastOnce(Way way) throws Exception {
        int last = 49;
        try (FaultProxy proxy = FaultProxy.to(server.address()).start()) {
            Manager manager = server.manager(
                    server.builder(way, proxy.port()).retries(1000).ackTimeout(Duration.ofMillis(200)));
            Socket socket = server.connected(way, manager);
            for (int i = 0; i < last; i++) {
                socket.emit("deliver", i);
            }
            CompletableFuture<Integer> answer = socket.emitWithAck("deliver", Integer.class, last);
            for (int cut : new int[] {11, 23, 24, 38}) {
                server.node().awaitLine(("delivered " + cut)::equals);
                proxy.existing().reset();
            }
            assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(last);
            assertThat(server.seen().all()).anyMatch(line -> line.startsWith("disconnect transport"));
        }
        List<Integer> delivered = server.node().lines().stream()
                .filter(line -> line.startsWith("delivered "))
                .map(line -> Integer.valueOf(line.substring("delivered ".length())))
                .toList();
        List<Integer> all = IntStream.rangeClosed(0, last).boxed().toList();
        assertThat(delivered.stream().distinct()).isEqualTo(all);
        // Ten were not answered in time, so that there was something to send again.
        assertThat(delivered).hasSizeGreaterThanOrEqualTo(all.size() + 10);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void whatWasMissedIsRecovered(Way way) throws Exception {
        use("{\"connectionStateRecovery\":{}}");
        Socket socket = server.connected(way);
        String id = socket.id().orElseThrow();
        socket.on("news", Integer.class, number -> server.seen().accept("news " + number));
        assertThat(socket.emitWithAck("join", Void.class, "room").get(10, TimeUnit.SECONDS))
                .isNull();
        server.node().say("broadcast room news 1");
        server.seen().await("news 1"::equals);
        socket.emit("cut");
        server.node().awaitLine("disconnect / " + id);
        server.node().say("broadcast room news 2");
        server.node().say("broadcast room news 3");
        server.seen().await(line -> line.startsWith("disconnect transport"));
        server.seen().await("connect"::equals);
        assertThat(socket.recovered()).isTrue();
        assertThat(socket.id()).contains(id);
        Eventually.await("the news", () -> server.seen().all().contains("news 3"));
        assertThat(server.seen().all().stream().filter(line -> line.startsWith("news")))
                .containsExactly("news 1", "news 2", "news 3");
    }

    @Test
    void aServerThatNeverWasIsGivenUp() {
        int port = server.port();
        server.node().close();
        Manager manager = server.manager(server.builder(Way.UPGRADE, port)
                .reconnection(Reconnection.defaults()
                        .withAttempts(2)
                        .withDelay(Duration.ofMillis(10))
                        .withMaxDelay(Duration.ofMillis(10))));
        manager.onError(failure -> server.seen().accept("M.error"));
        server.watched(manager.socket()).connect();
        for (String expected : List.of(
                "connect_error xhr poll error",
                "M.error",
                "M.reconnect_attempt 1",
                "connect_error xhr poll error",
                "M.error",
                "M.reconnect_error",
                "M.reconnect_attempt 2",
                "connect_error xhr poll error",
                "M.error",
                "M.reconnect_failed",
                "M.reconnect_error")) {
            server.seen().expectNext(expected);
        }
    }

    @Test
    void anAnswerThatIsNo200IsToldWithItsBody() throws Exception {
        use("{\"transports\":[\"websocket\"]}");
        CompletableFuture<TransportException> told = new CompletableFuture<>();
        Manager manager = server.manager(server.builder(Way.POLLING));
        manager.onError(told::complete);
        manager.connect();
        TransportException failure = told.get(10, TimeUnit.SECONDS);
        assertThat(failure).hasMessage("xhr poll error");
        assertThat(failure.status()).hasValue(400);
        assertThat(failure.body()).isEqualTo("{\"code\":0,\"message\":\"Transport unknown\"}");
    }

    @Test
    void aCloseDuringTheHandshakeIsToldToTheServer() throws Exception {
        try (FaultProxy proxy = FaultProxy.to(server.address()).start()) {
            proxy.newLinks().hold(Direction.TO_CLIENT);
            Manager manager = server.manager(server.builder(Way.POLLING, proxy.port()));
            manager.connect();
            server.node().awaitLine("engine polling");
            manager.disconnect();
            proxy.all().heal();
            server.node().awaitLine("engine closed transport close");
        }
    }

    /**
     * On Java 17 an HttpClient cannot be told to end: its selector thread ends when the garbage collector
     * has found that nobody can use the client any more, which is why this test asks for collections there.
     */
    @ParameterizedTest
    @EnumSource(Way.class)
    void leavesNoThreadBehind(Way way) {
        ThreadLeaks before = ThreadLeaks.snapshot();
        for (int i = 0; i < 3; i++) {
            try (Manager manager = server.builder(way).build()) {
                server.connected(way, manager);
                if (i == 1) {
                    manager.socket().emit("cut");
                    server.seen().await(line -> line.startsWith("disconnect transport"));
                }
            }
        }
        Eventually.await("the threads to end", Duration.ofSeconds(20), () -> {
            System.gc();
            return before.left().isEmpty();
        });
        before.assertNone();
    }
}
