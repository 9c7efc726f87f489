package dev.bowline.server;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The server's own threads for handlers: virtual ones on Java 21 and later, else pooled ones. Safe for any
 * thread.
 *
 * <p>What comes after {@link #close}, a disconnection that someone else has begun a moment before, still
 * runs, on a thread for that one task: nobody's handler is lost to a race.
 */
final class HandlerThreads implements Executor {
    private final ThreadFactory factory = new Daemons();
    private final ExecutorService threads = open(factory);

    @Override
    public void execute(Runnable task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException closed) {
            factory.newThread(task).start();
        }
    }

    /** Lets the threads end once they have run what they have. */
    void close() {
        threads.shutdown();
    }

    private static ExecutorService open(ThreadFactory factory) {
        try {
            return (ExecutorService) MethodHandles.publicLookup()
                    .findStatic(
                            Executors.class,
                            "newVirtualThreadPerTaskExecutor",
                            MethodType.methodType(ExecutorService.class))
                    .invoke();
        } catch (NoSuchMethodException beforeJava21) {
            return Executors.newCachedThreadPool(factory);
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static final class Daemons implements ThreadFactory {
        private final AtomicLong number = new AtomicLong();

        @Override
        public Thread newThread(Runnable task) {
            Thread thread = new Thread(task, "bowline-handler-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        }
    }
}
