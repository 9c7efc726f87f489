package dev.bowline.server.transport;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * What the server holds of what its clients sent, all of them together: messages and bodies of which parts are missing,
 * packets that wait for attachments, events that wait for handlers.
 *
 * <p>Each of these has a limit of its own, but many clients may go up to it at once. When all of it is too much, those
 * who have held something for the longest time are sent away, until it is not: whoever means what it sends is done with
 * it soon. Safe for any thread.
 */
public final class InboundMemory {
    private static final System.Logger LOG = System.getLogger(InboundMemory.class.getName());

    /** What is less is not counted, so that ordinary messages cost no lock. */
    private static final int GRAIN_BYTES = 4 << 10;

    private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final long most;
    private final AtomicLong warnedAt = new AtomicLong(System.nanoTime() - QUIET_NANOS);

    // Guarded by this; in the order in which they began to hold something.
    private final Set<Holding> holders = new LinkedHashSet<>();
    private long held;

    /** A place for {@code most} bytes, to 4 KiB for each holding. */
    public InboundMemory(long most) {
        this.most = most;
    }

    /** How much is held, in bytes, as far as it is counted. */
    public synchronized long held() {
        return held;
    }

    /**
     * Somebody who may hold something.
     *
     * @param bytes how much it is now; any thread
     * @param sendAway makes it let go of everything soon; called once at most, on any thread
     */
    public Holding holding(LongSupplier bytes, Runnable sendAway) {
        return new Holding(bytes, sendAway);
    }

    private static long grains(long bytes) {
        return bytes / GRAIN_BYTES * GRAIN_BYTES;
    }

    /** What one part of one connection holds. Safe for any thread. */
    public final class Holding {
        private final LongSupplier bytes;
        private final Runnable sendAway;
        private volatile long counted;

        // Guarded by the memory.
        private boolean sentAway;

        private Holding(LongSupplier bytes, Runnable sendAway) {
            this.bytes = bytes;
            this.sendAway = sendAway;
        }

        /** It holds more, or less, than before. To be called after each change, the last one included. */
        public void changed() {
            if (grains(bytes.getAsLong()) != counted) {
                count(this);
            }
        }
    }

    private void count(Holding changed) {
        List<Holding> leaving = List.of();
        synchronized (this) {
            if (changed.sentAway) {
                return;
            }
            record(changed, grains(changed.bytes.getAsLong()));
            if (held > most) {
                leaving = eldest();
            }
        }
        if (!leaving.isEmpty()) {
            warn();
            leaving.forEach(InboundMemory::sendAway);
        }
    }

    /** Whoever caused it must not suffer from what becomes of others. */
    private static void sendAway(Holding holding) {
        try {
            holding.sendAway.run();
        } catch (RuntimeException ended) {
            LOG.log(System.Logger.Level.DEBUG, "A client could not be sent away: its loop has ended", ended);
        }
    }

    private void record(Holding holding, long bytes) {
        held += bytes - holding.counted;
        holding.counted = bytes;
        if (bytes == 0) {
            holders.remove(holding);
        } else {
            holders.add(holding);
        }
    }

    private List<Holding> eldest() {
        List<Holding> eldest = new ArrayList<>();
        for (Iterator<Holding> each = holders.iterator(); held > most && each.hasNext(); ) {
            Holding next = each.next();
            each.remove();
            held -= next.counted;
            next.counted = 0;
            next.sentAway = true;
            eldest.add(next);
        }
        return eldest;
    }

    private void warn() {
        long now = System.nanoTime();
        long before = warnedAt.get();
        if (now - before >= QUIET_NANOS && warnedAt.compareAndSet(before, now)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "Unfinished messages and waiting events of all clients together are more than maxInboundBytes ({0}): "
                            + "those who have held some for the longest time are closed. This is said once a minute.",
                    most);
        }
    }
}
