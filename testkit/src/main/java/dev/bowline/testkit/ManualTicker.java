package dev.bowline.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Time that stands still until a test moves it: a stand-in for {@link System#nanoTime}, and, by
 * {@link #asClock}, for a {@link Clock}.
 *
 * <p>Starts at an instant whose nanoseconds overflow within minutes, as those of {@code nanoTime} may:
 * what compares instants with {@code <} instead of a difference fails early. Safe for any thread.
 */
public final class ManualTicker implements LongSupplier {
    private static final long START = Long.MAX_VALUE - Duration.ofMinutes(1).toNanos();

    private final AtomicLong elapsed = new AtomicLong();

    /** A ticker at its start. */
    public ManualTicker() {}

    /** The present in nanoseconds; only differences mean something. */
    @Override
    public long getAsLong() {
        return START + elapsed.get();
    }

    /** How much time has passed since the start. */
    public Duration elapsed() {
        return Duration.ofNanos(elapsed.get());
    }

    /**
     * Moves time on. Runs nothing: for tasks see {@link ManualScheduler#advance}.
     *
     * @throws IllegalArgumentException if {@code by} is negative
     */
    public void advance(Duration by) {
        elapsed.addAndGet(requireNotNegative("by", by).toNanos());
    }

    static Duration requireNotNegative(String option, Duration value) {
        if (value.isNegative()) {
            throw new IllegalArgumentException(option + " must not be negative: " + value);
        }
        return value;
    }

    /** A clock in UTC that moves with this, and that reads {@code start} at the ticker's start. */
    public Clock asClock(Instant start) {
        return new TickingClock(this, start, ZoneOffset.UTC);
    }

    private static final class TickingClock extends Clock {
        private final ManualTicker ticker;
        private final Instant start;
        private final ZoneId zone;

        TickingClock(ManualTicker ticker, Instant start, ZoneId zone) {
            this.ticker = ticker;
            this.start = start;
            this.zone = zone;
        }

        @Override
        public ZoneId getZone() {
            return zone;
        }

        @Override
        public Clock withZone(ZoneId other) {
            return new TickingClock(ticker, start, other);
        }

        @Override
        public Instant instant() {
            return start.plus(ticker.elapsed());
        }
    }
}
