package dev.bowline.netty.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.RawClient;
import dev.bowline.server.Namespace;
import dev.bowline.server.SocketIoServer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A client that behaves, in a namespace and a room of its own: asks, is told the news of its room and then its answer,
 * round after round, and takes nothing else. Rounds never overlap, and none runs while its monitor is held.
 */
abstract class Bystander implements AutoCloseable {
    private static final String ROOM = "harbour";
    private static final long PACE_MILLIS = 5;

    final String namespace;
    private final AtomicInteger rounds = new AtomicInteger();
    private final CountDownLatch relieved = new CountDownLatch(1);
    private CompletableFuture<Void> watch = CompletableFuture.completedFuture(null);

    private Bystander(String namespace) {
        this.namespace = namespace;
    }

    /** What the server owes to bystanders of that namespace. */
    private static void serve(Namespace namespace) {
        namespace.onConnection(socket -> {
            socket.join(ROOM);
            socket.onRequest("ask", Integer.class, number -> {
                namespace.to(ROOM).emit("news", number);
                return number;
            });
        });
    }

    static Bystander overWebSocket(SocketIoServer io, int port, String namespace) {
        serve(io.of(namespace));
        return new OverWebSocket(port, namespace);
    }

    static Bystander overPolling(SocketIoServer io, int port, String namespace) {
        serve(io.of(namespace));
        return new OverPolling(port, namespace);
    }

    /** Asks again and again, on a thread of its own, until it is closed. */
    void start() {
        watch = Siege.aside(() -> {
            try {
                while (!relieved.await(PACE_MILLIS, TimeUnit.MILLISECONDS)) {
                    round();
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    int rounds() {
        return rounds.get();
    }

    /** Fails if the bystander was harmed. */
    void assertUnharmed() {
        if (watch.isDone()) {
            watch.join();
            throw new AssertionError("the bystander has stopped");
        }
    }

    synchronized void round() {
        int number = rounds.get();
        send("42" + namespace + "," + number + "[\"ask\"," + number + "]");
        assertThat(next()).isEqualTo("42" + namespace + ",[\"news\"," + number + "]");
        assertThat(next()).isEqualTo("43" + namespace + "," + number + "[" + number + "]");
        rounds.incrementAndGet();
    }

    abstract void send(String packet);

    /** The next packet that is no heartbeat. */
    abstract String next();

    abstract void leave();

    @Override
    public void close() {
        relieved.countDown();
        try {
            watch.join();
        } finally {
            leave();
        }
    }

    private static final class OverWebSocket extends Bystander {
        private final RawClient client;

        OverWebSocket(int port, String namespace) {
            super(namespace);
            client = RawClient.openWebSocket(port);
            send("40" + namespace + ",");
            next();
        }

        @Override
        void send(String packet) {
            client.text(packet);
        }

        @Override
        String next() {
            String packet = client.nextText();
            while (packet.equals("2")) {
                client.text("3");
                packet = client.nextText();
            }
            return packet;
        }

        @Override
        void leave() {
            client.close();
        }
    }

    private static final class OverPolling extends Bystander {
        private final RawClient client;
        private final String path;
        private final Queue<String> received = new ArrayDeque<>();

        OverPolling(int port, String namespace) {
            super(namespace);
            client = new RawClient(port);
            path = RawClient.POLLING + "&sid="
                    + RawClient.sid(client.get(RawClient.POLLING).body());
            send("40" + namespace + ",");
            next();
        }

        @Override
        void send(String packet) {
            assertThat(client.post(path, packet).body()).isEqualTo("ok");
        }

        @Override
        String next() {
            while (true) {
                while (received.isEmpty()) {
                    received.addAll(Arrays.asList(client.get(path).body().split("\u001e", -1)));
                }
                String packet = received.remove();
                if (!packet.equals("2")) {
                    return packet;
                }
                send("3");
            }
        }

        @Override
        void leave() {
            client.close();
        }
    }
}
