package dev.bowline.testkit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Waiting for something that another thread brings about: looks again and again until it is so, or until
 * a deadline passes and an {@link AssertionError} says what was missing.
 *
 * <p>Waits no longer than needed: a few microseconds at first, twenty milliseconds at most between two
 * looks. Prefer a {@link Recorder} where there is something to listen to.
 */
public final class Eventually {
    /** How long it waits where nothing is said: 10 seconds. */
    public static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(10);

    private static final long FIRST_PAUSE = TimeUnit.MICROSECONDS.toNanos(50);
    private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(20);

    /** Assertions that may fail for a while. */
    @FunctionalInterface
    public interface Check {
        void run() throws Exception;
    }

    private Eventually() {}

    /**
     * Waits until a condition holds, for {@link #DEFAULT_DEADLINE} at most.
     *
     * @param what the condition in words, for the message
     * @throws AssertionError if the deadline passes, or the thread is interrupted
     */
    public static void await(String what, BooleanSupplier condition) {
        await(what, DEFAULT_DEADLINE, condition);
    }

    /**
     * Waits until a condition holds.
     *
     * @param what the condition in words, for the message
     * @throws AssertionError if the deadline passes, or the thread is interrupted
     */
    public static void await(String what, Duration deadline, BooleanSupplier condition) {
        poll(what, deadline, () -> {
            if (!condition.getAsBoolean()) {
                throw new AssertionError("the condition is false");
            }
        });
    }

    /**
     * Waits until assertions pass, for {@link #DEFAULT_DEADLINE} at most. The last failure is the cause of
     * the error.
     */
    public static void passes(Check check) {
        passes(DEFAULT_DEADLINE, check);
    }

    /** Waits until assertions pass. The last failure is the cause of the error. */
    public static void passes(Duration deadline, Check check) {
        poll("the check", deadline, check);
    }

    private static void poll(String what, Duration deadline, Check check) {
        ManualTicker.requireNotNegative("deadline", deadline);
        long start = System.nanoTime();
        long pause = FIRST_PAUSE;
        while (true) {
            Throwable failure = failureOf(check);
            if (failure == null) {
                return;
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new AssertionError("interrupted while waiting for: " + what, failure);
            }
            if (System.nanoTime() - start >= deadline.toNanos()) {
                throw new AssertionError(
                        "not within " + deadline + ": " + what + "; at last: " + failure.getMessage(), failure);
            }
            LockSupport.parkNanos(pause);
            pause = Math.min(pause * 2, LONGEST_PAUSE);
        }
    }

    private static @Nullable Throwable failureOf(Check check) {
        try {
            check.run();
            return null;
        } catch (Exception | AssertionError e) {
            return e;
        }
    }
}
