package dev.bowline.bench.clients;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What holds many clients and tells of them to the one who started it: how long it took until all were connected, then,
 * whenever asked, how many have been lost, threads, and memory; ends with its standard input. Uses the JDK only, because
 * a process with other libraries uses it too.
 */
final class Holder {
    /** How many connect at the same time. */
    private static final int AT_ONCE = 32;

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /** One client. */
    interface Connecting {
        /**
         * Connects, says so once it has, and says so each time it loses its connection.
         *
         * @return the client, which is kept
         */
        Object connect(String address, Runnable connected, Runnable lost);
    }

    private Holder() {}

    static String address(String[] arguments) {
        return "http://127.0.0.1:" + arguments[0];
    }

    /** Holds as many clients as {@code arguments} say: a port and a number. */
    static void hold(String[] arguments, Connecting connecting) throws IOException, InterruptedException {
        String address = address(arguments);
        int count = Integer.parseInt(arguments[1]);
        long heapBefore = usedHeap();
        int threadsBefore = threads();
        long residentBefore = resident();

        long start = System.nanoTime();
        var turn = new Semaphore(AT_ONCE);
        var missing = new CountDownLatch(count);
        var lost = new AtomicInteger();
        List<Object> held = new ArrayList<>();
        for (int i = 0; i < count && turn.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS); i++) {
            held.add(connecting.connect(
                    address,
                    () -> {
                        turn.release();
                        missing.countDown();
                    },
                    lost::incrementAndGet));
        }
        boolean all = missing.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS) && held.size() == count;
        System.out.println((all ? "connected " : "not connected ") + (System.nanoTime() - start) / 1_000_000);

        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println("figures " + lost + " " + (threads() - threadsBefore) + " "
                    + (usedHeap() - heapBefore + direct()) + " " + (resident() - residentBefore));
        }
        System.exit(0);
    }

    private static int threads() {
        return ManagementFactory.getThreadMXBean().getThreadCount();
    }

    /** What is in use after two collections; one leaves behind what had yet to be finalized. */
    private static long usedHeap() {
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long direct() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    /** What the process holds of the machine's memory, stacks of threads included, in bytes; 0 where nobody tells. */
    private static long resident() throws IOException {
        Path status = Path.of("/proc/self/status");
        return Files.exists(status)
                ? Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                        .sum()
                : 0;
    }
}
