package dev.bowline.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Where the numbers come from.
 *
 * @param processor as the kernel names it
 * @param cores what this process may use
 * @param memoryMiB of the machine
 * @param kernel its version
 * @param java the JVM's version
 * @param node Node's version; empty where it is not there
 * @param openFiles how many files a process may have open
 */
record Machine(
        String processor,
        List<Integer> cores,
        long memoryMiB,
        String kernel,
        String java,
        Optional<String> node,
        int openFiles) {
    /** What a process has open beside its connections. */
    private static final int OTHER_FILES = 200;

    static Machine look() {
        return new Machine(
                line("/proc/cpuinfo", "model name").orElse(System.getProperty("os.arch", "unknown")),
                Cores.allowed(),
                line("/proc/meminfo", "MemTotal").map(Machine::number).orElse(0L) / 1024,
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                System.getProperty("java.vm.name") + " " + Runtime.version(),
                nodeVersion(),
                line("/proc/self/limits", "Max open files")
                        .map(Machine::openFiles)
                        .orElse(Integer.MAX_VALUE));
    }

    /** How many clients one process can have. */
    int mostClients() {
        return Math.max(0, openFiles - OTHER_FILES);
    }

    private static Optional<String> line(String file, String beginning) {
        try (var lines = Files.lines(Path.of(file))) {
            return lines.filter(line -> line.startsWith(beginning))
                    .findFirst()
                    .map(line -> line.substring(beginning.length())
                            .replaceFirst("^\\s*:", "")
                            .trim());
        } catch (IOException | java.io.UncheckedIOException notLinux) {
            return Optional.empty();
        }
    }

    private static long number(String text) {
        return Long.parseLong(text.replaceAll("\\D", ""));
    }

    /** Of {@code 20000 20000 files} the first. */
    static int openFiles(String limits) {
        String soft = limits.split("\\s+", -1)[0];
        return soft.equals("unlimited") ? Integer.MAX_VALUE : Integer.parseInt(soft);
    }

    private static Optional<String> nodeVersion() {
        try {
            Process node = new ProcessBuilder("node", "--version")
                    .redirectErrorStream(true)
                    .start();
            String version =
                    new BufferedReader(new InputStreamReader(node.getInputStream(), StandardCharsets.UTF_8)).readLine();
            return node.waitFor(10, TimeUnit.SECONDS) && node.exitValue() == 0
                    ? Optional.ofNullable(version)
                    : Optional.empty();
        } catch (IOException missing) {
            return Optional.empty();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
