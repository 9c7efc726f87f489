package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.core.packet.ArgumentException;
import dev.bowline.testkit.Recorder;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a socket hears, says and acknowledges; its handlers run on the event loop here, so that nothing has to wait. */
class SocketTest {
    private static final String IN = "40{\"sid\":\"<sid>\"}";

    private final ManualLoop loop = new ManualLoop();
    private final SocketIoServer io = SocketIoServer.create(
            ServerOptions.builder().dispatch(Dispatch.onEventLoop()).build());
    private final Recorder<String> events = new Recorder<>(Duration.ZERO);

    @AfterEach
    void close() {
        io.close();
        loop.run();
    }

    private record Entered(Peer peer, Socket socket) {}

    private Entered enter() {
        var entered = new AtomicReference<@Nullable Socket>();
        io.onConnection(socket -> entered.compareAndSet(null, socket));
        Peer peer = Peer.connect(io, loop).send("40");
        peer.expect(IN);
        Socket socket = entered.get();
        if (socket == null) {
            throw new AssertionError("not in");
        }
        return new Entered(peer, socket);
    }

    // ---- Acknowledgements -----------------------------------------------------------------------

    @Test
    void awaitsTheClientsAnswer() {
        Entered e = enter();
        CompletableFuture<@Nullable Integer> first = e.socket().emitWithAck("q", Integer.class, 1);
        CompletableFuture<@Nullable String> second = e.socket().emitWithAck("q", String.class);
        e.peer().expect("420[\"q\",1]", "421[\"q\"]");
        e.peer().send("431[null]", "430[7,8]", "430[9]", "4399[1]");
        assertThat(first).isCompletedWithValue(7);
        assertThat(second).isCompletedWithValue(null);
        assertThat(e.peer().isClosed()).isFalse();
    }

