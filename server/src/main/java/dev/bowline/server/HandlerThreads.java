package dev.bowline.server;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The server's own threads: virtual ones on Java 21 and later, else pooled ones, of which no more run than {@code
 * maxHandlerThreads} at a time. Safe for any thread.
 *
 * <p>A handler may wait for an answer that the server has been promised. So what completes answers has as many threads
 * beside those of handlers: behind handlers that wait for it, it would never run.
 *
 * <p>What comes after {@link #close}, a disconnection that someone else has begun a moment before, still
 * runs, on a thread for that one task: nobody's handler is lost to a race.
 */
final class HandlerThreads {
    private final ThreadFactory factory = new Daemons();
    private final ExecutorService threads;
    private final Executor handlers;
    private final Executor answers;

    private HandlerThreads(Optional<ExecutorService> virtual, int most) {
        threads = virtual.orElseGet(() -> Executors.newCachedThreadPool(factory));
        handlers = virtual.isPresent() ? this::run : new BoundedExecutor(this::run, most);
        answers = virtual.isPresent() ? this::run : new BoundedExecutor(this::run, most);
    }

    /** The best that this Java has; the bound is for pooled ones. */
    static HandlerThreads open(int most) {
        return new HandlerThreads(virtual(), most);
    }

    /** What Java 17 has. */
    static HandlerThreads pooled(int most) {
        return new HandlerThreads(Optional.empty(), most);
    }

    /** Where handlers, middlewares and whatever else is the application's run. */
    Executor handlers() {
        return handlers;
    }

    /** Where what the application awaits is completed. */
    Executor answers() {
        return answers;
    }

    private void run(Runnable task) {
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

    private static Optional<ExecutorService> virtual() {
        try {
            return Optional.of((ExecutorService) MethodHandles.publicLookup()
                    .findStatic(
                            Executors.class,
                            "newVirtualThreadPerTaskExecutor",
                            MethodType.methodType(ExecutorService.class))
                    .invoke());
        } catch (NoSuchMethodException beforeJava21) {
            return Optional.empty();
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
