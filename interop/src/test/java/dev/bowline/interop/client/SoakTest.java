package dev.bowline.interop.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.NettyServer;
import dev.bowline.server.Recovery;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Direction;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.FaultProxy;
import dev.bowline.testkit.Link;
import dev.bowline.testkit.ThreadLeaks;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Many clients of Bowline's and a server of Bowline's, between them a network that breaks link after link at random: no
 * client stays away, no event is out of order or missing where the session was taken up, and nothing is left behind.
 *
 * <p>{@code -Dsoak=PT10M -Dsoak.clients=2000} makes it long and large; {@code -Dsoak.seed} repeats the order of the
 * faults, not the moments at which they strike.
 */
class SoakTest {
    private static final int EVENTS_PER_SECOND = 500;
    private static final List<Direction> DIRECTIONS = List.of(Direction.values());
    private static final int MOST_FAULTS_PER_SECOND = 50;

    /** How many come at a time: a machine that all come to at once answers none of them in time. */
    private static final int AT_ONCE = 100;

    /** Beyond this the heap has grown: what the JVM has compiled and cached meanwhile is less. */
    private static final long HEAP_MARGIN = 8 << 20;

    private final Queue<String> faults = new ConcurrentLinkedQueue<>();
    private final long seed = Long.getLong("soak.seed", System.nanoTime());
    private final AtomicInteger cuts = new AtomicInteger();
    private final AtomicInteger returns = new AtomicInteger();
    private final AtomicInteger recoveries = new AtomicInteger();

    @Test
    void everybodyComesBackAndNothingIsLeft() throws Exception {
        Duration time = Duration.parse(System.getProperty("soak", "PT15S"));
        int count = Integer.getInteger("soak.clients", 100);
        // What is loaded, started and cached once for all does not count.
        soak(10, Duration.ofSeconds(1));
        collect();
        // What carries virtual threads is the JVM's.
        ThreadLeaks threads = ThreadLeaks.snapshot().ignoring("ForkJoinPool-1-worker-");
        int files = openFiles();
        long heap = usedHeap();
        cuts.set(0);
        returns.set(0);
        recoveries.set(0);

        List<WeakReference<SoakClient>> gone = soak(count, time);

        assertThat(faults).as("seed %d", seed).isEmpty();
        Eventually.passes(Duration.ofSeconds(60), () -> {
            collect();
            assertThat(gone.stream().filter(each -> each.get() != null).count())
                    .as("clients that are still referred to")
                    .isZero();
            assertThat(threads.left()).as("threads").isEmpty();
            assertThat(openFiles()).as("files and sockets").isLessThanOrEqualTo(files);
            assertThat(usedHeap()).as("bytes of heap").isLessThan(heap + HEAP_MARGIN);
        });
        System.out.printf(
                "%d clients, %d faults, %d returns, %d of them with all that was missed, in %s, seed %d%n",
                count, cuts.get(), returns.get(), recoveries.get(), time, seed);
        assertThat(returns.get()).isGreaterThan(cuts.get() / 10);
    }