    @Test
    void failsWhenNoAnswerComesInTimeAndIgnoresALateOne() {
        Entered e = enter();
        var future = e.socket().timeout(Duration.ofSeconds(5)).emitWithAck("q", String.class);
        loop.advance(Duration.ofMillis(4_999));
        assertThat(future).isNotDone();
        loop.advance(Duration.ofMillis(1));
        assertThat(future).isCompletedExceptionally();
        assertThatThrownBy(future::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(TimeoutException.class)
                .hasMessageContaining("operation has timed out");
        e.peer().send("430[\"late\"]");
        assertThat(e.peer().isClosed()).isFalse();
        assertThat(e.socket().connected()).isTrue();
    }

    @Test
    void usesTheDefaultTimeWhereNoneIsGiven() {
        Entered e = enter();
        var future = e.socket().emitWithAck("q", String.class);
        loop.advance(Duration.ofSeconds(25));
        e.peer().send("3");
        loop.advance(Duration.ofSeconds(5));
        assertThat(future).isCompletedExceptionally();
    }

    @Test
    void failsWhenTheAnswerIsOfAnotherType() {
        Entered e = enter();
        var future = e.socket().emitWithAck("q", Integer.class);
        e.peer().send("430[\"x\"]");
        assertThatThrownBy(future::join).hasCauseInstanceOf(ArgumentException.class);
    }

    @Test
    void failsWhatIsAwaitedWhenTheSocketLeavesAndWhatIsAskedAfterwards() {
        Entered e = enter();
        var before = e.socket().emitWithAck("q", Integer.class);
        e.peer().send("41");
        var after = e.socket().emitWithAck("q", Integer.class);
        loop.run();
        assertThatThrownBy(before::join).hasMessageContaining("socket has been disconnected");
        assertThatThrownBy(after::join).hasMessageContaining("socket has been disconnected");
    }

    @Test
    void forgetsWhatItsCallerGaveUp() {
        Entered e = enter();
        var future = e.socket().emitWithAck("q", Integer.class);
        assertThat(future.cancel(false)).isTrue();
        e.peer().send("430[1]");
        assertThat(future).isCancelled();
    }

    @Test
    void refusesATimeThatIsNone() {
        Entered e = enter();
        assertThatThrownBy(() -> e.socket().timeout(Duration.ZERO)).hasMessage("timeout must be more than zero: PT0S");
    }

    @Test
    void acknowledgesOnceWithWhateverTheHandlerSays() {
        io.onConnection(socket -> {
            socket.onEvent("twice", (args, ack) -> {
                ack.send(1);
                ack.send(2);
            });
            socket.onEvent("null", (args, ack) -> ack.send((Object) null));
            socket.onEvent("nothing", (args, ack) -> ack.send());
            socket.onRequest("double", Integer.class, number -> number * 2);
            socket.onRequest("later", Integer.class, number -> CompletableFuture.completedFuture(Map.of("n", number)));
            socket.onRequest("fails", Integer.class, number -> {
                throw new IllegalStateException("expected by the test");
            });
        });
        Peer peer = enter().peer();
        peer.send("420[\"twice\"]").expect("430[1]");
        peer.send("421[\"null\"]").expect("431[null]");
        peer.send("422[\"nothing\"]").expect("432[]");
        peer.send("42123456789012[\"double\",4]").expect("43123456789012[8]");
        peer.send("424[\"later\",4]").expect("434[{\"n\":4}]");
        peer.send("425[\"fails\",4]", "42[\"double\",4]", "426[\"unknown\"]");
        assertThat(peer.take()).isEmpty();
    }

    // ---- Hearing --------------------------------------------------------------------------------

    @Test
    void callsWhoeverListensInOrder() {
        io.onConnection(socket -> {
            socket.onAny((event, args) -> events.accept("any " + event));
            socket.on("a", String.class, text -> events.accept("first " + text));
            socket.onceEvent("a", (args, ack) -> events.accept("once"));
            socket.on("a", String.class, Integer.class, (text, number) -> events.accept("both " + text + number));
        });
        Peer peer = enter().peer();
        peer.send("42[\"a\",\"x\",1]", "42[\"a\",\"y\"]");
        events.expectNext("any a");
        events.expectNext("first x");
        events.expectNext("once");
        events.expectNext("both x1");
        events.expectNext("any a");
        events.expectNext("first y");
        events.expectNext("both ynull");
        events.assertExhausted();
    }

    @Test
    void goesOnAfterAHandlerThatFailsAndTellsOfWrongArguments() {
        io.onConnection(socket -> {
            socket.onError(error -> events.accept(error.getClass().getSimpleName()));
            socket.on("a", Integer.class, number -> events.accept("number"));
            socket.onEvent("a", (args, ack) -> {
                throw new java.io.IOException("expected by the test");
            });
            socket.onEvent("a", (args, ack) -> events.accept("last"));
        });
        Peer peer = enter().peer();
        peer.send("42[\"a\",\"not a number\"]", "42[\"a\",1]");
        events.expectNext("ArgumentException");
        events.expectNext("last");
        events.expectNext("number");
        events.expectNext("last");
        events.assertExhausted();
    }

    @Test
    void hearsNothingOfABodyBehindAnInvalidPacket() {
        io.onConnection(socket -> {
            socket.onError(error -> events.accept("error " + error.getMessage()));
            socket.onEvent("a", (args, ack) -> events.accept("a"));
            socket.onDisconnect(reason -> events.accept("out " + reason));
        });
        Peer peer = enter().peer();
        peer.send("42[\"a\"]", "42[]", "42[\"a\"]");
        events.expectNext("a");
        events.expectNext("error invalid payload");
        events.expectNext("out forced close");
        events.assertExhausted();
        assertThat(peer.isClosed()).isTrue();
    }

    @Test
    void isDeafAfterItWasThrownOut() {
        io.onConnection(socket -> {
            socket.onEvent("kick me", (args, ack) -> socket.disconnect());
            socket.onEvent("a", (args, ack) -> events.accept("a"));
            socket.onDisconnecting(
                    (reason, rooms) -> events.accept("leaving " + rooms.contains("r") + socket.connected()));
            socket.onDisconnect(reason -> {
                socket.join("too late");
                events.accept("out " + reason + socket.rooms());
            });
            socket.join("r");
        });
        Entered e = enter();
        e.peer().send("42[\"kick me\"]", "42[\"a\"]");
        e.peer().expect("41");
        events.expectNext("leaving truefalse");
        events.expectNext("out server namespace disconnect[]");
        events.assertExhausted();
        assertThat(io.of("/").sockets()).isEmpty();
        e.socket().emit("nothing");
        e.socket().disconnect();
        io.emit("nothing");
        assertThat(e.peer().take()).isEmpty();
    }

    @Test
    void isThrownOutAlsoWhenTheClientClosesAtOnceUponHearingOfIt() {
        io.onConnection(socket -> socket.onDisconnect(reason -> events.accept("out " + reason)));
        Entered e = enter();
        e.peer().leaveAt("41");
        loop.call(e.socket()::disconnect);
        events.expectNext("out server namespace disconnect");
        events.assertExhausted();
    }

    @Test
    void throwsOutOfEveryNamespaceAndCloses() {
        io.of("/admin").onConnection(socket -> socket.onDisconnect(reason -> events.accept("admin " + reason)));
        io.onConnection(socket -> socket.onDisconnect(reason -> events.accept("main " + reason)));
        Entered e = enter();
        e.peer().send("40/admin,").expect("40/admin,{\"sid\":\"<sid>\"}");
        e.socket().disconnect(true);
        assertThat(e.peer().take()).containsExactlyInAnyOrder("41", "41/admin,");
        assertThat(e.peer().isClosed()).isTrue();
        assertThat(events.all())
                .containsExactlyInAnyOrder("admin server namespace disconnect", "main server namespace disconnect");
    }

    // ---- Rooms ----------------------------------------------------------------------------------

    @Test
    void sendsNothingOfWhatReceiversWouldTakeForABinaryValue() {
        Entered e = enter();
        e.socket().onEvent("say", (args, ack) -> {
            io.emit("relayed", args.node(0));
            try {
                io.emit("relayed", args.node(0), new byte[1]);
            } catch (IllegalArgumentException refused) {
                events.accept(String.valueOf(refused.getMessage()));
            }
        });
        e.peer().send("42[\"say\",{\"_placeholder\":true,\"num\":7}]");
        e.peer().expect("42[\"relayed\",{\"_placeholder\":true,\"num\":7}]");
        events.expectNext("an object with \"_placeholder\": true cannot be sent beside a binary value, "
                + "since receivers would take it for one");
        assertThat(e.peer().isClosed()).isFalse();
    }

    @Test
    void sendsToRoomsWithoutItself() {
        Entered a = enter();
        Entered b = new Entered(Peer.connect(io, loop).send("40"), a.socket());
        b.peer().expect(IN);
        io.of("/").sockets().forEach(socket -> socket.join("r"));
        a.socket().to("r").emit("x");
        assertThat(a.peer().take()).isEmpty();
        b.peer().expect("42[\"x\"]");
        a.socket().broadcast().emit("y");
        b.peer().expect("42[\"y\"]");
        io.except(a.socket().id()).emit("bin", new byte[3]);
        b.peer().expect("451-[\"bin\",{\"_placeholder\":true,\"num\":0}]", "binary:3");
        a.socket().leave("r");
        io.to("r").to("nobody").emit("z");
        assertThat(a.peer().take()).isEmpty();
        b.peer().expect("42[\"z\"]");
    }

    @Test
    void refusesReservedNamesAndArgumentsThatCannotBeWritten() {
        Entered e = enter();
        assertThatThrownBy(() -> e.socket().emit("disconnect")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> e.socket().on("disconnect", String.class, reason -> {}))
                .hasMessage("\"disconnect\" is a reserved event name");
        assertThatThrownBy(() -> io.emit("connect_error")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> e.socket().emitWithAck("newListener", String.class))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(e.peer().take()).isEmpty();
    }

    // ---- Limits ---------------------------------------------------------------------------------

    @Test
    void closesTheConnectionOfAClientThatDoesNotReadAndHarmsNoOther() {
        io.onConnection(socket -> socket.onDisconnect(reason -> events.accept(socket.id() + " " + reason)));
        Entered stalled = enter();
        Peer healthy = Peer.connect(io, loop).send("40");
        healthy.expect(IN);
        stalled.peer().stall((1 << 20) + 1);
        io.emit("x");
        healthy.expect("42[\"x\"]");
        assertThat(stalled.peer().take()).isEmpty();
        assertThat(stalled.peer().isClosed()).isTrue();
        events.expectNext(stalled.socket().id() + " transport error");
        events.assertExhausted();
    }

    @Test
    void boundsWhatWaitsForALoopThatIsBusy() {
        Entered e = enter();
        String text = "y".repeat(1 << 20);
        for (int i = 0; i < 15; i++) {
            e.socket().emit("x", text);
        }
        loop.run();
        assertThat(e.peer().take()).hasSize(15);
        for (int i = 0; i < 20; i++) {
            e.socket().emit("x", text);
        }
        loop.run();
        assertThat(e.peer().isClosed()).isTrue();
        assertThat(e.socket().connected()).isFalse();
    }
}
