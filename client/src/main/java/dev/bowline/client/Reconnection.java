package dev.bowline.client;

import java.time.Duration;

/**
 * Whether and when a lost connection is tried again: the delay doubles with each attempt up to a maximum
 * and is spread by chance, so that the clients of a restarted server do not return all at once.
 *
 * @param enabled whether at all
 * @param attempts how many in a row may fail before it is given up, at least 1; {@link #UNLIMITED}
 * @param delay before the first attempt, at least 1 ms
 * @param maxDelay before any attempt, at least {@code delay}
 * @param randomization the share, from 0 to 1, by which a delay is made shorter or longer; applied before
 *     the maximum
 */
public record Reconnection(boolean enabled, int attempts, Duration delay, Duration maxDelay, double randomization) {
    /** As many attempts as it takes. */
    public static final int UNLIMITED = Integer.MAX_VALUE;

    private static final Reconnection DEFAULTS =
            new Reconnection(true, UNLIMITED, Duration.ofSeconds(1), Duration.ofSeconds(5), 0.5);

    public Reconnection {
        if (attempts < 1) {
            throw new IllegalArgumentException("attempts must be at least 1: " + attempts);
        }
        if (delay.toMillis() < 1) {
            throw new IllegalArgumentException("delay must be at least PT0.001S: " + delay);
        }
        if (maxDelay.compareTo(delay) < 0) {
            throw new IllegalArgumentException("maxDelay must not be less than delay: " + maxDelay + " < " + delay);
        }
        if (maxDelay.compareTo(Duration.ofDays(365)) > 0) {
            throw new IllegalArgumentException("maxDelay must be at most 365 days: " + maxDelay);
        }
        if (!(randomization >= 0 && randomization <= 1)) {
            throw new IllegalArgumentException("randomization must be from 0 to 1: " + randomization);
        }
    }

    /** The reference's: without limit, 1 s, at most 5 s, 0.5. */
    public static Reconnection defaults() {
        return DEFAULTS;
    }

    /** None: whoever loses the connection calls {@code connect()}. */
    public static Reconnection disabled() {
        return DEFAULTS.withEnabled(false);
    }

    /** The same with another {@link #enabled}. */
    public Reconnection withEnabled(boolean newEnabled) {
        return new Reconnection(newEnabled, attempts, delay, maxDelay, randomization);
    }

    /** The same with other {@link #attempts}. */
    public Reconnection withAttempts(int newAttempts) {
        return new Reconnection(enabled, newAttempts, delay, maxDelay, randomization);
    }

    /** The same with another {@link #delay}. */
    public Reconnection withDelay(Duration newDelay) {
        return new Reconnection(enabled, attempts, newDelay, maxDelay, randomization);
    }

    /** The same with another {@link #maxDelay}. */
    public Reconnection withMaxDelay(Duration newMaxDelay) {
        return new Reconnection(enabled, attempts, delay, newMaxDelay, randomization);
    }

    /** The same with another {@link #randomization}. */
    public Reconnection withRandomization(double newRandomization) {
        return new Reconnection(enabled, attempts, delay, maxDelay, newRandomization);
    }
}
