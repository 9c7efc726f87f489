package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.core.engine.TransportName;
import dev.bowline.testkit.Recorder;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who hears what of a socket, in what order, and who stops it. */
class SocketHandlersTest {
    private static final String IN = "40{\"sid\":\"<sid>\"}";

    private final ManualLoop loop = new ManualLoop();
    private final SocketIoServer io = SocketIoServer.create(
            ServerOptions.builder().dispatch(Dispatch.onEventLoop()).build());
    private final Recorder<String> events = new Recorder<>(Duration.ZERO);
    private final AtomicReference<@Nullable Socket> entered = new AtomicReference<>();
    private @Nullable Peer peer;

    @AfterEach
    void close() {
        io.close();
        loop.run();
    }

    private Socket enter() {
        io.onConnection(entered::set);
        peer = Peer.connect(io, loop).send("40");
        peer.expect(IN);
        return java.util.Objects.requireNonNull(entered.get());
    }

    private Peer peer() {
        return java.util.Objects.requireNonNull(peer);
    }

    // ---- Middlewares of events ------------------------------------------------------------------

    @Test
    void passesThoseOfEveryEventThenMiddlewaresThenItsOwn() {
        Socket socket = enter();
        socket.on("a", String.class, text -> events.accept("handler " + text));
        socket.use((event, args) -> events.accept("first " + event + args.size()));
        socket.onAny((event, args) -> events.accept("any"));
        socket.use((event, args) -> events.accept("second"));
        socket.prependAny((event, args) -> events.accept("earlier any"));
        peer().send("42[\"a\",\"x\"]");
        assertThat(events.all()).containsExactly("earlier any", "any", "first a1", "second", "handler x");
    }

    @Test
    void isStoppedByAMiddlewareThatThrows() {
        Socket socket = enter();
        socket.onRequest("a", Integer.class, number -> number * 2);
        socket.onAny((event, args) -> events.accept("any"));
        socket.onError(error -> events.accept("error " + error.getMessage()));
        socket.use((event, args) -> {
            if (args.json(0).utf8().equals("13")) {
                throw new ConnectionRefusedException("unlucky");
            }
        });
        socket.use((event, args) -> events.accept("passed"));
        peer().send("420[\"a\",13]", "421[\"a\",4]");
        assertThat(peer().take()).containsExactly("431[8]");
        assertThat(events.all()).containsExactly("any", "error unlucky", "any", "passed");
        assertThat(peer().isClosed()).isFalse();
        assertThat(socket.connected()).isTrue();
    }

    @Test
    void isStoppedByAMiddlewareThatFailsInWhateverWay() {
        Socket socket = enter();
        socket.onEvent("a", (args, ack) -> events.accept("heard"));
        socket.use((event, args) -> {
            throw new AssertionError("expected by the test");
        });
        peer().send("42[\"a\"]");
        events.assertExhausted();
        socket.onError(error -> events.accept("wrong type"));
        peer().send("42[\"a\"]");
        events.assertExhausted();
    }

    @Test
    void survivesAHandlerOfErrorsThatFailsWithAnArgument() {
        Socket socket = enter();
        socket.on("a", Integer.class, number -> {});
        socket.onError(error -> {
            events.accept("told");
            throw (RuntimeException) error;
        });
        peer().send("42[\"a\",\"no number\"]");
        events.expectNext("told");
        events.assertExhausted();
    }

    // ---- Once, and no more ----------------------------------------------------------------------

    @Test
    void hearsOnce() {
        Socket socket = enter();
        socket.once("a", String.class, text -> events.accept("one " + text));
        socket.once("a", String.class, Integer.class, (text, number) -> events.accept("two " + text + number));
        socket.onMessage(String.class, text -> events.accept("message " + text));
        peer().send("42[\"a\",\"x\",1]", "42[\"a\",\"y\",2]", "42[\"message\",\"hi\"]");
        assertThat(events.all()).containsExactly("one x", "two x1", "message hi");
    }

