package dev.bowline.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A target that runs. */
record Server(Target target, Child process, int port) implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String LISTENING = "listening on ";

    static Server start(Target target, Workload workload, List<Integer> cores, Optional<Path> nodeModules) {
        Child process = Child.start(target.name(), target.command(workload), cores, nodeModules);
        try {
            String line = process.hear(PATIENCE);
            if (!line.startsWith(LISTENING)) {
                throw new BenchException(target.name() + " says: " + line);
            }
            return new Server(target, process, Integer.parseInt(line.substring(LISTENING.length())));
        } catch (BenchException failed) {
            process.close();
            throw failed;
        }
    }

    /** What it has in use after a collection, in bytes: heap, and memory beside the heap. */
    long memory() {
        process.say("memory");
        String[] words = process.hear(PATIENCE).split(" ", -1);
        return Long.parseLong(words[1]) + Long.parseLong(words[2]);
    }

    @Override
    public void close() {
        process.close();
    }
}
