package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.testkit.Recorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a client can drive up, and what happens when it does. */
class CapsTest {
    private static final String IN = "40{\"sid\":\"<sid>\"}";

    private final ManualLoop loop = new ManualLoop();
    private final Recorder<String> events = new Recorder<>(Duration.ZERO);
    private final List<Socket> sockets = new ArrayList<>();
    private @Nullable SocketIoServer server;

    private SocketIoServer start(ServerOptions.Builder options) {
        SocketIoServer io =
                SocketIoServer.create(options.dispatch(Dispatch.onEventLoop()).build());
        io.onConnection(sockets::add);
        io.onConnection(socket -> socket.onDisconnect(reason -> events.accept(reason.text())));
        server = io;
        return io;
    }

    private Peer enter(SocketIoServer io) {
        Peer peer = Peer.connect(io, loop).send("40");
        peer.expect(IN);
        return peer;
    }

    @AfterEach
    void leavesNothing() {
        if (server != null) {
            server.close();
            loop.run();
            assertThat(server.connectionCount()).isZero();
            assertThat(server.engine().outsideCount()).isZero();
        }
    }

    // ---- Namespaces -----------------------------------------------------------------------------

    @Test
    void letsAConnectionIntoSoManyNamespaces() {
        SocketIoServer io = start(ServerOptions.builder().maxNamespacesPerConnection(2));
        io.of("/a");
        io.of("/b");
        Peer peer = enter(io).send("40/a,", "40/b,");
        peer.expect("44/b,{\"message\":\"Too many namespaces\"}", "40/a,{\"sid\":\"<sid>\"}");
        peer.send("41/a,", "40/b,");
        peer.expect("40/b,{\"sid\":\"<sid>\"}");
    }

    @Test
    void countsThoseThatItAsksToEnter() {
        SocketIoServer io = start(ServerOptions.builder().maxNamespacesPerConnection(2));
        List<String> asked = new ArrayList<>();
        for (String name : List.of("/a", "/b")) {
            io.of(name).use(socket -> asked.add(name));
        }
        Peer peer = Peer.connect(io, loop).send("40/a,", "40/b,", "40");
        assertThat(peer.take()).contains("44{\"message\":\"Too many namespaces\"}");
        assertThat(asked).containsExactly("/a", "/b");
    }

    @Test
    void keepsNothingOfNamespacesThatWereLeftOrRefused() {
        SocketIoServer io = start(ServerOptions.builder());
        io.of(java.util.regex.Pattern.compile("/d\\d+"));
        Peer peer = enter(io);
        for (int i = 0; i < 1_000; i++) {
            peer.send("40/d" + i + ",").send("41/d" + i + ",").send("40/unknown" + i + ",");
        }
        assertThat(peer.take()).hasSize(2_000);
        assertThat(io.connections())
                .singleElement()
                .satisfies(connection -> assertThat(connection.queueCount()).isEqualTo(1));
        assertThat(sockets).hasSize(1);
        assertThat(peer.isClosed()).isFalse();
    }

    // ---- Auth -----------------------------------------------------------------------------------

    private static final String TOO_LARGE = "{\"message\":\"Too large auth\"}";
    private static final String AUTH = "{\"t\":\"01234567\"}"; // 16 bytes

    @Test
    void letsAConnectionBringSoMuchAuthInAllItsNamespaces() {
        SocketIoServer io = start(ServerOptions.builder().maxAuthBytes(40));
        List.of("/a", "/b", "/c").forEach(io::of);
        Peer peer = Peer.connect(io, loop).send("40" + AUTH, "40/a," + AUTH);
        peer.expect(IN, "40/a,{\"sid\":\"<sid>\"}");
        peer.send("40/b," + AUTH).expect("44/b," + TOO_LARGE);
        peer.send("40/b,{}").expect("40/b,{\"sid\":\"<sid>\"}");
        peer.send("40/c").expect("40/c,{\"sid\":\"<sid>\"}");
        assertThat(peer.isClosed()).isFalse();
        assertThat(sockets.get(0).handshake().auth("t", String.class)).contains("01234567");
    }

