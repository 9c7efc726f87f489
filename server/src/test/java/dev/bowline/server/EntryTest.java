package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.testkit.Recorder;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nobody is heard, and nobody hears, before the middlewares of the namespace have let them in. */
class EntryTest {
    private static final String IN = "40{\"sid\":\"<sid>\"}";

    private final ManualLoop loop = new ManualLoop();
    private final SocketIoServer io = SocketIoServer.create();
    private final CountDownLatch verdict = new CountDownLatch(1);
    private final AtomicReference<@Nullable Socket> knocking = new AtomicReference<>();
    private final Recorder<String> events = new Recorder<>();

    @AfterEach
    void close() {
        verdict.countDown();
        io.close();
        loop.run();
    }

    private void holdAtTheDoor() {
        io.use(socket -> {
            knocking.set(socket);
            verdict.await();
        });
    }

    private Socket knocking() {
        loop.until("a socket at the door", () -> knocking.get() != null);
        Socket socket = knocking.get();
        if (socket == null) {
            throw new AssertionError();
        }
        return socket;
    }

    @Test
    void letsAClientIn() {
        io.onConnection(socket -> events.accept("in " + socket.connected()));
        Peer peer = Peer.connect(io, loop).send("40");
        peer.expect(IN);
        events.expectNext("in true");
        assertThat(io.of("/").sockets()).hasSize(1);
    }

    @Test
    void registersNothingBeforeTheMiddlewaresHaveSpoken() {
        holdAtTheDoor();
        io.onConnection(socket -> {
            events.accept("in, rooms " + socket.rooms().contains("vip"));
            socket.emit("hello");
        });
        Peer peer = Peer.connect(io, loop).send("40");
        Socket socket = knocking();
        socket.join("vip");
        socket.join("left again");
        socket.leave("left again");
        assertThat(socket.connected()).isFalse();
        assertThat(socket.rooms()).isEmpty();
        assertThat(io.of("/").sockets()).isEmpty();
        assertThat(io.of("/").socket(socket.id())).isEmpty();
        io.emit("everyone");
        io.to("vip").emit("room");
        io.to(socket.id()).emit("own room");
        assertThat(peer.take()).isEmpty();
        verdict.countDown();
        peer.expect(IN, "42[\"hello\"]");
        events.expectNext("in, rooms true");
        io.to("vip").emit("room");
        io.to("left again").emit("room");
        peer.expect("42[\"room\"]");
    }

    @Test
    void closesTheConnectionOfWhoSpeaksAtTheDoor() {
        holdAtTheDoor();
        io.onConnection(socket -> events.accept("in"));
        Peer peer = Peer.connect(io, loop).send("40");
        knocking();
        peer.send("42[\"a\"]");
        assertThat(peer.isClosed()).isTrue();
        verdict.countDown();
        loop.until("nothing to be left", () -> io.connectionCount() == 0);
        assertThat(io.of("/").sockets()).isEmpty();
        events.assertExhausted();
    }

    @Test
    void ignoresASecondConnectAtTheDoor() {
        holdAtTheDoor();
        io.onConnection(socket -> events.accept("in"));
        Peer peer = Peer.connect(io, loop).send("40", "40");
        knocking();
        peer.send("40");
        verdict.countDown();
        peer.expect(IN);
        events.expectNext("in");
        assertThat(io.of("/").sockets()).hasSize(1);
        events.assertExhausted();
    }

    @Test
    void forgetsWhoLeavesWhileTheMiddlewareRuns() {
        holdAtTheDoor();
        io.onConnection(socket -> events.accept("in"));
        Peer peer = Peer.connect(io, loop).send("40");
        Socket socket = knocking();
        socket.join("vip");
        socket.onDisconnect(reason -> events.accept("out"));
        peer.cut();
        verdict.countDown();
        loop.until("nothing to be left", () -> io.connectionCount() == 0);
        loop.run();
        assertThat(io.of("/").sockets()).isEmpty();
        assertThat(io.of("/").adapter().sockets(java.util.Set.of("vip"))).isEmpty();
        events.assertExhausted();
    }

