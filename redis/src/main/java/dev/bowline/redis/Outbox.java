package dev.bowline.redis;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What this server has said and Redis has not taken yet, in its order and within a budget of bytes: what is waiting
 * because Redis is away, and what is on its way because Redis is slow. Beyond the budget the newest is lost; while
 * Redis is away, what has waited for too long.
 *
 * <p>A command whose connection breaks before its answer may have arrived or not. It is counted as lost and not sent
 * again: nobody hears anything twice. Safe for any thread; whoever offers may send what others have offered.
 */
final class Outbox {
    private record Waiting(int bytes, boolean held, long at, Supplier<? extends CompletionStage<?>> command) {}

    private final Queue<Waiting> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger senders = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private final long maxBytes;
    private final long holdNanos;
    private final LongSupplier nanoTime;
    private final Runnable onLoss;
    private volatile boolean open;

    /**
     * An outbox that is not open yet.
     *
     * @param onLoss told of every message that is lost; returns at once
     */
    Outbox(long maxBytes, Duration holdFor, LongSupplier nanoTime, Runnable onLoss) {
        this.maxBytes = maxBytes;
        this.holdNanos = holdFor.toNanos();
        this.nanoTime = nanoTime;
        this.onLoss = onLoss;
    }

    /** What waits or is on its way. */
    long bytes() {
        return bytes.get();
    }

    /** How many messages did not get through, or perhaps did not. */
    long lost() {
        return lost.get();
    }

    /** Redis is there, or away. */
    void open(boolean there) {
        open = there;
        send();
    }

    /**
     * Takes a message.
     *
     * @param command sends it, and says when Redis has it; must not block
     */
    void offer(int size, Supplier<? extends CompletionStage<?>> command) {
        boolean held = !open;
        if (bytes.addAndGet(size) > maxBytes || (held && holdNanos == 0)) {
            forget(size);
            return;
        }
        waiting.add(new Waiting(size, held, nanoTime.getAsLong(), command));
        send();
    }

    private void forget(int size) {
        bytes.addAndGet(-size);
        lost.incrementAndGet();
        onLoss.run();
    }

    /** One thread at a time, and whoever comes meanwhile leaves its work to that one: no lock is held. */
    private void send() {
        if (senders.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            while (open) {
                Waiting next = waiting.poll();
                if (next == null) {
                    break;
                }
                send(next);
            }
            seen = senders.addAndGet(-seen);
        } while (seen != 0);
    }

    private void send(Waiting next) {
        if (next.held() && isOld(next)) {
            forget(next.bytes());
            return;
        }
        try {
            next.command().get().whenComplete((answer, failure) -> {
                if (failure == null) {
                    bytes.addAndGet(-next.bytes());
                } else {
                    forget(next.bytes());
                }
            });
        } catch (RuntimeException rejected) {
            forget(next.bytes());
        }
    }

    private boolean isOld(Waiting next) {
        return nanoTime.getAsLong() - next.at() > holdNanos;
    }

    /** Lets go of what has waited for too long. To be called now and then. */
    void sweep() {
        Waiting oldest = waiting.peek();
        while (!open && oldest != null && isOld(oldest)) {
            if (waiting.remove(oldest)) {
                forget(oldest.bytes());
            }
            oldest = waiting.peek();
        }
    }
}
