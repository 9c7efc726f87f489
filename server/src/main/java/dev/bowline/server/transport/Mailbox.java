package dev.bowline.server.transport;

import dev.bowline.core.engine.PacketGroup;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a session from anywhere, packets and tasks, in the order in which it was asked.
 *
 * <p>Whoever finds it quiet owes the session's loop a call to empty it; everybody else may rely on that one. Only the
 * loop takes things out. What is here says nothing of the client: the loop has not had the time to write it.
 */
final class Mailbox {
    // Any thread.
    private final Queue<Object> items = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean drainOwed = new AtomicBoolean();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicBoolean overflowed = new AtomicBoolean();
    private final long maxBytes;
    private final Runnable onOverflow;

    /** An empty one, which closes with {@code onOverflow} as its last item when it holds more than {@code maxBytes}. */
    Mailbox(long maxBytes, Runnable onOverflow) {
        this.maxBytes = maxBytes;
        this.onOverflow = onOverflow;
    }

    // ---- Any thread -----------------------------------------------------------------------------

    /**
     * Adds packets.
     *
     * @return whether the caller now owes the loop a call
     */
    boolean put(PacketGroup group) {
        if (overflowed.get()) {
            return false;
        }
        if (bytes.addAndGet(group.byteLength()) > maxBytes + group.byteLength()) {
            return overflowed.compareAndSet(false, true) && offer(onOverflow);
        }
        return offer(group);
    }

    /**
     * Adds a task.
     *
     * @return whether the caller now owes the loop a call
     */
    boolean put(Runnable task) {
        return offer(task);
    }

    private boolean offer(Object item) {
        items.add(item);
        return drainOwed.compareAndSet(false, true);
    }

    /** Whether somebody owes the loop a call, or has made it. */
    boolean isDrainOwed() {
        return drainOwed.get();
    }

    /** The size of the packets that wait for the loop. */
    long bytes() {
        return bytes.get();
    }

    // ---- On the session's loop only -------------------------------------------------------------

    /** The loop is here: whoever adds from now on owes a call again. */
    void drainBegins() {
        drainOwed.set(false);
    }

    /** The caller owes the next loop a call: nobody else needs to. */
    void oweDrain() {
        drainOwed.set(true);
    }

    /** The next packets or task, or null if there are none at this moment. */
    @Nullable
    Object poll() {
        Object item = items.poll();
        if (item instanceof PacketGroup group) {
            bytes.addAndGet(-group.byteLength());
        }
        return item;
    }
}
