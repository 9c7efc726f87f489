package dev.bowline.bench.servers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;

/**
 * How a server under load talks to the one who started it: it says where it listens, tells its memory when asked, and
 * ends with its standard input. Uses the JDK only, because servers with other libraries use it too.
 */
final class Console {
    /** How many characters at the beginning of what is said name the room. */
    static final int ROOM_NAME = 6;

    private Console() {}

    /** Serves until standard input ends. */
    static void serve(int port) throws IOException {
        System.out.println("listening on " + port);
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.equals("memory")) {
                System.out.println("memory " + usedHeap() + " " + directMemory());
            }
        }
        System.exit(0);
    }

    /** What is in use after two collections; one leaves behind what had yet to be finalized. */
    private static long usedHeap() {
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long directMemory() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }
}
