package dev.bowline.client;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One task after the other, in the order of their arrival, on the threads of another executor.
 *
 * <p>Each task sees what the one before it wrote. Safe for any thread.
 */
final class SerialExecutor implements Executor {
    private static final System.Logger LOG = System.getLogger(SerialExecutor.class.getName());

    /** How many tasks run before others on a shared executor get their turn. */
    private static final int TURN = 64;

    private final Executor threads;
    private final Consumer<Runnable> refused;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pending = new AtomicInteger();
    private volatile @Nullable Thread runner;

    /**
     * On these threads.
     *
     * @param refused what becomes of a task, on the caller's thread but in the same order, where the threads have been
     *     shut down
     */
    SerialExecutor(Executor threads, Consumer<Runnable> refused) {
        this.threads = threads;
        this.refused = refused;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (pending.getAndIncrement() == 0 && !dispatched()) {
            do {
                Runnable left = tasks.poll();
                if (left != null) {
                    run(() -> refused.accept(left));
                }
            } while (pending.decrementAndGet() > 0);
        }
    }

    private boolean dispatched() {
        try {
            threads.execute(this::drain);
            return true;
        } catch (RejectedExecutionException shutDown) {
            return false;
        }
    }

    /** Whether the caller is one of the tasks. */
    boolean isRunningHere() {
        return runner == Thread.currentThread();
    }

    private void drain() {
        int left = TURN;
        while (true) {
            runner = Thread.currentThread();
            Runnable task = tasks.poll();
            if (task != null) {
                run(task);
            }
            runner = null;
            if (pending.decrementAndGet() <= 0) {
                return;
            }
            if (--left <= 0) {
                if (dispatched()) {
                    return;
                }
                left = TURN;
            }
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable failure) {
            // The next task must run whatever this one did; an Error is the application's to see in its log.
            LOG.log(System.Logger.Level.WARNING, "a task failed", failure);
        }
    }
}
