package dev.bowline.client;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

    /** Calls of either kind that have not returned. */
    private final AtomicInteger outstanding = new AtomicInteger();

    /** The threads that are in one. */
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();

    private final CompletableFuture<Void> idle = new CompletableFuture<>();
    private volatile boolean finishing;

    /** Guarded by {@link #gate}: no handler is called any more. */
    private boolean sealed;

    private final Object gate = new Object();

    Handlers(Executor threads, long mostBytes) {
        this.threads = threads;
        this.order = new SerialExecutor(threads, task -> ((Call) task).drop());
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
        outstanding.incrementAndGet();
        order.execute(new Call(size, task));
    }

    /** One task of the order. */
    private final class Call implements Runnable {
        private final long size;
        private final Runnable task;

        Call(long size, Runnable task) {
            this.size = size;
            this.task = task;
        }

        @Override
        public void run() {
            running.add(Thread.currentThread());
            try {
                if (mayBegin()) {
                    task.run();
                }
            } finally {
                running.remove(Thread.currentThread());
                drop();
            }
        }

        /** It is done, or never will be. */
        void drop() {
            boolean wasLow = isLow();
            tasks.decrementAndGet();
            bytes.addAndGet(-size);
            if (!wasLow && isLow()) {
                relief.run();
            }
            returned();
        }
    }

    private boolean mayBegin() {
        synchronized (gate) {
            return !sealed;
        }
    }

    /**
     * Runs the task soon, beside the order. Somebody waits for it, so it is run in any case: here, where the threads
     * have been shut down.
     */
    void executeBeside(Runnable task) {
        outstanding.incrementAndGet();
        Runnable call = () -> {
            running.add(Thread.currentThread());
            try {
                task.run();
            } finally {
                running.remove(Thread.currentThread());
                returned();
            }
        };
        try {
            threads.execute(call);
        } catch (RejectedExecutionException shutDown) {
            call.run();
        }
    }

    private void returned() {
        if (outstanding.decrementAndGet() == 0 && finishing) {
            idle.complete(null);
        }
    }

    /**
     * Lets what was handed in be done, for so long at most, and sees to it that no handler is called from then on. A
     * handler that calls this is not waited for, nor are those behind it.
     */
    void finish(Duration most) {
        finishing = true;
        if (outstanding.get() == 0) {
            idle.complete(null);
        }
        if (!running.contains(Thread.currentThread())) {
            try {
                idle.get(Math.max(0, most.toNanos()), TimeUnit.NANOSECONDS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException stuck) {
                // One that blocks is left to itself.
            }
        }
        synchronized (gate) {
            sealed = true;
        }
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
    static ExecutorService ownThreads() {
        if (Runtime.version().feature() >= 21) {
            try {
                return (ExecutorService) Executors.class
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
