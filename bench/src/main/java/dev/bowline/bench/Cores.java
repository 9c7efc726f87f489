package dev.bowline.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Which cores the server and the load are pinned to.
 *
 * @param server the server's; empty if nothing is pinned
 * @param load the load's
 */
record Cores(List<Integer> server, List<Integer> load) {
    Cores {
        server = List.copyOf(server);
        load = List.copyOf(load);
    }

    /**
     * Apart where there are two, for a server on one core. For a server on more, and its measure on one, apart only if
     * there are enough for both; otherwise server and load share as many as the server has, so that twice the cores
     * could do twice the work.
     */
    static Cores of(List<Integer> allowed, Workload workload) {
        boolean scaling = workload.id().startsWith("W9");
        int wanted = workload.cores();
        if (allowed.isEmpty()) {
            return new Cores(List.of(), List.of());
        }
        if (scaling && allowed.size() >= 4) {
            return new Cores(allowed.subList(0, wanted), allowed.subList(2, 4));
        }
        if (scaling || allowed.size() == 1) {
            List<Integer> shared = allowed.subList(0, Math.min(wanted, allowed.size()));
            return new Cores(shared, shared);
        }
        return new Cores(allowed.subList(0, 1), allowed.subList(1, 2));
    }

    /** The cores that this process may use, if {@code taskset} is there to pin with. */
    static List<Integer> allowed() {
        try {
            return hasTaskset()
                    ? Files.readAllLines(Path.of("/proc/self/status")).stream()
                            .filter(line -> line.startsWith("Cpus_allowed_list:"))
                            .findFirst()
                            .map(line -> parse(line.substring(line.indexOf(':') + 1)))
                            .orElse(List.of())
                    : List.of();
        } catch (IOException notLinux) {
            return List.of();
        }
    }

    /** Reads {@code 0-1,4}. */
    static List<Integer> parse(String list) {
        List<Integer> cores = new ArrayList<>();
        for (String range : list.trim().split(",", -1)) {
            String[] ends = range.split("-", -1);
            for (int core = Integer.parseInt(ends[0]); core <= Integer.parseInt(ends[ends.length - 1]); core++) {
                cores.add(core);
            }
        }
        return cores;
    }

    private static boolean hasTaskset() {
        try {
            Process process = new ProcessBuilder("taskset", "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(5, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException missing) {
            return false;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
