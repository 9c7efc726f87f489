package dev.bowline.netty;

import static dev.bowline.netty.RawClient.BINARY;
import static dev.bowline.netty.RawClient.CLOSE;
import static dev.bowline.netty.RawClient.POLLING;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Broadcasts to clients on different event loops: each receives the same bytes, and none can hurt another. */
class BroadcastTest {
    private final SocketIoServer io = SocketIoServer.create();
    private final NettyServer server = NettyServer.bind(io, 0);

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void sendsBinaryUnharmedToEveryone() throws Exception {
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            clients.add(RawClient.enter(server.port()));
        }
        Eventually.await("all to be in", () -> io.of("/").socketCount() == 3);
        long seed = System.nanoTime();
        int rounds = 300;
        int threads = 2;
        var start = new CountDownLatch(1);
        for (int thread = 0; thread < threads; thread++) {
            int number = thread;
            new Thread(() -> {
                        try {
                            start.await();
                        } catch (InterruptedException e) {
                            return;
                        }
                        for (int round = 0; round < rounds; round++) {
                            io.emit("b", number, round, content(seed, number, round), new byte[0]);
                        }
                    })
                    .start();
        }
        start.countDown();
        for (RawClient client : clients) {
            int[] next = new int[threads];
            for (int i = 0; i < rounds * threads; i++) {
                String header = client.nextText();
                String[] words = header.split(",", -1);
                int number = Integer.parseInt(words[1]);
                assertThat(header)
                        .as("seed %d", seed)
                        .isEqualTo("452-[\"b\"," + number + "," + next[number]
                                + ",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]");
                RawClient.Frame first = client.frame();
                assertThat(first.opcode()).isEqualTo(BINARY);
                assertThat(first.payload().toByteArray())
                        .as("seed %d", seed)
                        .isEqualTo(content(seed, number, next[number]++));
                RawClient.Frame second = client.frame();
                assertThat(second.opcode()).isEqualTo(BINARY);
                assertThat(second.payload().isEmpty()).isTrue();
            }
            client.close();
        }
    }

    private static byte[] content(long seed, int thread, int round) {
        byte[] bytes = new byte[200];
        new Random(seed + 1_000L * thread + round).nextBytes(bytes);
        return bytes;
    }

    @Test
    void sendsTheSameOverPolling() {
        String sid = RawClient.openPolling(server.port());
        try (RawClient client = new RawClient(server.port())) {
            io.emit("b", new byte[] {1, 2, 3});
            assertThat(client.get(POLLING + "&sid=" + sid).body())
                    .isEqualTo("451-[\"b\",{\"_placeholder\":true,\"num\":0}]\u001eb"
                            + Base64.getEncoder().encodeToString(new byte[] {1, 2, 3}));
        }
    }

    @Test
    void closesWhoDoesNotReadAndHarmsNoOther() {
        Recorder<String> events = new Recorder<>();
        io.onConnection(socket -> socket.onDisconnect(reason -> events.accept("out " + reason)));
        try (RawClient reader = RawClient.enter(server.port());
                RawClient lazy = new RawClient(server.port(), 4_096)) {
            lazy.upgrade(RawClient.WEBSOCKET);
            lazy.frame();
            lazy.text("40");
            Eventually.await("both to be in", () -> io.of("/").socketCount() == 2);
            String kilobytes = "x".repeat(50_000);
            int sent = 0;
            while (io.of("/").socketCount() == 2 && sent < 1_000) {
                io.emit("x", kilobytes);
                sent++;
                assertThat(reader.nextText()).hasSizeGreaterThan(50_000);
            }
            assertThat(io.of("/").socketCount()).isEqualTo(1);
            events.expectNext("out transport error");
            io.emit("still here");
            assertThat(reader.nextText()).isEqualTo("42[\"still here\"]");
            Eventually.await("the lazy client's session to be gone", () -> io.connectionCount() == 1);
        }
    }

    @Test
    void doesNotCountWhatTheNetworkWouldHaveTaken() {
        try (RawClient reader = RawClient.enter(server.port())) {
            Eventually.await("the client to be in", () -> io.of("/").socketCount() == 1);
            // In one turn of the loop more than the limit is written, to a client that reads.
            var connection = new java.util.concurrent.atomic.AtomicInteger();
            io.of("/").sockets().forEach(socket -> {
                for (int i = 0; i < 15; i++) {
                    socket.emit("x", "y".repeat(60_000));
                    connection.incrementAndGet();
                }
            });
            for (int i = 0; i < connection.get(); i++) {
                RawClient.Frame frame = reader.frame();
                assertThat(frame.opcode()).isNotEqualTo(CLOSE);
            }
        }
    }
}
