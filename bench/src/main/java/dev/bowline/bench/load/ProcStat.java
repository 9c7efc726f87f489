package dev.bowline.bench.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * Reads Linux' {@code /proc}: how much processor time was used, in ticks of ten milliseconds, and how many connections
 * listeners have lost.
 */
public final class ProcStat {
    private static final long TICK_MICROS = 10_000;
    /** After the name, which is in parentheses and may hold anything: utime and stime, as {@code proc(5)} counts. */
    private static final int USER = 14 - 3;

    private static final int SYSTEM = 15 - 3;
    /** Of the first line of {@code /proc/stat}: user, nice, system, and what the hypervisor gave to others. */
    private static final List<Integer> BUSY = List.of(1, 2, 3, 8);

    private ProcStat() {}

    /** User and system time of a process with all its threads, in microseconds; 0 if it is not there any more. */
    public static long cpuMicros(long pid) {
        Path file = Path.of("/proc", Long.toString(pid), "stat");
        return Files.exists(file) ? parseProcess(read(file)) : 0;
    }

    /** The same for several together. */
    public static long cpuMicros(Collection<Long> pids) {
        return pids.stream().mapToLong(ProcStat::cpuMicros).sum();
    }

    /** What all processes used on all cores, in microseconds, without what interrupts took. */
    public static long machineMicros() {
        return parseMachine(read(Path.of("/proc/stat")));
    }

    /** How many connections this machine's listeners have lost because their queue was full; 0 if it does not tell. */
    static long listenOverflows() {
        Path file = Path.of("/proc/net/netstat");
        return Files.exists(file) ? parseNetwork(read(file), "ListenOverflows") : 0;
    }

    /** A line of names, then a line of values, for each group. */
    static long parseNetwork(String netstat, String name) {
        String[] lines = netstat.split("\n", -1);
        for (int i = 0; i + 1 < lines.length; i += 2) {
            int column = List.of(lines[i].split(" ", -1)).indexOf(name);
            if (column > 0) {
                return Long.parseLong(lines[i + 1].split(" ", -1)[column]);
            }
        }
        return 0;
    }

    static long parseProcess(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return TICK_MICROS * (Long.parseLong(fields[USER]) + Long.parseLong(fields[SYSTEM]));
    }

    static long parseMachine(String stat) {
        String[] fields = stat.lines().findFirst().orElse("").trim().split(" +", -1);
        return TICK_MICROS
                * BUSY.stream()
                        .mapToLong(index -> index < fields.length ? Long.parseLong(fields[index]) : 0)
                        .sum();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }
}