    private List<WeakReference<SoakClient>> soak(int count, Duration time) throws Exception {
        var lent = SoakClient.Lent.create();
        ScheduledExecutorService fate = Executors.newSingleThreadScheduledExecutor();
        Duration patience = Duration.ofSeconds(Math.max(2, Math.min(10, count / 200)));
        SocketIoServer io = server(patience);
        List<SoakClient> clients;
        try (NettyServer http = NettyServer.bind(io, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                FaultProxy proxy = FaultProxy.builder()
                        .target(new InetSocketAddress(InetAddress.getLoopbackAddress(), http.port()))
                        .seed(seed)
                        .build()
                        .start()) {
            clients = IntStream.range(0, count)
                    .mapToObj(number -> new SoakClient(number, proxy.uri(), lent, patience, faults, this::onReturn))
                    .toList();
            for (int first = 0; first < count; first += AT_ONCE) {
                List<SoakClient> next = clients.subList(first, Math.min(count, first + AT_ONCE));
                next.forEach(SoakClient::connect);
                awaitAll(next);
            }

            var random = new Random(seed);
            int perSecond = Math.max(2, Math.min(MOST_FAULTS_PER_SECOND, count / 10));
            repeat(fate, perSecond, () -> strike(proxy, random));
            int[] turn = {0};
            repeat(fate, EVENTS_PER_SECOND, () -> {
                int next = turn[0]++;
                io.to("client" + next % count).emit("news", next / count);
                clients.get(next % count).say(next / count);
            });
            long end = System.nanoTime() + time.toNanos();
            Eventually.await("the time to be over", time.plusSeconds(10), () -> System.nanoTime() - end >= 0);
            fate.shutdownNow();
            assertThat(fate.awaitTermination(10, TimeUnit.SECONDS)).isTrue();

            proxy.all().heal();
            awaitAll(clients);
            close(clients);
        } finally {
            fate.shutdownNow();
            io.close();
        }
        assertThat(lent.timers()).as("timers").isZero();
        lent.close();
        return clients.stream().map(WeakReference::new).toList();
    }

    /**
     * The server.
     *
     * @param patience what is short for few, and so long for many that two cores can serve them all
     */
    private SocketIoServer server(Duration patience) {
        SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
                .pingInterval(patience.dividedBy(2))
                .pingTimeout(patience.plusSeconds(1))
                .recovery(Recovery.within(Duration.ofMinutes(2)))
                .build());
        Map<String, Integer> last = new ConcurrentHashMap<>();
        io.onConnection(socket -> {
            String client = socket.handshake().auth("client", String.class).orElseThrow();
            if (!socket.recovered()) {
                socket.join(client);
            }
            socket.on("say", Integer.class, number -> {
                Integer before = last.put(socket.id(), number);
                if (before != null && before >= number) {
                    faults.add(client + " said " + number + " after " + before);
                }
            });
            socket.onEvent("echo", (args, ack) -> ack.send(args.get(0, Integer.class)));
        });
        return io;
    }

    private void onReturn(boolean recovered) {
        returns.incrementAndGet();
        if (recovered) {
            recoveries.incrementAndGet();
        }
    }

    private void repeat(ScheduledExecutorService threads, int timesPerSecond, Runnable task) {
        Runnable guarded = () -> {
            try {
                task.run();
            } catch (RuntimeException | Error failure) {
                faults.add("the test itself: " + failure);
            }
        };
        var unused = threads.scheduleAtFixedRate(guarded, 0, 1_000_000 / timesPerSecond, TimeUnit.MICROSECONDS);
    }

    /** Something happens to one of the links, or now and then to all. */
    private void strike(FaultProxy proxy, Random random) {
        cuts.incrementAndGet();
        int kind = random.nextInt(100);
        if (kind == 0) {
            proxy.newLinks().refuse();
            return;
        }
        if (kind == 1) {
            proxy.newLinks().refuseUpgrades();
            return;
        }
        if (kind < 20) {
            proxy.newLinks().heal();
        }
        List<Link> links = proxy.links();
        if (links.isEmpty()) {
            return;
        }
        Link link = links.get(random.nextInt(links.size()));
        Direction direction = DIRECTIONS.get(random.nextInt(DIRECTIONS.size()));
        switch (random.nextInt(10)) {
            case 0 -> link.blackHole(direction);
            case 1 -> link.holdAfter(direction, random.nextInt(1000));
            case 2 ->
                link.delay(direction, Duration.ofMillis(random.nextInt(500)), Duration.ofMillis(random.nextInt(100)));
            case 3 -> link.slice(direction, 1 + random.nextInt(10));
            case 4 -> link.finish();
            case 5 -> link.sever();
            case 6 -> link.resetClient();
            case 7 -> link.limitBandwidth(direction, 200 + random.nextInt(2000));
            default -> link.reset();
        }
    }

    private void awaitAll(List<SoakClient> clients) {
        Eventually.passes(
                Duration.ofSeconds(90),
                () -> assertThat(clients.stream().filter(each -> !each.isHere()).map(SoakClient::toString))
                        .as("who stays away, seed %d", seed)
                        .isEmpty());
    }

    private static void close(List<SoakClient> clients) throws InterruptedException {
        ExecutorService closers = Executors.newFixedThreadPool(8);
        clients.forEach(each -> closers.execute(each::close));
        closers.shutdown();
        assertThat(closers.awaitTermination(120, TimeUnit.SECONDS)).isTrue();
    }

    // ---- What is counted ------------------------------------------------------------------------

    private static void collect() {
        System.gc();
    }

    private static long usedHeap() {
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** On Linux; none elsewhere. */
    private static int openFiles() {
        List<String> files = new ArrayList<>();
        String[] names = new File("/proc/self/fd").list();
        if (names != null) {
            files.addAll(List.of(names));
        }
        return files.size();
    }
}
