package dev.bowline.redis;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What has come from Redis and waits for this node, in its order and within a budget of bytes; one thread takes it, which
 * may be kept waiting by slow clients for as long as a broadcast may. Beyond the budget the newest is dropped: the
 * thread that reads from Redis waits for nobody. Safe for any thread.
 */
final class Inbox implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Inbox.class.getName());

    private final AtomicLong bytes = new AtomicLong();
    private final long maxBytes;
    private final Runnable onOverflow;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread made = new Thread(task, "bowline-redis-in");
        made.setDaemon(true);
        return made;
    });

    Inbox(long maxBytes, Runnable onOverflow) {
        this.maxBytes = maxBytes;
        this.onOverflow = onOverflow;
    }

    /** What waits. */
    long bytes() {
        return bytes.get();
    }

    void offer(int size, Runnable task) {
        if (bytes.addAndGet(size) > maxBytes) {
            bytes.addAndGet(-size);
            onOverflow.run();
            return;
        }
        try {
            thread.execute(() -> run(size, task));
        } catch (RejectedExecutionException closed) {
            bytes.addAndGet(-size);
        }
    }

    private void run(int size, Runnable task) {
        try {
            task.run();
        } catch (RuntimeException failure) {
            LOG.log(System.Logger.Level.WARNING, "A message from Redis failed here", failure);
        } finally {
            bytes.addAndGet(-size);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
