package dev.bowline.server.transport;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * How long those who emit have waited for clients of theirs to read, all of them together, and how long they still
 * may: as long as the bytes that they emit would take at 4 MiB/s, and a second more that they have saved up.
 *
 * <p>So a burst waits for clients that read, and no number of clients that do not, or pretend to, can slow the
 * server's emits below that pace. Safe for any thread.
 */
final class Patience {
    private static final long NANOS_PER_BYTE = 1_000_000_000L / (4 << 20);
    private static final long MOST_SAVED_NANOS = 1_000_000_000L;

    /** One hundredth of all time is saved too: too little to notice, and enough for the next burst. */
    private static final int SAVED_SHARE = 100;

    /** Each of them keeps a thread, on Java 17 one of the system's. */
    private static final int MOST_HANDLERS = 256;

    private final AtomicLong saved = new AtomicLong(MOST_SAVED_NANOS);
    private final AtomicLong savedAt;
    private final LongSupplier clock;
    private final AtomicInteger handlers = new AtomicInteger();

    Patience() {
        this(System::nanoTime);
    }

    Patience(LongSupplier clock) {
        this.clock = clock;
        this.savedAt = new AtomicLong(clock.getAsLong());
    }

    /** A handler would like to wait for its own client; says whether it may, and then {@link #handlerWaited} follows. */
    boolean handlerMayWait() {
        if (handlers.incrementAndGet() <= MOST_HANDLERS) {
            return true;
        }
        handlers.decrementAndGet();
        return false;
    }

    /** One of them has waited. */
    void handlerWaited() {
        handlers.decrementAndGet();
    }

    /** How long an emit of so many bytes may wait. */
    long forEmitOf(int bytes) {
        long now = clock.getAsLong();
        long passed = Math.max(0, now - savedAt.getAndSet(now));
        long earned = bytes * NANOS_PER_BYTE + passed / SAVED_SHARE;
        return saved.updateAndGet(before -> Math.min(MOST_SAVED_NANOS, before + earned));
    }

    /** An emit has waited so long. */
    void spend(long nanos) {
        saved.updateAndGet(before -> Math.max(0, before - nanos));
    }
}
