package dev.bowline.interop;

import dev.bowline.testkit.Recorder;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The lab's command line, {@code dev.bowline.lab.Main}, as a child of the test on the test's own class path.
 *
 * <p>Ends with the test when it is closed. Safe for any thread.
 */
final class LabProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    /** What came of a command that has ended. */
    record Outcome(int status, List<String> out, List<String> err) {
        /** All of it, for the message of an assertion. */
        String text() {
            return "exit status " + status + "\n" + String.join("\n", out) + "\n" + String.join("\n", err);
        }
    }

    private final Process process;
    private final Recorder<String> out = new Recorder<>(Duration.ofSeconds(30));
    private final List<String> err = new ArrayList<>();
    private final Thread outReader;
    private final Thread errReader;

    private LabProcess(Process process) {
        this.process = process;
        this.outReader = reader(process.getInputStream(), out);
        this.errReader = reader(process.getErrorStream(), line -> {
            synchronized (err) {
                err.add(line);
            }
        });
    }

    /** Starts a command in a directory. */
    static LabProcess start(Path directory, String... command) {
        return start(directory, List.of(), Map.of(), command);
    }

    /**
     * Starts a command in a directory.
     *
     * @param overlay classes that come before those of the test's class path
     * @param environment what differs from the test's own
     */
    static LabProcess start(Path directory, List<Path> overlay, Map<String, String> environment, String... command) {
        List<String> classPath = new ArrayList<>();
        overlay.forEach(each -> classPath.add(each.toString()));
        // The lab has no SLF4J, and warns of nothing; a tool of the tests brings one that does.
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(each -> !each.contains("slf4j"))
                .forEach(classPath::add);
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= 24) {
            line.addAll(List.of("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED"));
        }
        line.addAll(List.of("-cp", String.join(File.pathSeparator, classPath), "dev.bowline.lab.Main"));
        line.addAll(List.of(command));
        var builder = new ProcessBuilder(line).directory(directory.toFile());
        builder.environment().putAll(environment);
        try {
            return new LabProcess(builder.start());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** The directory that all modules are in. */
    static Path checkout() {
        Path here = Path.of("").toAbsolutePath();
        return Files.isDirectory(here.resolve("lab")) ? here : here.resolveSibling("");
    }

    /** Where the JavaScript packages are. */
    static String packages() {
        return checkout().resolve("interop").resolve("js").toString();
    }

    private static Thread reader(InputStream stream, java.util.function.Consumer<String> lines) {
        Thread thread = new Thread(
                () -> {
                    try (var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                            lines.accept(line);
                        }
                    } catch (IOException closed) {
                        // The process was ended while it spoke.
                    }
                },
                "reader of the lab");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** Waits for a line of the command's output. */
    String awaitLine(Predicate<String> matches) {
        return out.await(matches);
    }

    /**
     * Waits until the command has ended by itself.
     *
     * @throws AssertionError if it does not
     */
    Outcome await() {
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                close();
                throw new AssertionError("the lab does not end: " + out.all());
            }
            outReader.join();
            errReader.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", stopped);
        }
        synchronized (err) {
            return new Outcome(process.exitValue(), out.all(), List.copyOf(err));
        }
    }

    /** Asks it to end, with SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** Ends it and what it started. Idempotent. */
    @Override
    public void close() {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        try {
            process.waitFor(20, TimeUnit.SECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