    @Test
    void givesItsAuthBackToWhoeverLeavesOrIsNotLetIn() {
        SocketIoServer io = start(ServerOptions.builder().maxAuthBytes(40));
        io.of("/refusing").use(socket -> {
            throw new ConnectionRefusedException("no");
        });
        io.of("/a").onConnection(sockets::add);
        Peer peer = Peer.connect(io, loop).send("40" + AUTH);
        peer.expect(IN);
        for (int i = 0; i < 3; i++) {
            peer.send("40/refusing," + AUTH).expect("44/refusing,{\"message\":\"no\"}");
            peer.send("40/unknown," + AUTH).expect("44/unknown,{\"message\":\"Invalid namespace\"}");
            peer.send("40/a," + AUTH).expect("40/a,{\"sid\":\"<sid>\"}");
            peer.send("41/a,", "40/a," + AUTH).expect("40/a,{\"sid\":\"<sid>\"}");
            sockets.get(sockets.size() - 1).disconnect();
            peer.expect("41/a,");
        }
        peer.send("40/a," + AUTH).expect("40/a,{\"sid\":\"<sid>\"}");
    }

    @Test
    void countsAuthWhileAMiddlewareHasIt() {
        SocketIoServer io = start(ServerOptions.builder().maxAuthBytes(20));
        io.of("/a");
        Peer peer = Peer.connect(io, loop).send("40" + AUTH, "40/a," + AUTH);
        peer.expect("44/a," + TOO_LARGE, IN);
    }

    @Test
    void takesAuthOf64KiBAndNoMore() {
        SocketIoServer io = start(ServerOptions.builder());
        String most = "{\"t\":\"" + "x".repeat((64 << 10) - 8) + "\"}";
        Peer.connect(io, loop).send("40" + most).expect(IN);
        Peer.connect(io, loop).send("40" + most + " ").expect("44" + TOO_LARGE);
    }

