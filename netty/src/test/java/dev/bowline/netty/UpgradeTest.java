package dev.bowline.netty;

import static dev.bowline.netty.RawClient.BINARY;
import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;

/**
 * Clients that move from polling to a WebSocket on another event loop while several threads emit to them and
 * they send themselves: nothing is lost, doubled or reordered, and nothing comes between a binary packet and
 * its attachments.
 */
class UpgradeTest {
    private static final int CLIENTS = 4;
    private static final int EMITTERS = 4;
    private static final int PER_EMITTER = 250;
    private static final int SENT = 1_000;

    private final SocketIoServer io = SocketIoServer.create();
    private final NettyServer server = NettyServer.bind(io, 0);
    private final Map<String, List<Integer>> heard = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> done = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void close() throws Exception {
        threads.shutdown();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        server.close();
    }

    @RepeatedTest(5)
    void losesNothing() throws Exception {
        io.onConnection(socket -> {
            String name = socket.handshake().auth("name", String.class).orElseThrow();
            List<Integer> numbers = heard.computeIfAbsent(name, key -> new ArrayList<>());
            CountDownLatch all = done.computeIfAbsent(name, key -> new CountDownLatch(SENT));
            socket.on("n", Integer.class, number -> {
                numbers.add(number);
                all.countDown();
            });
            for (int emitter = 0; emitter < EMITTERS; emitter++) {
                emit(socket, emitter);
            }
        });
        List<Future<?>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            String name = "c" + i;
            clients.add(threads.submit(() -> runClient(name)));
        }
        for (Future<?> client : clients) {
            client.get(60, TimeUnit.SECONDS);
        }
    }

    private void emit(Socket socket, int emitter) {
        threads.execute(() -> {
            for (int number = 0; number < PER_EMITTER; number++) {
                String tag = emitter + ":" + number;
                if (number % 5 == 0) {
                    socket.emit(
                            "bin",
                            tag,
                            tag.getBytes(StandardCharsets.UTF_8),
                            ("x" + tag).getBytes(StandardCharsets.UTF_8));
                } else {
                    socket.emit("text", tag);
                }
                if (number % 50 == 0) {
                    io.to(socket.id()).emit("room", tag);
                }
            }
        });
    }

    private void runClient(String name) {
        try {
            new Client(name).run();
        } catch (Exception e) {
            throw new AssertionError(name, e);
        }
    }

    /** A client that polls, sends by POST, probes, moves, and then does both over its WebSocket. */
    private final class Client {
        private final String name;
        private final String path;
        private final RawClient polling = new RawClient(server.port());
        private final RawClient posting = new RawClient(server.port());
        private final RawClient socket = new RawClient(server.port());
        private final List<String> received = new ArrayList<>();
        private int sent;

        Client(String name) {
            this.name = name;
            this.path = "&sid=" + RawClient.sid(polling.get(POLLING).body());
        }

        void run() throws Exception {
            posting.post(POLLING + path, "40{\"name\":\"" + name + "\"}");
            poll();
            post(100);
            socket.upgrade(WEBSOCKET + path);
            socket.text("2probe");
            Future<?> sending = threads.submit(() -> {
                for (int i = 0; i < 4; i++) {
                    post(100);
                }
            });
            assertThat(socket.nextText()).isEqualTo("3probe");
            // Pausing: what is on its way is awaited, and only then comes the move.
            poll();
            poll();
            sending.get(30, TimeUnit.SECONDS);
            socket.text("5");
            while (sent < SENT) {
                socket.text("42[\"n\"," + sent++ + "]");
            }
            int expected = 1 + EMITTERS * (PER_EMITTER + 2 * PER_EMITTER / 5 + PER_EMITTER / 50);
            while (received.size() < expected) {
                RawClient.Frame frame = socket.frame();
                received.add(
                        frame.opcode() == BINARY
                                ? "b" + frame.payload().utf8()
                                : frame.text().substring(1));
            }
            check();
            CountDownLatch all = done.get(name);
            assertThat(all).isNotNull();
            assertThat(all != null && all.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(heard.get(name)).hasSize(SENT).isSorted().doesNotHaveDuplicates();
            polling.close();
            posting.close();
            socket.close();
        }

        private void poll() {
            for (String packet : polling.get(POLLING + path).body().split("\u001e", -1)) {
                if (packet.startsWith("b")) {
                    received.add(
                            "b" + new String(Base64.getDecoder().decode(packet.substring(1)), StandardCharsets.UTF_8));
                } else if (packet.startsWith("4")) {
                    received.add(packet.substring(1));
                }
            }
        }

        private void post(int count) {
            List<String> packets = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                packets.add("42[\"n\"," + sent++ + "]");
            }
            assertThat(posting.post(POLLING + path, String.join("\u001e", packets))
                            .body())
                    .isEqualTo("ok");
        }

        private void check() {
            assertThat(received.get(0)).startsWith("0{\"sid\"");
            int[] next = new int[EMITTERS];
            for (int i = 1; i < received.size(); i++) {
                String packet = received.get(i);
                if (packet.startsWith("2[\"room\"")) {
                    continue;
                }
                String tag = packet.replaceAll("^[^:]*\"(\\d+:\\d+)\".*$", "$1");
                String[] parts = tag.split(":", -1);
                int emitter = Integer.parseInt(parts[0]);
                assertThat(Integer.parseInt(parts[1]))
                        .as("%s at %d: %s", name, i, packet)
                        .isEqualTo(next[emitter]++);
                if (packet.startsWith("52-")) {
                    assertThat(received.subList(i + 1, i + 3)).containsExactly("b" + tag, "bx" + tag);
                    i += 2;
                }
            }
            assertThat(Arrays.stream(next)).containsOnly(PER_EMITTER);
        }
    }
}