    @Test
    void tellsWhoIsRefusedWhyAndWithWhatData() {
        io.of("/why").use(socket -> {
            socket.join("vip");
            throw new ConnectionRefusedException("nope", Map.of("code", 42));
        });
        io.of("/plain").use(socket -> {
            throw new ConnectionRefusedException("plain");
        });
        Peer peer = Peer.connect(io, loop);
        peer.send("40/why,").expect("44/why,{\"message\":\"nope\",\"data\":{\"code\":42}}");
        peer.send("40/plain,").expect("44/plain,{\"message\":\"plain\"}");
        assertThat(peer.isClosed()).isFalse();
        assertThat(io.of("/why").adapter().sockets(java.util.Set.of("vip"))).isEmpty();
        peer.send("40/why,").expect("44/why,{\"message\":\"nope\",\"data\":{\"code\":42}}");
    }

    @Test
    void keepsTheMessagesOfOtherFailuresToItself() {
        io.of("/exception").use(socket -> {
            throw new IllegalStateException("password of the database: 123");
        });
        io.of("/error").use(socket -> {
            throw new AssertionError("password of the database: 123");
        });
        Map<String, Object> circle = new HashMap<>();
        circle.put("self", circle);
        io.of("/data").use(socket -> {
            throw new ConnectionRefusedException("nope", circle);
        });
        Peer peer = Peer.connect(io, loop);
        peer.send("40/exception,").expect("44/exception,{\"message\":\"Refused\"}");
        peer.send("40/error,").expect("44/error,{\"message\":\"Refused\"}");
        peer.send("40/data,").expect("44/data,{\"message\":\"nope\"}");
        assertThat(peer.isClosed()).isFalse();
    }

    @Test
    void runsMiddlewaresInOrderUntilOneRefuses() {
        io.use(socket -> events.accept("first"))
                .use(socket -> {
                    events.accept("second");
                    throw new ConnectionRefusedException("no");
                })
                .use(socket -> events.accept("third"));
        Peer.connect(io, loop).send("40").expect("44{\"message\":\"no\"}");
        events.expectNext("first");
        events.expectNext("second");
        events.assertExhausted();
    }

    @Test
    void sendsNothingOfASocketThatWasTurnedAway() {
        var kept = new java.util.concurrent.atomic.AtomicReference<@org.jspecify.annotations.Nullable Socket>();
        io.use(socket -> {
            kept.set(socket);
            throw new ConnectionRefusedException("no");
        });
        Peer peer = Peer.connect(io, loop).send("40");
        peer.expect("44{\"message\":\"no\"}");
        Socket turnedAway = java.util.Objects.requireNonNull(kept.get());
        turnedAway.emit("late");
        assertThat(turnedAway.emitWithAck("late", String.class)).failsWithin(java.time.Duration.ofSeconds(10));
        assertThat(peer.take()).isEmpty();
    }

    @Test
    void refusesAnUnknownNamespaceAndKeepsTheConnection() {
        Peer peer = Peer.connect(io, loop);
        peer.send("40/nope,").expect("44/nope,{\"message\":\"Invalid namespace\"}");
        peer.send("40").expect(IN);
    }

    @Test
    void readsTheAuthPayload() {
        io.use(socket -> {
            String token = socket.handshake().auth("token", String.class).orElse("none");
            socket.handshake().auth("number", Integer.class);
            events.accept(token);
        });
        Peer.connect(io, loop).send("40{\"token\":\"x\",\"number\":1}").expect(IN);
        Peer.connect(io, loop).send("40").expect(IN);
        Peer.connect(io, loop)
                .send("40{\"number\":{}}")
                .expect("44{\"message\":\"auth.number is not what is expected\"}");
        events.expectNext("x");
        events.expectNext("none");
        events.assertExhausted();
    }

    @Test
    void closesWhoEntersNoNamespaceInTime() {
        Peer idle = Peer.connect(io, loop);
        Peer refused = Peer.connect(io, loop).send("40/nope,");
        Peer in = Peer.connect(io, loop).send("40");
        in.expect(IN);
        loop.advance(Duration.ofSeconds(24));
        in.send("3");
        loop.advance(Duration.ofMillis(20_999));
        assertThat(idle.isClosed()).isFalse();
        loop.advance(Duration.ofMillis(1));
        assertThat(idle.isClosed()).isTrue();
        assertThat(refused.isClosed()).isTrue();
        assertThat(in.isClosed()).isFalse();
    }

    @Test
    void entersAgainAfterLeaving() {
        Peer peer = Peer.connect(io, loop).send("40");
        peer.expect(IN);
        peer.send("41", "40").expect(IN);
        assertThat(io.of("/").sockets()).hasSize(1);
    }
}
