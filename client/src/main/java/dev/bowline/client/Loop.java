package dev.bowline.client;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The order in which everything of one Manager's protocol happens: tasks and timers, one at a time, on the
 * threads of a scheduler that many Managers may share.
 *
 * <p>Nothing that runs here blocks, and no handler of the application ever does run here. Safe for any
 * thread.
 */
final class Loop implements Executor {
    private final ScheduledExecutorService scheduler;
    private final LongSupplier clock;
    private final SerialExecutor tasks;

    Loop(ScheduledExecutorService scheduler, LongSupplier clock) {
        this.scheduler = scheduler;
        this.clock = clock;
        // Whatever still comes after the end is little, and somebody may wait for it.
        this.tasks = new SerialExecutor(scheduler, Runnable::run);
    }

    /** The instant, in nanoseconds, on a clock whose zero means nothing. */
    long now() {
        return clock.getAsLong();
    }

    @Override
    public void execute(Runnable task) {
        tasks.execute(task);
    }

    /** Whether the caller runs on this loop. */
    boolean isHere() {
        return tasks.isRunningHere();
    }

    /** Runs the task on this loop later, unless the timer is cancelled on this loop before. */
    Timer schedule(Duration delay, Runnable task) {
        Timer timer = new Timer(task);
        try {
            timer.future =
                    scheduler.schedule(() -> execute(timer::fire), Math.max(0, delay.toNanos()), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException shutDown) {
            timer.cancel();
        }
        return timer;
    }

    /** A task that waits for its time. Confined to the loop. */
    static final class Timer {
        private @Nullable Runnable task;
        private @Nullable ScheduledFuture<?> future;

        private Timer(Runnable task) {
            this.task = task;
        }

        private void fire() {
            Runnable due = task;
            task = null;
            if (due != null) {
                due.run();
            }
        }

        /** From here on the task does not run. */
        void cancel() {
            task = null;
            if (future != null) {
                future.cancel(false);
            }
        }
    }

    /**
     * A clock that goes on while the machine sleeps. {@link System#nanoTime} may stand still then, so an
     * advance of the wall clock beyond it counts as time too. That a clock set forward by hand looks the
     * same costs a reconnection, as it does with the reference; one set back changes nothing.
     */
    static final class SleeplessClock implements LongSupplier {
        private static final long TOLERANCE = TimeUnit.SECONDS.toNanos(1);

        private final LongSupplier nanos;
        private final LongSupplier wallMillis;
        private long lastNano;
        private long lastWall;
        private long slept;

        SleeplessClock() {
            this(System::nanoTime, System::currentTimeMillis);
        }

        /** For tests: on clocks of theirs. */
        SleeplessClock(LongSupplier nanos, LongSupplier wallMillis) {
            this.nanos = nanos;
            this.wallMillis = wallMillis;
            this.lastNano = nanos.getAsLong();
            this.lastWall = wallMillis.getAsLong();
        }

        @Override
        public synchronized long getAsLong() {
            long nano = nanos.getAsLong();
            long wall = wallMillis.getAsLong();
            long ahead = TimeUnit.MILLISECONDS.toNanos(wall - lastWall) - (nano - lastNano);
            if (ahead > TOLERANCE) {
                slept += ahead;
            }
            lastNano = nano;
            lastWall = wall;
            return nano + slept;
        }
    }
}
