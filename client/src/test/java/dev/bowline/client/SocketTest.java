package dev.bowline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.client.FakeServer.Link;
import dev.bowline.core.packet.Args;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** One namespace: buffers, acknowledgements, flags, recovery; in virtual time. */
class SocketTest {
    private final FakeServer server = new FakeServer();
    private Manager manager = server.manager(FakeServer.builder());
    private Socket socket = server.watched(manager.socket());

    private void use(ManagerBuilder builder) {
        manager = server.manager(builder);
        socket = server.watched(manager.socket());
    }

    private void connect() {
        connect("{\"sid\":\"s1\"}");
    }

    private void connect(String answer) {
        socket.connect();
        server.run();
        server.link().opens();
        server.link().says("40" + answer);
        server.logged();
        server.link().taken();
    }

    private void reconnect(String answer) {
        server.link().closes();
        Link next = server.awaitLink(Duration.ofSeconds(1));
        next.opens();
        next.says("40" + answer);
    }

    private static Throwable failureOf(CompletableFuture<?> future) {
        assertThat(future).isCompletedExceptionally();
        return future.handle((value, failure) -> failure instanceof CompletionException wrapped
                        ? java.util.Objects.requireNonNull(wrapped.getCause())
                        : failure)
                .join();
    }

    @Test
    void sendsEventsWithTheirArguments() {
        connect();
        socket.emit("plain");
        socket.emit("several", 1, "two", null, Map.of("three", 3));
        socket.emit("binary", new byte[] {1, 2});
        server.run();
        assertThat(server.link().taken())
                .containsExactly(
                        "42[\"plain\"]",
                        "42[\"several\",1,\"two\",null,{\"three\":3}]",
                        "451-[\"binary\",{\"_placeholder\":true,\"num\":0}]",
                        "bAQI=");
    }

