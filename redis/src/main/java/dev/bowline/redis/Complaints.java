package dev.bowline.redis;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** One line in the log for the first of many messages that are dropped, and then one every ten seconds. */
final class Complaints {
    private static final System.Logger LOG = System.getLogger(Complaints.class.getName());
    private static final long PAUSE = TimeUnit.SECONDS.toNanos(10);

    private final String what;
    private final LongSupplier nanoTime;
    private final AtomicLong count = new AtomicLong();
    private final AtomicLong next;

    Complaints(String what, LongSupplier nanoTime) {
        this.what = what;
        this.nanoTime = nanoTime;
        this.next = new AtomicLong(nanoTime.getAsLong());
    }

    /** How many there were. */
    long count() {
        return count.get();
    }

    void add(String why) {
        long all = count.incrementAndGet();
        long now = nanoTime.getAsLong();
        long due = next.get();
        if (now - due >= 0 && next.compareAndSet(due, now + PAUSE)) {
            LOG.log(System.Logger.Level.WARNING, "{0} ({1} so far): {2}", what, all, why);
        }
    }
}
