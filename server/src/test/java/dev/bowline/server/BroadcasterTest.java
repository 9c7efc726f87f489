package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.adapter.Answers;
import dev.bowline.core.engine.OutboundPolicy;
import dev.bowline.testkit.ManualScheduler;
import dev.bowline.testkit.Recorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What can be done to many sockets at once, and to one that was looked up. */
class BroadcasterTest {
    private static final String IN = "40{\"sid\":\"<sid>\"}";
    private static final Duration SOON = Duration.ofSeconds(10);

    private final ManualLoop loop = new ManualLoop();
    private final ManualScheduler timer = new ManualScheduler();
    private final SocketIoServer io = SocketIoServer.create(
            ServerOptions.builder().dispatch(Dispatch.onEventLoop()).build(), timer);
    private final Recorder<String> events = new Recorder<>();
    private final List<Socket> sockets = new ArrayList<>();

    BroadcasterTest() {
        io.onConnection(sockets::add);
    }

    @AfterEach
    void close() {
        io.close();
        loop.run();
    }

    private Peer enter() {
        Peer peer = Peer.connect(io, loop).send("40");
        peer.expect(IN);
        return peer;
    }

    private static <T extends @Nullable Object> T get(CompletableFuture<T> future) throws Exception {
        return future.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    // ---- Flags ----------------------------------------------------------------------------------

    @Test
    void everyStepMakesANewOperator() {
        Peer a = enter();
        Peer b = enter();
        BroadcastOperator everyone = io.broadcast();
        BroadcastOperator one = everyone.to(sockets.get(0).id());
        everyone.except(sockets.get(0).id()).emit("second");
        one.emit("first");
        everyone.emit("both");
        assertThat(a.take()).containsExactly("42[\"first\"]", "42[\"both\"]");
        assertThat(b.take()).containsExactly("42[\"second\"]", "42[\"both\"]");
    }

    @Test
    void selectsByCollectionsAndSendsMessages() {
        Peer a = enter();
        Peer b = enter();
        Peer c = enter();
        io.to(List.of(sockets.get(0).id(), sockets.get(1).id())).send("hi", 1);
        io.except(Set.of(sockets.get(0).id(), sockets.get(1).id())).local().emit("x");
        sockets.get(2).to(List.of(sockets.get(0).id())).emit("y");
        sockets.get(2).except(List.of(sockets.get(0).id())).emit("z");
        sockets.get(2).local().emit("l");
        sockets.get(2).send("alone");
        assertThat(a.take()).containsExactly("42[\"message\",\"hi\",1]", "42[\"y\"]", "42[\"l\"]");
        assertThat(b.take()).containsExactly("42[\"message\",\"hi\",1]", "42[\"z\"]", "42[\"l\"]");
        assertThat(c.take()).containsExactly("42[\"x\"]", "42[\"message\",\"alone\"]");
    }

    @Test
    void tellsTheTransportWhatIsNotWorthCompressing() {
        Peer peer = enter();
        io.compress(false).emit("a");
        io.emit("b");
        sockets.get(0).compress(false).emit("c");
        sockets.get(0).compress(false).compress(true).emit("d");
        sockets.get(0).compress(false).droppable().emit("e");
        assertThat(peer.take()).hasSize(5);
        assertThat(peer.uncompressed()).containsExactly("42[\"a\"]", "42[\"c\"]", "42[\"e\"]");
    }

    // ---- Broadcasts with acknowledgements ---------------------------------------------------------

    @Test
    void gathersTheFirstArgumentOfEachAnswer() throws Exception {
        Peer a = enter();
        Peer b = enter();
        CompletableFuture<Answers<@Nullable Integer>> answers = io.emitWithAck("q", Integer.class, "x");
        a.expect("420[\"q\",\"x\"]");
        b.expect("420[\"q\",\"x\"]");
        b.send("430[2,3]");
        assertThat(answers).isNotDone();
        a.send("430[]", "430[9]");
        assertThat(get(answers).values()).containsExactly(2, null);
        assertThat(get(answers).isComplete()).isTrue();
        var next = sockets.get(0).emitWithAck("q", String.class);
        a.expect("421[\"q\"]");
        a.send("431[\"own\"]");
        assertThat(get(next)).isEqualTo("own");
    }

    @Test
    void namesWhoDidNotAnswerWhenTheTimeIsOver() throws Exception {
        Peer a = enter();
        enter();
        var answers = io.timeout(Duration.ofSeconds(2)).emitWithAck("q", Integer.class);
        a.send("430[1]");
        timer.advance(Duration.ofMillis(1_999));
        assertThat(answers).isNotDone();
        timer.advance(Duration.ofMillis(1));
        assertThat(get(answers).values()).containsExactly(1);
        assertThat(get(answers).silentSockets()).containsExactly(sockets.get(1).id());
        assertThat(get(answers).isComplete()).isFalse();
    }

    @Test
    void waitsForAckTimeoutWhereNothingIsSaid() throws Exception {
        enter();
        var answers = io.emitWithAck("q", Integer.class);
        timer.advance(Duration.ofMillis(29_999));
        assertThat(answers).isNotDone();
        timer.advance(Duration.ofMillis(1));
        assertThat(get(answers).silentSockets()).containsExactly(sockets.get(0).id());
    }

    @Test
    void answersAtOnceWhereThereIsNobody() throws Exception {
        enter();
        assertThat(get(io.to("nowhere").emitWithAck("q", Integer.class))).isEqualTo(Answers.complete(List.of()));
        assertThat(timer.pending()).isZero();
    }

    @Test
    void doesNotWaitForWhoLeaves() throws Exception {
        enter().cut();
        Peer a = enter();
        Peer b = enter();
        var answers = io.emitWithAck("q", Integer.class);
        a.cut();
        assertThat(answers).isNotDone();
        b.send("430[5]");
        assertThat(get(answers).values()).containsExactly(5);
        assertThat(get(answers).silentSockets()).containsExactly(sockets.get(1).id());
        assertThat(timer.pending()).isZero();
    }

    @Test
    void countsWhoAnswersNonsenseAsSilentAndKeepsTheRest() throws Exception {
        Peer a = enter();
        Peer b = enter();
        var answers = io.emitWithAck("q", Integer.class);
        a.send("430[\"nonsense\"]");
        b.send("430[5]");
        assertThat(get(answers).values()).containsExactly(5);
        assertThat(get(answers).silentSockets()).containsExactly(sockets.get(0).id());
        assertThat(a.isClosed()).isFalse();
    }

    @Test
    void keepsNoMoreAnswersThanItMay() throws Exception {
        try (SocketIoServer small = SocketIoServer.create(ServerOptions.builder()
                .maxAnswerBytes(10)
                .dispatch(Dispatch.onEventLoop())
                .build())) {
            Peer a = Peer.connect(small, loop).send("40");
            Peer b = Peer.connect(small, loop).send("40");
            var answers = small.emitWithAck("q", String.class);
            a.send("430[\"0123456789\"]");
            b.send("430[\"ok\"]");
            assertThat(get(answers).values()).containsExactly("ok");
            assertThat(get(answers).silentSockets()).hasSize(1);
        }
        loop.run();
    }

    @Test
    void doesNotWaitForWhomThePolicyLeavesOut() throws Exception {
        try (SocketIoServer failing = SocketIoServer.create(ServerOptions.builder()
                .outboundPolicy(OutboundPolicy.FAIL)
                .dispatch(Dispatch.onEventLoop())
                .build())) {
            Peer healthy = Peer.connect(failing, loop).send("40");
            Peer stalled = Peer.connect(failing, loop).send("40");
            healthy.expect(IN);
            stalled.expect(IN);
            stalled.stall((1 << 20) + 1);
            failing.emit("x");
            loop.run();
            var answers = failing.emitWithAck("q", Integer.class);
            healthy.send("430[1]");
            assertThat(get(answers).values()).containsExactly(1);
            assertThat(get(answers).silentSockets()).hasSize(1);
        }
        loop.run();
    }

    @Test
    void mayBeWaitedForInAHandler() throws Exception {
        try (SocketIoServer blocking = SocketIoServer.create()) {
            blocking.onConnection(socket -> socket.onRequest("ask all", String.class, question -> {
                var answers = blocking.emitWithAck("q", Integer.class).join();
                return answers.values().stream()
                        .mapToInt(value -> value == null ? 0 : value)
                        .sum();
            }));
            Peer a = Peer.connect(blocking, loop).send("40");
            Peer b = Peer.connect(blocking, loop).send("40");
            a.expect(IN);
            b.expect(IN);
            a.send("427[\"ask all\",\"?\"]");
            a.expect("420[\"q\"]");
            b.expect("420[\"q\"]");
            a.send("430[3]");
            b.send("430[4]");
            a.expect("437[7]");
        }
        loop.run();
    }

    // ---- Utilities ------------------------------------------------------------------------------

    @Test
    void looksSocketsUp() throws Exception {
        record User(String name, int age) {}
        DataKey<User> user = DataKey.of("user", User.class);
        Peer peer = Peer.connect(io, loop).send("40{\"token\":\"t\"}");
        peer.expect(IN);
        enter();
        Socket socket = sockets.get(0);
        socket.join("r");
        socket.data().put(user, new User("ann", 41));
        List<RemoteSocket> found = get(io.in("r").fetchSockets());
        assertThat(found).hasSize(1);
        RemoteSocket remote = found.get(0);
        assertThat(remote.id()).isEqualTo(socket.id());
        assertThat(remote.rooms()).containsExactly(socket.id(), "r");
        assertThat(remote.handshake().auth("token", String.class)).contains("t");
        assertThat(remote.data(user)).contains(new User("ann", 41));
        assertThat(remote.data(DataKey.of("other", String.class))).isEmpty();
        assertThat(remote.data()).hasToString("{\"user\":{\"name\":\"ann\",\"age\":41}}");
        assertThat(get(io.fetchSockets())).hasSize(2);
        assertThat(get(io.except("r").fetchSockets()))
                .extracting(RemoteSocket::id)
                .containsExactly(sockets.get(1).id());
        assertThat(get(io.of("/").serverCount())).isEqualTo(1);
    }

    @Test
    void actsOnWhomItLookedUp() throws Exception {
        Peer peer = enter();
        Peer other = enter();
        sockets.get(0).onDisconnect(reason -> events.accept("out " + reason));
        RemoteSocket remote = get(io.in(sockets.get(0).id()).fetchSockets()).get(0);
        remote.joinAll(List.of("x", "y"));
        remote.leave("x");
        assertThat(sockets.get(0).rooms()).containsExactly(remote.id(), "y");
        assertThat(remote.rooms()).containsExactly(remote.id());
        remote.emit("hello", 1);
        peer.expect("42[\"hello\",1]");
        var answer = remote.timeout(Duration.ofSeconds(1)).emitWithAck("q", String.class);
        peer.expect("420[\"q\"]");
        peer.send("430[\"a\",\"b\"]");
        assertThat(get(answer)).isEqualTo("a");
        var late = remote.timeout(Duration.ofSeconds(1)).emitWithAck("q", String.class);
        timer.advance(Duration.ofSeconds(1));
        assertThatThrownBy(() -> get(late))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(TimeoutException.class);
        peer.take();
        remote.disconnect();
        peer.expect("41");
        events.expectNext("out server namespace disconnect");
        assertThatThrownBy(() -> get(remote.emitWithAck("q", String.class)))
                .hasCauseInstanceOf(DisconnectedException.class);
        assertThat(other.take()).isEmpty();
    }

    @Test
    void readsTheHandshakeOfASocketOnAnotherServer() throws Exception {
        Peer.connect(io, loop).send("40{\"token\":\"t\",\"n\":[1]}").expect(IN);
        Handshake here = sockets.get(0).handshake();
        assertThat(here.toJson().path("time").asString())
                .matches("\\w{3} \\w{3} \\d\\d \\d{4} [0-9:]{8} GMT\\+0000 \\(Coordinated Universal Time\\)");
        Handshake there = Handshake.ofJson(here.toJson(), io.codec().mapper());
        assertThat(there.headers()).isEqualTo(Map.of("host", List.of("test")));
        assertThat(there.query()).isEqualTo(here.query());
        assertThat(there.url()).isEqualTo(here.url());
        assertThat(there.auth()).isEqualTo(here.auth());
        assertThat(there.secure()).isFalse();
        assertThat(there.time().toEpochMilli()).isEqualTo(here.time().toEpochMilli());
        assertThat(there.address().getHostString()).isEqualTo("127.0.0.1");
        assertThat(Handshake.ofJson(
                                io.codec().mapper().createObjectNode(),
                                io.codec().mapper())
                        .auth("x", String.class))
                .isEmpty();
    }

    @Test
    void letsManyJoinLeaveAndGo() {
        Peer a = enter();
        Peer b = enter();
        io.socketsJoin("all");
        io.to(sockets.get(0).id()).socketsJoin(List.of("x", "y"));
        assertThat(sockets.get(0).rooms()).containsExactly(sockets.get(0).id(), "all", "x", "y");
        assertThat(sockets.get(1).rooms()).containsExactly(sockets.get(1).id(), "all");
        io.in("x").socketsLeave("all");
        io.to("nobody").to("y").emit("only a");
        io.to("all").emit("only b");
        assertThat(a.take()).containsExactly("42[\"only a\"]");
        assertThat(b.take()).containsExactly("42[\"only b\"]");
        io.in("x").disconnectSockets();
        assertThat(a.take()).containsExactly("41");
        assertThat(a.isClosed()).isFalse();
        io.disconnectSockets(true);
        assertThat(b.take()).containsExactly("41");
        assertThat(b.isClosed()).isTrue();
        assertThat(io.of("/").sockets()).isEmpty();
    }
}