    @Test
    void refusesReservedNamesAndWhatIsNoJson() {
        List<Object> cyclic = new java.util.ArrayList<>();
        cyclic.add(cyclic);
        assertThatThrownBy(() -> socket.emit("connect"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"connect\" is a reserved event name");
        assertThatThrownBy(() -> socket.onEvent("disconnect", event -> {}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> socket.emitWithAck("x", String.class, cyclic))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> socket.emit("x", Map.of("_placeholder", true, "num", 0), new byte[1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("beside a binary value");
    }

    @Test
    void bindsTheFirstArgumentAndHandsAllOn() {
        socket.on("typed", Integer.class, value -> server.log.add("typed " + value));
        socket.onEvent("typed", event -> server.log.add(event.args().size() + " " + event.expectsAck()));
        socket.onAny(event -> server.log.add("any " + event.name()));
        connect();
        server.link().says("42[\"typed\",5,\"more\"]", "42[\"typed\"]", "42[\"typed\",\"no number\"]");
        assertThat(server.logged())
                .containsExactly(
                        "any typed",
                        "typed 5",
                        "2 false",
                        "any typed",
                        "typed null",
                        "0 false",
                        "any typed",
                        "1 false");
    }

    @Test
    void callsAHandlerOnceOrUntilItIsRemoved() {
        socket.once("x", Integer.class, value -> server.log.add("once " + value));
        Registration each = socket.on("x", Integer.class, value -> server.log.add("each " + value));
        connect();
        server.link().says("42[\"x\",1]", "42[\"x\",2]");
        each.remove();
        each.remove();
        server.link().says("42[\"x\",3]");
        assertThat(server.logged()).containsExactly("once 1", "each 1", "each 2");
        socket.on("x", Integer.class, value -> server.log.add("again " + value));
        socket.off("x");
        server.link().says("42[\"x\",4]");
        assertThat(server.logged()).isEmpty();
    }

    @Test
    void goesOnWhenAHandlerThrows() {
        socket.onEvent("x", event -> {
            throw new IllegalStateException("a handler of this test fails on purpose");
        });
        socket.onEvent("x", event -> server.log.add("next"));
        connect();
        server.link().says("42[\"x\"]");
        assertThat(server.logged()).containsExactly("next");
        assertThat(socket.connected()).isTrue();
    }

    // ---- acknowledgements

    @Test
    void answersRequestsWithTheHandlersResult() {
        CompletableFuture<String> later = new CompletableFuture<>();
        socket.onRequest("now", Integer.class, value -> value + 1);
        socket.onRequest("later", String.class, value -> later);
        socket.onRequest("never", String.class, value -> {
            throw new IllegalStateException("a handler of this test fails on purpose");
        });
        socket.onEvent("by hand", event -> event.ack("a", 2));
        connect();
        server.link()
                .says("420[\"now\",1]", "421[\"later\",\"x\"]", "422[\"never\"]", "423[\"by hand\"]", "42[\"now\",5]");
        later.complete("done");
        server.run();
        assertThat(server.link().taken()).containsExactly("430[2]", "433[\"a\",2]", "431[\"done\"]");
    }

    @Test
    void answersOnceAndOnlyOnTheConnectionThatAsked() {
        List<Event> events = new java.util.ArrayList<>();
        socket.onEvent("x", events::add);
        connect();
        server.link().says("4212[\"x\"]", "4213[\"x\"]");
        events.get(0).ack();
        events.get(0).ack("once is enough");
        server.run();
        assertThat(server.link().taken()).containsExactly("4312[]");
        reconnect("{\"sid\":\"s2\"}");
        events.get(1).ack();
        server.run();
        assertThat(server.link().taken()).containsExactly("40");
    }

    @Test
    void completesWithTheAnswer() {
        connect();
        CompletableFuture<Integer> first = socket.emitWithAck("x", Integer.class);
        CompletableFuture<Args> all = socket.emitWithAck("x", Args.class);
        CompletableFuture<String> none = socket.emitWithAck("x", String.class);
        CompletableFuture<Integer> wrong = socket.emitWithAck("x", Integer.class);
        server.run();
        assertThat(server.link().taken()).containsExactly("420[\"x\"]", "421[\"x\"]", "422[\"x\"]", "423[\"x\"]");
        server.link().says("431[1,2]", "430[7,8]", "432[]", "433[{}]", "439[1]", "430[9]");
        assertThat(first).isCompletedWithValue(7);
        assertThat(all.join().size()).isEqualTo(2);
        assertThat(none).isCompletedWithValue(null);
        assertThat(wrong).isCompletedExceptionally();
    }

    @Test
    void givesUpWaitingForAnAnswer() {
        use(FakeServer.builder().ackTimeout(Duration.ofSeconds(9)));
        connect();
        CompletableFuture<String> slow = socket.timeout(Duration.ofSeconds(2)).emitWithAck("x", String.class);
        CompletableFuture<String> slower = socket.emitWithAck("x", String.class);
        server.pass(Duration.ofMillis(1999));
        assertThat(slow).isNotDone();
        server.pass(Duration.ofMillis(1));
        assertThat(failureOf(slow)).isInstanceOf(TimeoutException.class).hasMessage("operation has timed out");
        server.link().says("430[\"late\"]");
        assertThat(slow).isCompletedExceptionally();
        server.pass(Duration.ofSeconds(7));
        assertThat(failureOf(slower)).isInstanceOf(TimeoutException.class);
    }

    @Test
    void failsWhatWasSentAndKeepsWhatWaitsWhenTheConnectionIsLost() {
        connect();
        CompletableFuture<String> sent = socket.emitWithAck("sent", String.class);
        server.run();
        server.link().closes();
        assertThat(failureOf(sent))
                .isInstanceOf(DisconnectedException.class)
                .hasMessage("socket has been disconnected");
        CompletableFuture<String> waiting = socket.emitWithAck("waiting", String.class);
        Link next = server.awaitLink(Duration.ofSeconds(1));
        next.opens();
        next.says("40{\"sid\":\"s2\"}");
        assertThat(next.taken()).containsExactly("40", "421[\"waiting\"]");
        next.says("431[\"yes\"]");
        assertThat(waiting).isCompletedWithValue("yes");
    }

    @Test
    void takesATimedOutEventOutOfTheBuffer() {
        socket.emit("a");
        CompletableFuture<String> late = socket.timeout(Duration.ofSeconds(1)).emitWithAck("b", String.class);
        socket.emit("c");
        server.pass(Duration.ofSeconds(1));
        assertThat(failureOf(late)).isInstanceOf(TimeoutException.class);
        socket.connect();
        server.run();
        server.link().opens();
        server.link().says("40{\"sid\":\"s1\"}");
        assertThat(server.link().taken()).containsExactly("40", "42[\"a\"]", "42[\"c\"]");
    }

    // ---- buffers

    @Test
    void sendsWhatWaitedInOrderAndBeforeTheConnectEvent() {
        socket.onAnyOutgoing(event -> server.log.add("out " + event.name()));
        socket.onEvent("early", event -> server.log.add("early"));
        socket.emit("a");
        socket.emit("b");
        server.run();
        assertThat(server.logged()).isEmpty();
        socket.connect();
        server.run();
        server.link().opens();
        server.link().says("42[\"early\"]", "40{\"sid\":\"s1\"}");
        assertThat(server.link().taken()).containsExactly("40", "42[\"a\"]", "42[\"b\"]");
        assertThat(server.logged()).containsExactly("M.open", "early", "out a", "out b", "S.connect");
    }

    @Test
    void keepsNoMoreThanItMay() {
        use(FakeServer.builder().maxBufferedPackets(2));
        socket.emit("a");
        socket.emit("b");
        assertThatThrownBy(() -> socket.emit("c"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("more than maxBufferedPackets wait to be sent: 2");
        assertThat(failureOf(socket.emitWithAck("c", String.class))).isInstanceOf(IllegalStateException.class);
        connect();
        for (int i = 0; i < 10; i++) {
            socket.emit("connected " + i);
        }
        server.run();
        server.link().closes();
        socket.emit("d");
        socket.emit("e");
        assertThatThrownBy(() -> socket.emit("f")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void keepsNoMoreBytesThanItMayWhetherConnectedOrNot() {
        use(FakeServer.builder().maxBufferedBytes(1000));
        socket.emit("a", "x".repeat(500));
        assertThatThrownBy(() -> socket.emit("b", "x".repeat(500)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("more than maxBufferedBytes wait to be sent: 1000");
        connect();
        server.writesComplete = false;
        socket.emit("b", "x".repeat(500));
        server.run();
        assertThatThrownBy(() -> socket.emit("c", "x".repeat(500))).isInstanceOf(IllegalStateException.class);
        server.loop.execute(server.link().listener::written);
        server.run();
        socket.emit("c", "x".repeat(500));
    }

    @Test
    void endsAConnectionWhoseServerFloodsItBeforeTheAnswer() {
        use(FakeServer.builder().maxBufferedBytes(1000));
        socket.connect();
        server.run();
        server.link().opens();
        server.link().says("42[\"x\",\"" + "x".repeat(600) + "\"]", "42[\"x\",\"" + "x".repeat(600) + "\"]");
        assertThat(server.logged()).containsExactly("M.open", "S.disconnect parse error", "M.close parse error");
    }

    @Test
    void endsAConnectionWhoseServerAsksButDoesNotRead() {
        use(FakeServer.builder().maxBufferedBytes(1000));
        socket.onRequest("x", String.class, value -> "y".repeat(600));
        connect();
        server.writesComplete = false;
        for (int i = 0; i < 5; i++) {
            server.link().says("42" + i + "[\"x\"]");
        }
        server.run();
        assertThat(server.logged()).containsExactly("S.disconnect transport error", "M.close transport error");
    }

    @Test
    void dropsWhatMayBeDroppedWhereItCannotBeWrittenAtOnce() {
        socket.droppable().emit("not connected");
        CompletableFuture<String> dropped = socket.droppable().emitWithAck("not connected", String.class);
        connect();
        assertThat(failureOf(dropped)).isInstanceOf(IllegalStateException.class);
        server.writesComplete = false;
        socket.droppable().emit("first");
        socket.droppable().emit("second");
        server.run();
        server.writesComplete = true;
        server.loop.execute(server.link().listener::written);
        server.run();
        socket.droppable().emit("third");
        server.run();
        assertThat(server.link().taken()).containsExactly("42[\"first\"]", "42[\"third\"]");
    }

    @Test
    void sendsWhatWasEmittedJustBeforeItLeaves() {
        connect();
        socket.emit("last words");
        socket.disconnect();
        server.run();
        assertThat(server.link().taken()).containsExactly("42[\"last words\"]", "41");
    }

    // ---- CONNECT

    @Test
    void asksOnceHoweverOftenConnectIsCalled() {
        socket.connect();
        socket.connect();
        server.run();
        server.link().opens();
        socket.connect();
        server.run();
        server.link().says("40{\"sid\":\"s1\"}");
        socket.connect();
        server.run();
        assertThat(server.link().taken()).containsExactly("40");
    }

    @Test
    void leavesAgainWhenItIsLetInTooLate() {
        Socket other = manager.socket("/other").connect();
        connect();
        server.link().says("40/other,{\"sid\":\"o1\"}");
        assertThat(other.connected()).isTrue();
        Socket slow = server.watched(manager.socket("/slow")).connect();
        slow.disconnect();
        server.run();
        server.link().says("40/slow,{\"sid\":\"x1\"}");
        assertThat(server.link().taken()).containsExactly("40/slow,", "41/slow,");
        assertThat(slow.connected()).isFalse();
        // Wanted again before the answer, one CONNECT serves.
        slow.connect().disconnect().connect();
        server.run();
        server.link().says("40/slow,{\"sid\":\"x2\"}");
        assertThat(server.link().taken()).containsExactly("40/slow,");
        assertThat(slow.id()).contains("x2");
    }

    @Test
    void asksTheApplicationForItsAuthAtEachAttempt() {
        int[] calls = {0};
        use(FakeServer.builder().auth(() -> Map.of("token", ++calls[0])));
        socket.connect();
        server.run();
        server.link().opens();
        server.link().says("40{\"sid\":\"s1\"}");
        assertThat(server.link().taken()).containsExactly("40{\"token\":1}");
        reconnect("{\"sid\":\"s2\"}");
        assertThat(server.link().taken()).containsExactly("40{\"token\":2}");
    }

    @Test
    void reportsAnAuthThatFails() {
        socket.auth(() -> {
            throw new IllegalStateException("no token");
        });
        socket.connect();
        server.run();
        server.link().opens();
        assertThat(server.logged()).containsExactly("M.open", "M.close forced close", "S.connect_error no token");
        assertThat(socket.active()).isFalse();
    }

    @Test
    void saysThatAServerOfTheSecondVersionIsNotForIt() {
        socket.connect();
        server.run();
        server.link().opens();
        server.link().says("40");
        assertThat(server.logged().get(1)).contains("v2");
        assertThat(socket.active()).isTrue();
    }

    // ---- recovery

    @Test
    void showsTheServerWhatItHasAndTakesUpWhatItMissed() {
        socket.onEvent("x", event -> server.log.add("x " + event.args().json(0).utf8()));
        connect("{\"sid\":\"s1\",\"pid\":\"p1\"}");
        assertThat(socket.recovered()).isFalse();
        server.link().says("42[\"x\",1,\"offset-1\"]", "425[\"x\",2,\"not an offset\"]", "42[\"x\",3]");
        server.logged();
        server.link().closes();
        server.logged();
        Link next = server.awaitLink(Duration.ofSeconds(1));
        next.opens();
        assertThat(next.taken()).containsExactly("40{\"pid\":\"p1\",\"offset\":\"offset-1\"}");
        next.says("42[\"x\",4,\"offset-2\"]", "40{\"sid\":\"s1\",\"pid\":\"p1\"}");
        assertThat(server.logged())
                .containsExactly("M.reconnect_attempt 1", "M.open", "M.reconnect 1", "x 4", "S.connect");
        assertThat(socket.recovered()).isTrue();
        assertThat(socket.id()).contains("s1");
        reconnect("{\"sid\":\"s2\",\"pid\":\"p2\"}");
        assertThat(socket.recovered()).isFalse();
        assertThat(server.link().taken()).containsExactly("40{\"pid\":\"p1\",\"offset\":\"offset-2\"}");
    }

    @Test
    void doesNotDeliverWhatAnInterruptedReplayBroughtTwice() {
        socket.onEvent("x", event -> server.log.add("x " + event.args().json(0).utf8()));
        connect("{\"sid\":\"s1\",\"pid\":\"p1\"}");
        server.link().closes();
        Link interrupted = server.awaitLink(Duration.ofSeconds(1));
        interrupted.opens();
        interrupted.says("42[\"x\",1,\"o1\"]");
        interrupted.closes();
        Link next = server.awaitLink(Duration.ofSeconds(1));
        next.opens();
        next.says("42[\"x\",1,\"o1\"]", "42[\"x\",2,\"o2\"]", "40{\"sid\":\"s1\",\"pid\":\"p1\"}");
        assertThat(server.logged().stream().filter(line -> line.startsWith("x")))
                .containsExactly("x 1", "x 2");
    }

    @Test
    void saysWhyAServerThatDoesNotUnderstandItIsNoGood() {
        server.watched(socket).connect();
        server.run();
        server.link().opens();
        server.link().closes();
        assertThat(server.logged())
                .anyMatch(
                        line -> line.startsWith("S.connect_error the server closed the connection instead of answering")
                                && line.contains("msgpack"));
    }
}
