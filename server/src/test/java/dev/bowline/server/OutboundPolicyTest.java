package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.core.engine.OutboundPolicy;
import dev.bowline.testkit.Recorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of events for a client that does not read, under each policy, and what the application is told. */
class OutboundPolicyTest {
    private static final String IN = "40{\"sid\":\"<sid>\"}";
    private static final int LIMIT = 1000;

    private final ManualLoop loop = new ManualLoop();
    private final Recorder<OutboundLimit> limits = new Recorder<>(Duration.ZERO);
    private final List<Socket> sockets = new ArrayList<>();
    private SocketIoServer io = server(OutboundPolicy.CLOSE);
    private Peer stalled = new Peer(loop);
    private Peer healthy = new Peer(loop);

    private SocketIoServer server(OutboundPolicy policy) {
        return SocketIoServer.create(ServerOptions.builder()
                .dispatch(Dispatch.onEventLoop())
                .maxQueuedBytes(LIMIT)
                .outboundPolicy(policy)
                .build());
    }

    private void start(OutboundPolicy policy) {
        io = server(policy);
        io.onOutboundLimit(limits);
        io.onConnection(sockets::add);
        io.onConnection(socket -> socket.onEvent("q", (args, ack) -> ack.send("a")));
        stalled = enter();
        healthy = enter();
        stalled.stall(LIMIT + 1);
    }

    private Peer enter() {
        Peer peer = Peer.connect(io, loop).send("40");
        peer.expect(IN);
        return peer;
    }

    @AfterEach
    void close() {
        io.close();
        loop.run();
        assertThat(io.connectionCount()).isZero();
    }

    private void expectLimit(OutboundPolicy policy, long packets, long bytes) {
        loop.run();
        limits.expectNext(new OutboundLimit(List.of(sockets.get(0)), policy, packets, bytes));
        limits.assertExhausted();
    }

    @Test
    void closesTheConnectionAndTellsWhatWasLostWithIt() {
        start(OutboundPolicy.CLOSE);
        io.emit("x");
        expectLimit(OutboundPolicy.CLOSE, 1, LIMIT + 1 + 7);
        assertThat(stalled.isClosed()).isTrue();
        healthy.expect("42[\"x\"]");
    }

    @Test
    void dropsTheOldestAndTellsOfManyInOne() {
        start(OutboundPolicy.DROP_OLDEST);
        loop.call(() -> {
            for (int i = 10; i < 100; i++) {
                io.emit("state", i, "x".repeat(100));
            }
        });
        assertThat(stalled.take()).isEmpty();
        assertThat(healthy.take()).hasSize(90);
        loop.run();
        OutboundLimit limit = limits.next();
        assertThat(limit.packets()).isEqualTo(89);
        assertThat(limit.bytes()).isEqualTo(89 * 117);
        limits.assertExhausted();
        stalled.stall(0);
        loop.call(() -> stalled.connection().settle());
        assertThat(stalled.take()).containsExactly("42[\"state\",99,\"" + "x".repeat(100) + "\"]");
        assertThat(stalled.isClosed()).isFalse();
    }

    @Test
    void dropsTheNewestButNoAcknowledgement() {
        start(OutboundPolicy.DROP_NEWEST);
        io.emit("x");
        stalled.send("420[\"q\"]");
        expectLimit(OutboundPolicy.DROP_NEWEST, 1, 7);
        io.emit("y", new byte[3]);
        expectLimit(OutboundPolicy.DROP_NEWEST, 1, 42);
        stalled.stall(0);
        loop.call(() -> stalled.connection().settle());
        stalled.expect("430[\"a\"]");
        healthy.expect("42[\"x\"]", "451-[\"y\",{\"_placeholder\":true,\"num\":0}]", "binary:3");
    }

    @Test
    void keepsTheHeartbeatOfAClientThatEventsAreDroppedFor() {
        start(OutboundPolicy.DROP_NEWEST);
        io.emit("x");
        loop.advance(Duration.ofSeconds(25));
        stalled.stall(0);
        loop.call(() -> stalled.connection().settle());
        stalled.expect("2");
        stalled.send("3");
        io.emit("again");
        stalled.expect("42[\"again\"]");
        expectLimit(OutboundPolicy.DROP_NEWEST, 1, 7);
    }

    @Test
    void failsTheEmitToOneAndGoesOutToTheOthers() {
        start(OutboundPolicy.FAIL);
        loop.call(() -> stalled.connection().settle());
        Socket socket = sockets.get(0);
        assertThatThrownBy(() -> socket.emit("x"))
                .isInstanceOf(OutboundLimitException.class)
                .hasMessage("the client does not read: more than maxQueuedBytes wait for it: 1000");
        var answer = socket.emitWithAck("x", String.class);
        loop.run();
        assertThatThrownBy(answer::join).hasCauseInstanceOf(OutboundLimitException.class);
        expectLimit(OutboundPolicy.FAIL, 2, 7 + 8);
        io.emit("news");
        healthy.expect("42[\"news\"]");
        expectLimit(OutboundPolicy.FAIL, 1, 10);
        stalled.send("420[\"q\"]");
        stalled.stall(0);
        loop.call(() -> stalled.connection().settle());
        stalled.expect("430[\"a\"]");
        socket.emit("back");
        stalled.expect("42[\"back\"]");
    }

    @Test
    void dropsVolatileEventsWithoutAWordAndWithoutHarm() {
        start(OutboundPolicy.CLOSE);
        io.of("/").to(sockets.get(0).id()).droppable().emit("v");
        loop.run();
        assertThat(stalled.isClosed()).isFalse();
        limits.assertExhausted();
    }
}
