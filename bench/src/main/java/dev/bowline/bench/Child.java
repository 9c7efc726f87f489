package dev.bowline.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A process that we started, pinned to cores, with which we speak in lines. It ends with us in any case: at the end of
 * its standard input, or killed when this JVM exits. Confined to one thread.
 */
final class Child implements AutoCloseable {
    private static final Set<Process> ALIVE = ConcurrentHashMap.newKeySet();
    private static final String END = "\0";
    private static final long FAREWELL_SECONDS = 2;

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> ALIVE.forEach(Process::destroyForcibly)));
    }

    private final String name;
    private final Process process;
    private final PrintWriter out;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private Child(String name, Process process) {
        this.name = name;
        this.process = process;
        this.out = new PrintWriter(process.getOutputStream(), true, StandardCharsets.UTF_8);
    }

    /**
     * Starts a process; what it says on standard error is shown on ours.
     *
     * @param cores what it is pinned to; nothing if empty
     * @param nodeModules what Node's {@code require} looks in
     */
    static Child start(String name, List<String> command, List<Integer> cores, Optional<Path> nodeModules) {
        List<String> pinned = new ArrayList<>();
        if (!cores.isEmpty()) {
            pinned.add("taskset");
            pinned.add("-c");
            pinned.add(String.join(",", cores.stream().map(String::valueOf).toList()));
        }
        pinned.addAll(command);
        var builder = new ProcessBuilder(pinned).redirectError(ProcessBuilder.Redirect.INHERIT);
        nodeModules.ifPresent(directory -> builder.environment().put("BOWLINE_NODE_MODULES", directory.toString()));
        try {
            Process process = builder.start();
            ALIVE.add(process);
            var child = new Child(name, process);
            var reader = new Thread(child::read, "bench " + name);
            reader.setDaemon(true);
            reader.start();
            return child;
        } catch (IOException failed) {
            throw new BenchException("cannot start " + name + ": " + failed.getMessage());
        }
    }

    private void read() {
        try (var in = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            in.lines().forEach(lines::add);
        } catch (IOException | java.io.UncheckedIOException gone) {
            // Told by the end.
        }
        lines.add(END);
    }

    /** The process itself: what pins it has become it. */
    long pid() {
        return process.pid();
    }

    void say(String line) {
        out.println(line);
    }

    /**
     * Waits for the next line.
     *
     * @throws BenchException if the process ended, or is silent for too long
     */
    String hear(Duration patience) {
        try {
            String line = lines.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
            if (line == null) {
                throw new BenchException(name + " says nothing for " + patience.toSeconds() + " s");
            }
            if (line.equals(END)) {
                throw new BenchException(name + " has ended");
            }
            return line;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
    }

    @Override
    public void close() {
        out.close();
        try {
            if (!process.waitFor(FAREWELL_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor(FAREWELL_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException stopped) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        ALIVE.remove(process);
    }
}
