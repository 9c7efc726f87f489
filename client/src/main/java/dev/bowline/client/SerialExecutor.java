package dev.bowline.client;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
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
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pending = new AtomicInteger();
    private volatile @Nullable Thread runner;

    SerialExecutor(Executor threads) {
        this.threads = threads;
    }

    /** Takes the task. Where the threads have been shut down it is dropped: then nothing is left to do it for. */
    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (pending.getAndIncrement() == 0 && !dispatched()) {
            tasks.clear();
            pending.set(0);
            LOG.log(System.Logger.Level.DEBUG, "tasks were dropped: the executor is shut down");
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
