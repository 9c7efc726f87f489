package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.testkit.Recorder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How clients of Socket.IO 2 come in and are refused; what holds for all clients holds for them. */
class OldClientEntryTest {
    private final ManualLoop loop = new ManualLoop();
    private final SocketIoServer io =
            SocketIoServer.create(ServerOptions.builder().allowEIO3(true).build());
    private final Recorder<String> events = new Recorder<>();

    @AfterEach
    void close() {
        io.close();
        loop.run();
    }

    private void hear(Namespace namespace) {
        namespace.onConnection(socket -> {
            events.accept("in " + namespace.name() + " " + socket.handshake().auth());
            socket.on("say", String.class, events);
            socket.onDisconnect(reason -> events.accept("out " + reason));
        });
    }

    @Test
    void areInTheMainNamespaceWithoutAsking() {
        hear(io.of("/"));
        Peer peer = Peer.connectOld(io, loop);
        peer.expect("40");
        events.expectNext("in / {}");
        peer.send("42[\"say\",\"hello\"]");
        events.expectNext("hello");
        peer.send("41");
        events.expectNext("out client namespace disconnect");
    }

    @Test
    void areHeardByNobodyBeforeTheMiddlewaresHaveSpoken() {
        var verdict = new CountDownLatch(1);
        var knocking = new AtomicReference<@Nullable Socket>();
        io.use(socket -> {
            socket.join("vip");
            knocking.set(socket);
            verdict.await();
        });
        hear(io.of("/"));
        Peer peer = Peer.connectOld(io, loop);
        loop.until("a socket at the door", () -> knocking.get() != null);
        Socket socket = Objects.requireNonNull(knocking.get());
        assertThat(socket.connected()).isFalse();
        assertThat(io.of("/").sockets()).isEmpty();
        assertThat(io.of("/").adapter().sockets(Set.of("vip"))).isEmpty();
        io.to("vip").emit("room");
        io.to(socket.id()).emit("own room");
        assertThat(peer.take()).isEmpty();
        verdict.countDown();
        peer.expect("40");
        events.expectNext("in / {}");
        io.to("vip").emit("room");
        peer.expect("42[\"room\"]");
    }

    @Test
    void loseTheConnectionWhenTheySpeakAtTheDoor() {
        var verdict = new CountDownLatch(1);
        io.use(socket -> verdict.await());
        hear(io.of("/"));
        Peer peer = Peer.connectOld(io, loop).send("42[\"say\",\"too early\"]");
        assertThat(peer.isClosed()).isTrue();
        verdict.countDown();
        loop.until("nothing to be left", () -> io.connectionCount() == 0);
        assertThat(peer.take()).isEmpty();
        assertThat(io.of("/").sockets()).isEmpty();
        events.assertExhausted();
    }

    @Test
    void sayWhoTheyAreInTheQueryOfANamespace() {
        io.of("/admin").use(socket -> {
            if (!socket.handshake().auth("token", String.class).equals(Optional.of("a b&ü"))) {
                throw new ConnectionRefusedException("a token is needed");
            }
        });
        hear(io.of("/admin"));
        Peer peer = Peer.connectOld(io, loop);
        peer.expect("40");
        peer.send("40/admin,").expect("44/admin,\"a token is needed\"");
        peer.send("40/admin?token=a+b%26%C3%BC&x=1&x=2,").expect("40/admin,");
        events.expectNext("in /admin {\"token\":\"a b&ü\",\"x\":\"2\"}");
        peer.send("42/admin,[\"say\",\"hello\"]");
        events.expectNext("hello");
    }

    @Test
    void doNotTakeThePayloadOfNewerClientsForAuth() {
        hear(io.of("/admin"));
        Peer peer = Peer.connectOld(io, loop);
        peer.expect("40");
        peer.send("40/admin,{\"token\":\"x\"}").expect("40/admin,");
        events.expectNext("in /admin {}");
    }

    @Test
    void learnOfARefusalItsDataOrItsMessage() {
        Map<String, @Nullable Object> refusals = Map.of(
                "/object",
                Map.of("code", 42),
                "/text",
                "because",
                "/list",
                List.of(1),
                "/number",
                7,
                "/unwritable",
                new byte[] {1});
        refusals.forEach((name, data) -> io.of(name).use(socket -> {
            throw new ConnectionRefusedException("no", Objects.requireNonNull(data));
        }));
        io.use(socket -> {
            throw new ConnectionRefusedException("not you");
        });
        io.of("/bug").use(socket -> {
            throw new IllegalStateException("password of the database: 123");
        });
        Peer peer = Peer.connectOld(io, loop);
        peer.expect("44\"not you\"");
        peer.send("40/object?x=1,").expect("44/object,{\"code\":42}");
        peer.send("40/text,").expect("44/text,\"because\"");
        peer.send("40/list,").expect("44/list,{\"message\":\"no\",\"data\":[1]}");
        peer.send("40/number,").expect("44/number,{\"message\":\"no\",\"data\":7}");
        peer.send("40/unwritable,").expect("44/unwritable,\"no\"");
        peer.send("40/bug,").expect("44/bug,\"Refused\"");
        peer.send("40/nowhere?x=1,").expect("44/nowhere,{\"message\":\"Invalid namespace\"}");
        assertThat(peer.isClosed()).isFalse();
        assertThat(io.of("/").sockets()).isEmpty();
    }

    @Test
    void loseTheConnectionWhenTheyAskTwice() {
        hear(io.of("/"));
        Peer peer = Peer.connectOld(io, loop);
        peer.expect("40");
        peer.send("40/?x=1,");
        assertThat(peer.isClosed()).isTrue();
        events.expectNext("in / {}");
        events.expectNext("out forced close");
    }

    @Test
    void haveAnIdThatIsNotTheSecretOneOfTheirConnection() {
        Peer peer = Peer.connectOld(io, loop);
        peer.expect("40");
        String id = io.of("/").sockets().iterator().next().id();
        assertThat(id).hasSize(20);
        assertThat(io.engine().find(id)).isEmpty();
    }

    @Test
    void areClosedWhenTheMiddlewaresDoNotLetThemInInTime() {
        var verdict = new CountDownLatch(1);
        io.use(socket -> verdict.await());
        Peer peer = Peer.connectOld(io, loop);
        loop.advance(java.time.Duration.ofSeconds(44));
        assertThat(peer.isClosed()).isFalse();
        peer.send("2");
        loop.advance(java.time.Duration.ofSeconds(2));
        assertThat(peer.isClosed()).isTrue();
        verdict.countDown();
        loop.until("nothing to be left", () -> io.connectionCount() == 0);
    }
}