    @Test
    void countsTheAuthOfWhoHasLeftUntilHandlersHaveBeenTold() {
        var later = new AtomicReference<@Nullable Runnable>();
        SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
                .dispatch(Dispatch.on(task -> {
                    if (sockets.isEmpty()) {
                        task.run();
                    } else {
                        later.set(task);
                    }
                }))
                .build());
        server = io;
        io.onConnection(sockets::add);
        Peer peer = Peer.connect(io, loop).send("40{\"t\":\"" + "x".repeat(20_000) + "\"}");
        peer.expect(IN);
        assertThat(io.engine().inboundMemory().held()).isZero();
        peer.send("41");
        assertThat(io.engine().inboundMemory().held()).isBetween(16_384L, 20_480L);
        Objects.requireNonNull(later.get()).run();
        loop.run();
        assertThat(io.engine().inboundMemory().held()).isZero();
    }

    // ---- Rooms ----------------------------------------------------------------------------------

    @Test
    void letsASocketIntoSoManyRoomsAllOrNone() {
        SocketIoServer io = start(ServerOptions.builder().maxRoomsPerSocket(3));
        enter(io);
        Socket socket = sockets.get(0);
        socket.joinAll(List.of("a", "b"));
        assertThatThrownBy(() -> socket.joinAll(List.of("c", "d")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a socket must not be in more rooms than maxRoomsPerSocket: 3");
        assertThat(socket.rooms()).containsExactlyInAnyOrder(socket.id(), "a", "b");
        socket.joinAll(List.of("a", "b", "c"));
        socket.join("c");
        socket.leave("a");
        socket.join("d");
        assertThat(socket.rooms()).containsExactlyInAnyOrder(socket.id(), "b", "c", "d");
    }

    @Test
    void countsRoomsJoinedInAMiddleware() {
        SocketIoServer io = start(ServerOptions.builder().maxRoomsPerSocket(3));
        io.use(socket -> IntStream.range(0, 4).forEach(i -> socket.join("room" + i)));
        Peer peer = Peer.connect(io, loop).send("40");
        peer.expect("44{\"message\":\"Refused\"}");
    }

    @Test
    void takesNoNameOfARoomThatIsTooLong() {
        SocketIoServer io = start(ServerOptions.builder().maxRoomNameLength(5));
        enter(io);
        sockets.get(0).join("12345");
        assertThatThrownBy(() -> sockets.get(0).join("123456"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a room's name must not be longer than maxRoomNameLength: 6");
    }

    // ---- Acknowledgements, JSON -----------------------------------------------------------------

    @Test
    void awaitsSoManyAcknowledgementsOfASocket() {
        SocketIoServer io = start(ServerOptions.builder().maxPendingAcks(2));
        Peer peer = enter(io);
        Socket socket = sockets.get(0);
        var first = socket.emitWithAck("q", Integer.class);
        var second = socket.emitWithAck("q", Integer.class);
        assertThatThrownBy(socket.emitWithAck("q", Integer.class)::join)
                .hasRootCauseInstanceOf(IllegalStateException.class)
                .hasRootCauseMessage("no more acknowledgements may be awaited than maxPendingAcks: 2");
        peer.expect("420[\"q\"]", "421[\"q\"]");
        peer.send("430[1]", "431[2]");
        assertThat(first).isCompletedWithValue(1);
        assertThat(second).isCompletedWithValue(2);
        var third = socket.emitWithAck("q", Integer.class);
        peer.expect("422[\"q\"]");
        peer.send("432[3]");
        assertThat(third).isCompletedWithValue(3);
    }

    @Test
    void takesNoJsonThatNestsTooDeep() {
        SocketIoServer io = start(ServerOptions.builder().maxJsonDepth(3));
        Peer peer = enter(io);
        peer.send("42[\"e\",[[1]]]");
        assertThat(peer.isClosed()).isFalse();
        peer.send("42[\"e\",[[[1]]]]");
        assertThat(peer.isClosed()).isTrue();
        events.expectNext("forced close");
    }

    // ---- Time -----------------------------------------------------------------------------------

    @Test
    void givesAClientUpWhoseEventsNobodyHandles() {
        SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
                .maxQueuedEvents(2)
                .maxReadPause(Duration.ofMinutes(2))
                .dispatch(Dispatch.on(task -> {
                    if (sockets.isEmpty()) {
                        task.run();
                    }
                }))
                .build());
        server = io;
        io.onConnection(sockets::add);
        Peer peer = enter(io);
        peer.send("42[\"a\"]", "42[\"b\"]");
        assertThat(peer.isRead()).isFalse();
        loop.advance(Duration.ofMinutes(2));
        assertThat(peer.isClosed()).isFalse();
        loop.advance(Duration.ofSeconds(45));
        assertThat(peer.isClosed()).isTrue();
        assertThat(io.of("/").socketCount()).isZero();
    }

    // ---- Options --------------------------------------------------------------------------------

    @Test
    void takesNeitherNoneNorZeroForALimit() {
        assertThatThrownBy(() -> ServerOptions.builder().maxConnections(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxConnections must be positive, or UNLIMITED: 0");
        assertThatThrownBy(() -> ServerOptions.of(Map.of("maxConnections", "0")))
                .hasMessage("maxConnections must be positive, or unlimited: 0");
        assertThatThrownBy(() -> ServerOptions.of(Map.of("maxRoomsPerSocket", "none")))
                .hasMessage("maxRoomsPerSocket must be a whole number: none");
        assertThatThrownBy(() -> ServerOptions.of(Map.of("maxJsonDepth", "1001")))
                .hasMessage("maxJsonDepth must be from 1 to 1000: 1001");
    }

    @Test
    void readsEveryLimitFromConfiguration() {
        for (Cap cap : Cap.values()) {
            assertThat(ServerOptions.of(Map.of(cap.option(), "7")).cap(cap)).isEqualTo(7);
            assertThat(ServerOptions.of(Map.of(cap.option(), "unlimited")).cap(cap))
                    .isEqualTo(ServerOptions.UNLIMITED);
        }
    }

    @Test
    void isNotChangedByItsBuilderAfterwards() {
        ServerOptions.Builder builder = ServerOptions.builder();
        ServerOptions options = builder.build();
        builder.maxConnections(1);
        assertThat(options.cap(Cap.CONNECTIONS)).isEqualTo(100_000);
    }
}
