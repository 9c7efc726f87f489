package dev.bowline.server;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Runs the tasks of one socket one after the other, in the order in which they came, on threads that it
 * borrows; or those of something else that needs an order. Safe for any thread. The queue is bounded by its user: see
 * {@code SocketSession}, and {@link #offer}. Where others wait for a thread, it gives its own back after each task.
 */
final class SerialExecutor implements Executor {
    private static final System.Logger LOG = System.getLogger(SerialExecutor.class.getName());

    private final Executor threads;
    private final @Nullable BoundedExecutor shared;
    private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();

    // Without a guard: only a thread that has entered itself finds itself here.
    private @Nullable Thread runner;

    SerialExecutor(Executor threads) {
        this.threads = threads;
        this.shared = threads instanceof BoundedExecutor bounded ? bounded : null;
    }

    @Override
    public void execute(Runnable task) {
        queue.add(task);
        if (waiting.getAndIncrement() == 0) {
            threads.execute(this::runAll);
        }
    }

    /**
     * Gives the task its place, behind all that came before. May be called under a lock: it calls nobody.
     *
     * @return what the caller has to run soon, without the lock, lest this task and those behind it wait for ever; the
     *     task may have run before that
     */
    Runnable reserve(Runnable task) {
        queue.add(task);
        return waiting.getAndIncrement() == 0 ? () -> threads.execute(this::runAll) : () -> {};
    }

    /**
     * Runs the task too, unless so many wait already, the running one among them; callers at the same time may each
     * exceed it by one.
     *
     * @return whether it will run
     */
    boolean offer(Runnable task, int most) {
        if (waiting.get() >= most) {
            return false;
        }
        execute(task);
        return true;
    }

    /** Whether the caller is one of the tasks. */
    boolean isCaller() {
        return runner == Thread.currentThread();
    }

    private void runAll() {
        while (true) {
            runNext();
            if (waiting.decrementAndGet() == 0) {
                return;
            }
            if (shared != null && shared.isAwaited()) {
                shared.execute(this::runAll);
                return;
            }
        }
    }

    private void runNext() {
        runner = Thread.currentThread();
        Runnable task = queue.poll();
        if (task != null) {
            try {
                task.run();
            } catch (Throwable failure) { // also checked ones, which some languages throw from anywhere
                LOG.log(System.Logger.Level.WARNING, "A handler failed", failure);
            }
        }
        runner = null;
    }
}
