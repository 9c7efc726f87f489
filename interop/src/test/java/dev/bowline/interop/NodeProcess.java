package dev.bowline.interop;

import dev.bowline.testkit.Recorder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A script of {@code interop/js} that runs in Node as a child of the test, and what it says, line by line.
 *
 * <p>Ends with the test: by its handle when it is closed, and by the end of its input if the test's JVM
 * dies first, where the script listens for that. Safe for any thread.
 */
public final class NodeProcess implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final String LISTENING = "listening ";

    private final String script;
    private final Process process;
    private final Recorder<String> lines = new Recorder<>(DEADLINE);

    private NodeProcess(String script, Process process) {
        this.script = script;
        this.process = process;
    }

    /**
     * Starts {@code node <script> <arguments>} in {@code interop/js}.
     *
     * @throws AssertionError if Node, the script or its packages are missing
     */
    public static NodeProcess start(String script, String... arguments) {
        Path directory = directory();
        if (!Files.isRegularFile(directory.resolve(script))) {
            throw new AssertionError("there is no script " + directory.resolve(script));
        }
        if (!Files.isDirectory(directory.resolve("node_modules"))) {
            throw new AssertionError("the packages are missing: run npm ci in " + directory);
        }
        List<String> command = new ArrayList<>(List.of("node", script));
        command.addAll(List.of(arguments));
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            throw new AssertionError("node cannot be started; is it installed? " + e.getMessage(), e);
        }
        NodeProcess node = new NodeProcess(script, process);
        Thread reader = new Thread(node::read, "reader of " + script);
        reader.setDaemon(true);
        reader.start();
        return node;
    }

    /** Tests run in the module's directory, or in the project's. */
    private static Path directory() {
        Path here = Path.of("js").toAbsolutePath();
        return Files.isDirectory(here) ? here : Path.of("interop", "js").toAbsolutePath();
    }

    private void read() {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.accept(line);
            }
        } catch (IOException closed) {
            // The process was ended while it spoke.
        }
        lines.accept(end());
    }

    /** The port of the line {@code listening <port>}, which is waited for. */
    public int awaitPort() {
        return Integer.parseInt(awaitLine(line -> line.startsWith(LISTENING)).substring(LISTENING.length()));
    }

    /**
     * Takes the first line that matches and all before it, and waits for it if need be.
     *
     * @throws AssertionError with all lines if none comes
     */
    public String awaitLine(Predicate<String> matches) {
        return lines.await(matches);
    }

    /** The same for a line that begins so. */
    public String awaitLine(String beginning) {
        return awaitLine(line -> line.startsWith(beginning));
    }

    /**
     * Waits until the script has said all that it had to say, line by line.
     *
     * @return its last line, or nothing if it said none that was not taken
     * @throws AssertionError if it is silent for too long
     */
    public String awaitEnd() {
        String last = "";
        for (String line = lines.next(); !line.equals(end()); line = lines.next()) {
            last = line;
        }
        return last;
    }

    private String end() {
        return "(the output of " + script + " has ended)";
    }

    /** All lines so far. */
    public List<String> lines() {
        return lines.all();
    }

    /** Writes a line to the script's input. */
    public void say(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The process, for tests that stop it in other ways. */
    public ProcessHandle handle() {
        return process.toHandle();
    }

    /** Ends this process and no other, at once, and waits until it is gone. Idempotent. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("the process does not end: " + script);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
