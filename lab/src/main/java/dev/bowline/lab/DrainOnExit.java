package dev.bowline.lab;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** Has a server drain when its process is asked to end: by SIGTERM, as a deployment does, or by Ctrl-C. */
final class DrainOnExit {
    /** What is not over so long after the duration goes with the process. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Duration duration;

    /** @throws LabException if the value of {@code --drain}, in milliseconds, is none */
    DrainOnExit(long millis) {
        if (millis < 0 || millis > Integer.MAX_VALUE) {
            throw new LabException("--drain must be between 0 and 2147483647: " + millis);
        }
        duration = Duration.ofMillis(millis);
    }

    /** From now on. */
    void of(Function<Duration, CompletableFuture<Void>> drain) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> await(drain.apply(duration)), "bowline-exit"));
    }

    private void await(CompletableFuture<Void> drain) {
        try {
            drain.get(duration.plus(PATIENCE).toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | ExecutionException over) {
            // Whoever is left sees the process end.
        }
    }
}
