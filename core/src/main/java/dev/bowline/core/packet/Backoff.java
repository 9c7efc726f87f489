package dev.bowline.core.packet;

import java.time.Duration;

/**
 * The growing delay between attempts to reconnect, as the reference computes it: it doubles with each
 * attempt, is spread by the jitter, and then capped.
 *
 * <p>The jitter comes before the cap, so the lower bound of a spread delay may lie below the minimum and
 * late delays are all equal to the maximum. Unlike the reference it does not overflow: after the cap is
 * reached the delay stays there. Holds no source of randomness; confined to its owner's thread.
 */
public final class Backoff {
    /** From here on even a delay of 1 ms would have grown beyond any cap. */
    private static final int MOST_DOUBLINGS = 62;

    private final long minMillis;
    private final long maxMillis;
    private final double jitter;
    private int attempts;

    /**
     * A backoff before its first attempt.
     *
     * @param min the first delay, at least 1 ms
     * @param max the longest delay, at least {@code min} and at most 1,000,000 days
     * @param jitter the share of the delay by which it may shrink or grow; outside of (0, 1] there is no
     *     jitter, as in the reference
     */
    public Backoff(Duration min, Duration max, double jitter) {
        if (min.toMillis() < 1) {
            throw new IllegalArgumentException("min must be at least PT0.001S: " + min);
        }
        if (max.compareTo(min) < 0) {
            throw new IllegalArgumentException("max must not be less than min: " + max + " < " + min);
        }
        if (max.compareTo(Duration.ofDays(1_000_000)) > 0) {
            throw new IllegalArgumentException("max must be at most 1000000 days: " + max);
        }
        this.minMillis = min.toMillis();
        this.maxMillis = max.toMillis();
        this.jitter = jitter > 0 && jitter <= 1 ? jitter : 0;
    }

    /**
     * The delay before the next attempt, which is thereby counted.
     *
     * @param random evenly distributed over [0, 1); its first decimal says whether the delay shrinks or
     *     grows, and all of it by how much
     */
    public Duration next(double random) {
        if (!(random >= 0 && random < 1)) {
            throw new IllegalArgumentException("random must be from 0 to below 1: " + random);
        }
        double delay = Math.scalb((double) minMillis, Math.min(attempts, MOST_DOUBLINGS));
        double deviation = Math.floor(random * jitter * delay);
        boolean shrinks = ((int) (random * 10) & 1) == 0;
        if (attempts < Integer.MAX_VALUE) {
            attempts++;
        }
        double spread = shrinks ? delay - deviation : delay + deviation;
        return Duration.ofMillis(spread < maxMillis ? (long) spread : maxMillis);
    }

    /** How many delays were handed out since the start or the last {@link #reset}. */
    public int attempts() {
        return attempts;
    }

    /** Starts over, after a connection was established. */
    public void reset() {
        attempts = 0;
    }
}
