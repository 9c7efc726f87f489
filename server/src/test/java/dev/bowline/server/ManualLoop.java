package dev.bowline.server;

import dev.bowline.server.transport.TransportLoop;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.ManualScheduler;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** An event loop in virtual time: it runs on the test's thread, when the test says so. */
final class ManualLoop implements TransportLoop {
    private final ManualScheduler scheduler = new ManualScheduler();
    private volatile @Nullable Thread runner;

    /** Moves time on, and runs what is due. */
    void advance(Duration by) {
        runner = Thread.currentThread();
        try {
            scheduler.advance(by);
        } finally {
            runner = null;
        }
    }

    /** Runs what waits. */
    void run() {
        advance(Duration.ZERO);
    }

    /** Runs the task as if this loop did, then what waits. */
    void call(Runnable task) {
        scheduler.execute(task);
        run();
    }

    /** Runs the loop until something holds that other threads bring about. */
    void until(String what, BooleanSupplier condition) {
        Eventually.await(what, () -> {
            run();
            return condition.getAsBoolean();
        });
    }

    @Override
    public boolean inLoop() {
        return Thread.currentThread() == runner;
    }

    /** The test's thread is the one that would have to run the loop meanwhile. */
    @Override
    public boolean mayWait() {
        return false;
    }

    @Override
    public long nanoTime() {
        return scheduler.ticker().getAsLong();
    }

    @Override
    public void execute(Runnable task) {
        scheduler.execute(task);
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        ScheduledFuture<?> future = scheduler.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }
}