    @Test
    void removesOneHandlerOfWhicheverKind() {
        Socket socket = enter();
        Consumer<String> typed = text -> events.accept("typed");
        EventHandler raw = (args, ack) -> events.accept("raw");
        socket.on("a", String.class, typed).onEvent("a", raw).once("a", String.class, typed);
        socket.off("a", typed);
        socket.off("a", typed);
        socket.off("a", "no handler").off("b", typed);
        peer().send("42[\"a\",\"x\"]");
        events.expectNext("raw");
        socket.off("a", raw);
        peer().send("42[\"a\",\"x\"]");
        events.assertExhausted();
    }

    @Test
    void removesHandlersOfEveryEvent() {
        Socket socket = enter();
        AnyHandler any = (event, args) -> events.accept("any");
        socket.onAny(any).onAnyOutgoing(any).offAny(any);
        peer().send("42[\"a\"]");
        events.assertExhausted();
        socket.emit("x");
        loop.run();
        events.expectNext("any");
        socket.offAnyOutgoing(any).emit("x");
        loop.run();
        events.assertExhausted();
    }

    // ---- What goes out --------------------------------------------------------------------------

    @Test
    void tellsOfEmitsAndBroadcastsButNotOfAcknowledgements() {
        Socket socket = enter();
        Socket first = socket;
        Peer other = Peer.connect(io, loop).send("40");
        other.expect(IN);
        first.onAnyOutgoing((event, args) -> events.accept(event + " " + args.size()));
        first.prependAnyOutgoing((event, args) -> events.accept("earlier"));
        first.onRequest("ask", String.class, text -> "answer");
        peer().send("420[\"ask\"]").expect("430[\"answer\"]");
        events.assertExhausted();
        first.emit("one", 1);
        io.emit("all", 1, 2);
        io.to("nowhere").emit("nobody");
        assertThat(io.emitWithAck("asked", String.class)).isNotDone();
        assertThat(first.emitWithAck("asked alone", String.class)).isNotDone();
        loop.run();
        assertThat(events.all())
                .containsExactly(
                        "earlier", "one 1", "earlier", "all 2", "earlier", "asked 0", "earlier", "asked alone 0");
        assertThat(peer().take())
                .containsExactly("42[\"one\",1]", "42[\"all\",1,2]", "420[\"asked\"]", "421[\"asked alone\"]");
        assertThat(other.take()).containsExactly("42[\"all\",1,2]", "420[\"asked\"]");
    }

    @Test
    void doesNotTellOfWhatGoesOutOnTheThreadThatEmits() throws Exception {
        try (SocketIoServer server =
                SocketIoServer.create(ServerOptions.builder().maxQueuedEvents(3).build())) {
            var told = new Recorder<String>();
            var held = new CountDownLatch(1);
            var socket = new AtomicReference<@Nullable Socket>();
            server.onConnection(each -> {
                each.onAnyOutgoing((event, args) -> {
                    told.accept(event + " " + args.get(0, Integer.class));
                    held.await();
                });
                socket.set(each);
            });
            Peer client = Peer.connect(server, loop).send("40");
            client.expect(IN);
            loop.until("the socket to be in", () -> socket.get() != null);
            server.emit("n", 0);
            told.expectNext("n 0");
            for (int i = 1; i <= 10; i++) {
                server.emit("n", i);
            }
            assertThat(client.take()).as("nobody waits for who is told").hasSize(11);
            held.countDown();
            told.expectNext("n 1");
            told.expectNext("n 2");
            told.expectNext("n 3");
            server.emit("n", 11);
            told.expectNext("n 11");
        }
        loop.run();
    }

    // ---- How it is connected --------------------------------------------------------------------

    @Test
    void knowsItsTransport() {
        assertThat(enter().transport()).isEqualTo(TransportName.WEBSOCKET);
    }

    @Test
    void refusesHandlersOfReservedEvents() {
        Socket socket = enter();
        assertThatThrownBy(() -> socket.once("disconnect", String.class, text -> {}))
                .hasMessage("\"disconnect\" is a reserved event name");
    }
}
