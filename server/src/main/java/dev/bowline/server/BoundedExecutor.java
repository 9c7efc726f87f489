package dev.bowline.server;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Runs so many tasks at a time, on threads that it borrows; further ones wait in the order in which they came. Safe
 * for any thread. What may wait is bounded by those who bring it.
 */
final class BoundedExecutor implements Executor {
    private static final System.Logger LOG = System.getLogger(BoundedExecutor.class.getName());

    private final Executor threads;
    private final int most;

    // Guarded by this.
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int running;

    private volatile boolean awaited;

    /** A place for {@code most} tasks. */
    BoundedExecutor(Executor threads, int most) {
        this.threads = threads;
        this.most = most;
    }

    @Override
    public void execute(Runnable task) {
        if (!begins(task)) {
            return;
        }
        boolean begun = false;
        try {
            threads.execute(() -> runFrom(task));
            begun = true;
        } finally {
            if (!begun) {
                ended();
            }
        }
    }

    /** Whether a task waits for one of those that run to end, which had therefore better not last. */
    boolean isAwaited() {
        return awaited;
    }

    private synchronized boolean begins(Runnable task) {
        if (running == most) {
            waiting.add(task);
            awaited = true;
            return false;
        }
        running++;
        return true;
    }

    private void runFrom(Runnable first) {
        for (@Nullable Runnable task = first; task != null; task = next()) {
            try {
                task.run();
            } catch (Throwable failure) { // the next task is not to blame
                LOG.log(System.Logger.Level.WARNING, "A handler failed", failure);
            }
        }
    }

    private synchronized @Nullable Runnable next() {
        Runnable task = waiting.poll();
        awaited = !waiting.isEmpty();
        if (task == null) {
            running--;
        }
        return task;
    }

    private synchronized void ended() {
        running--;
    }
}
