package dev.bowline.client;

import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where the application's handlers run: in order, one at a time for each Manager, never on the loop.
 *
 * <p>What waits for them is bounded by the reader, who stops at {@link #isFull} and goes on at the relief.
 * Futures are completed beside this order, so that a handler may wait for an acknowledgement. Safe for any
 * thread.
 */
final class Handlers {
    private static final int MOST_TASKS = 10_000;

    private final Executor threads;
    private final SerialExecutor order;
    private final long mostBytes;
    private final AtomicInteger tasks = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private volatile Runnable relief = () -> {};

    Handlers(Executor threads, long mostBytes) {
        this.threads = threads;
        this.order = new SerialExecutor(threads);
        this.mostBytes = mostBytes;
    }

    /** Called, on any thread, whenever little is left to do after there was too much. */
    void onRelief(Runnable newRelief) {
        relief = newRelief;
    }

    /** Calls the handlers of something small. */
    <T> void call(Listeners<T> listeners, T value) {
        if (!listeners.isEmpty()) {
            execute(0, () -> listeners.call(value));
        }
    }

    /** Runs the task after all those before it; it holds this many bytes of the peer's data. */
    void execute(long size, Runnable task) {
        tasks.incrementAndGet();
        bytes.addAndGet(size);
        order.execute(() -> {
            try {
                task.run();
            } finally {
                boolean wasLow = isLow();
                tasks.decrementAndGet();
                bytes.addAndGet(-size);
                if (!wasLow && isLow()) {
                    relief.run();
                }
            }
        });
    }

    /** Runs the task soon, beside the order. */
    void executeBeside(Runnable task) {
        threads.execute(task);
    }

    /** Whether nothing more should be read from the peer for now. */
    boolean isFull() {
        return tasks.get() >= MOST_TASKS || bytes.get() >= mostBytes;
    }

    private boolean isLow() {
        return tasks.get() < MOST_TASKS / 2 && bytes.get() < mostBytes / 2 + 1;
    }

    /**
     * Threads of the Manager's own: virtual ones where the JDK has them, otherwise daemons that end after
     * a second without work.
     */
    static Executor ownThreads() {
        if (Runtime.version().feature() >= 21) {
            try {
                return (Executor) Executors.class
                        .getMethod("newVirtualThreadPerTaskExecutor")
                        .invoke(null);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("a JDK of 21 or later without virtual threads", e);
            }
        }
        AtomicInteger count = new AtomicInteger();
        return new ThreadPoolExecutor(0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(task, "bowline-client-handler-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }
}
