package dev.bowline.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Node and its packages, as far as they are there. */
final class NodeModules {
    private static final Path CLIENT_BUNDLE = Path.of("socket.io-client", "dist", "socket.io.min.js");

    private final Path directory;

    private NodeModules(Path directory) {
        this.directory = directory;
    }

    /**
     * The packages below a directory.
     *
     * @param configured where to look, if the user said so; otherwise {@code interop/js} below the working directory
     * @throws LabException if they are not there, saying how to get them
     */
    static NodeModules find(Optional<Path> configured) {
        Path base = configured.orElse(Path.of("interop", "js"));
        Path directory = base.endsWith("node_modules") ? base : base.resolve("node_modules");
        if (!Files.isDirectory(directory.resolve("socket.io-client"))) {
            throw new LabException("socket.io-client is not in " + directory
                    + ": run `npm ci --prefix interop/js`, or name the directory with --node-modules");
        }
        return new NodeModules(directory.toAbsolutePath());
    }

    Path directory() {
        return directory;
    }

    /** The official client for browsers. */
    Path clientBundle() {
        return directory.resolve(CLIENT_BUNDLE);
    }

    /**
     * Starts a script of this module under Node, its errors shown on ours.
     *
     * @throws LabException if Node is not there
     */
    Process start(String script, String... arguments) {
        requireNode();
        try (var source = NodeModules.class.getResourceAsStream(script)) {
            if (source == null) {
                throw new IllegalStateException("no such script: " + script);
            }
            Path file = Files.createTempFile("bowline-", ".cjs");
            file.toFile().deleteOnExit();
            Files.write(file, source.readAllBytes());
            List<String> command = new java.util.ArrayList<>(List.of("node", file.toString()));
            command.addAll(List.of(arguments));
            var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().put("BOWLINE_NODE_MODULES", directory.toString());
            return builder.start();
        } catch (IOException failed) {
            throw new LabException("cannot run Node: " + failed.getMessage());
        }
    }

    private static void requireNode() {
        try {
            Process node = new ProcessBuilder("node", "--version")
                    .redirectErrorStream(true)
                    .start();
            node.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
            if (!node.waitFor(10, TimeUnit.SECONDS) || node.exitValue() != 0) {
                throw new LabException("node --version failed: is Node 18 or later installed?");
            }
        } catch (IOException missing) {
            throw new LabException(
                    "Node is not installed, or not on the PATH: the JavaScript client needs Node 18 or later "
                            + "(Debian: apt-get install nodejs npm)");
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted");
        }
    }
}
