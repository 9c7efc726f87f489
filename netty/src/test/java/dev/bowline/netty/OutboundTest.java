package dev.bowline.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** More is sent in one go than may wait: whoever reads receives all of it, in order. */
class OutboundTest {
    private static final int EVENTS = 4_000;
    private static final String TEXT = "x".repeat(10_000);

    private final SocketIoServer io = SocketIoServer.create();
    private final NettyServer server = NettyServer.bind(io, 0);
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final List<String> reasons = new CopyOnWriteArrayList<>();

    OutboundTest() {
        io.onConnection(sockets::add);
        io.onConnection(socket -> socket.onDisconnect(reason -> reasons.add(reason.text())));
    }

    @AfterEach
    void close() {
        server.close();
    }

    /** On a thread of its own: this one may have been an event loop of an embedded channel, and those do not wait. */
    private static void emits(IntConsumer emit) {
        CompletableFuture.runAsync(() -> IntStream.range(0, EVENTS).forEach(emit), OutboundTest::start)
                .join();
    }

    /** A thread for each: a pool of few may be full of readers that wait for what the emitter has not begun. */
    private static void start(Runnable task) {
        new Thread(task, "outbound-test").start();
    }

    private static CompletableFuture<Void> reads(RawClient client) {
        return CompletableFuture.runAsync(
                () -> {
                    for (int i = 0; i < EVENTS; i++) {
                        assertThat(client.nextText()).startsWith("42[\"x\"," + i + ",");
                    }
                },
                OutboundTest::start);
    }

    @Test
    void deliversABurstOfAnyThreadToAClientThatReads() {
        try (RawClient client = RawClient.enter(server.port())) {
            CompletableFuture<Void> all = reads(client);
            Eventually.await("the socket", () -> !sockets.isEmpty());
            emits(i -> sockets.get(0).emit("x", i, TEXT));
            all.join();
            assertThat(reasons).isEmpty();
        }
    }

    @Test
    void deliversABurstOfItsHandlerToAClientThatReads() {
        io.onConnection(socket -> {
            for (int i = 0; i < EVENTS; i++) {
                socket.emit("x", i, TEXT);
            }
        });
        try (RawClient client = RawClient.enter(server.port())) {
            reads(client).join();
            assertThat(reasons).isEmpty();
        }
    }

    @Test
    void deliversABurstOfBroadcastsToAllThatRead() {
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            clients.add(RawClient.enter(server.port()));
        }
        Eventually.await("all to be in", () -> io.of("/").socketCount() == 3);
        List<CompletableFuture<Void>> all =
                clients.stream().map(OutboundTest::reads).toList();
        emits(i -> io.emit("x", i, TEXT));
        all.forEach(CompletableFuture::join);
        assertThat(reasons).isEmpty();
        clients.forEach(RawClient::close);
    }
}
