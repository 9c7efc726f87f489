package dev.bowline.lab;

import java.time.Duration;

/**
 * What a server under test announces.
 *
 * @param pingInterval the quiet time before a ping
 * @param pingTimeout the time for the pong
 * @param maxPayload the largest message, in bytes
 */
record Timings(Duration pingInterval, Duration pingTimeout, int maxPayload) {
    /** Short enough to watch. */
    static final Timings SHORT = new Timings(Duration.ofMillis(300), Duration.ofMillis(200), 1_000_000);

    /** What a server has if nobody changes it. */
    static final Timings REAL = new Timings(Duration.ofSeconds(25), Duration.ofSeconds(20), 1_000_000);

    Timings with(Duration newInterval, Duration newTimeout) {
        return new Timings(newInterval, newTimeout, maxPayload);
    }

    /** The time within which both ends must have noticed a loss. */
    Duration budget() {
        return pingInterval.plus(pingTimeout);
    }
}
