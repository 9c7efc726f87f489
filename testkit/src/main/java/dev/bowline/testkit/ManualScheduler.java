package dev.bowline.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A scheduler in virtual time: a task runs in {@link #advance}, on the thread of the test, and never
 * inside the method that scheduled it.
 *
 * <p>Tasks run in the order in which they are due, and those due at once in the order in which they
 * came; while one runs, the ticker shows the instant at which it was due. A task that was given to
 * {@code execute} and throws makes {@code advance} throw; of all others the {@link Future} tells.
 * Scheduling is safe for any thread; only one at a time may advance.
 */
public final class ManualScheduler extends AbstractExecutorService implements ScheduledExecutorService {
    private static final Comparator<Task<?>> ORDER =
            Comparator.<Task<?>>comparingLong(task -> task.due).thenComparingLong(task -> task.order);

    private final ManualTicker ticker;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock. Instants are nanoseconds since the ticker's start, which do not overflow.
    private final PriorityQueue<Task<?>> queue = new PriorityQueue<>(ORDER);
    private long tasksMade;
    private boolean shutdown;
    private boolean advancing;

    /** A scheduler with a ticker of its own. */
    public ManualScheduler() {
        this(new ManualTicker());
    }

    /** A scheduler that moves that ticker. */
    public ManualScheduler(ManualTicker ticker) {
        this.ticker = ticker;
    }

    /** The time that {@link #advance} moves. */
    public ManualTicker ticker() {
        return ticker;
    }

    /**
     * Moves time on and runs all that is due on the way, including what those tasks schedule.
     *
     * @return how many tasks ran
     * @throws IllegalArgumentException if {@code by} is negative
     * @throws IllegalStateException if called while another call advances, for instance by a task
     */
    public int advance(Duration by) {
        long end = now() + ManualTicker.requireNotNegative("by", by).toNanos();
        begin();
        try {
            int ran = 0;
            for (Task<?> task = takeDue(end); task != null; task = takeDue(end)) {
                moveTo(task.due);
                task.run();
                task.rethrow();
                ran++;
            }
            moveTo(end);
            return ran;
        } finally {
            locked(() -> advancing = false);
        }
    }

    /** Runs what is due at present, without moving time. */
    public int runDue() {
        return advance(Duration.ZERO);
    }

    /** How many tasks wait. */
    public int pending() {
        return locked(() -> queue.size());
    }

    /** How long it is until the next task is due; empty if none waits. */
    public Optional<Duration> untilNext() {
        return locked(() ->
                Optional.ofNullable(queue.peek()).map(task -> Duration.ofNanos(Math.max(0, task.due - now()))));
    }

    private <T> T locked(Supplier<T> read) {
        lock.lock();
        try {
            return read.get();
        } finally {
            lock.unlock();
        }
    }

    private void begin() {
        lock.lock();
        try {
            if (advancing) {
                throw new IllegalStateException("advance must not be called while it runs");
            }
            advancing = true;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Task<?> takeDue(long end) {
        lock.lock();
        try {
            Task<?> next = queue.peek();
            return next == null || next.due > end ? null : queue.poll();
        } finally {
            lock.unlock();
        }
    }

    private void moveTo(long instant) {
        ticker.advance(Duration.ofNanos(Math.max(0, instant - now())));
    }

    private long now() {
        return ticker.elapsed().toNanos();
    }

    private <V> Task<V> add(Task<V> task) {
        enqueue(task);
        return task;
    }

    private void enqueue(Task<?> task) {
        boolean taken = locked(() -> !shutdown && queue.add(task));
        if (!taken) {
            throw new RejectedExecutionException("the scheduler is shut down");
        }
    }

    private long order() {
        return locked(() -> tasksMade++);
    }

    @Override
    public void execute(Runnable command) {
        enqueue(new Task<>(Executors.callable(command), 0, 0, true));
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return add(new Task<>(Executors.callable(command), unit.toNanos(delay), 0, false));
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        return add(new Task<>(callable, unit.toNanos(delay), 0, false));
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initial, long period, TimeUnit unit) {
        return addPeriodic(command, initial, period, unit);
    }

    /** The same as at a fixed rate, because no task takes time here, unless it advances the ticker itself. */
    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initial, long delay, TimeUnit unit) {
        return addPeriodic(command, initial, delay, unit);
    }

    private ScheduledFuture<?> addPeriodic(Runnable command, long initial, long period, TimeUnit unit) {
        if (period <= 0) {
            throw new IllegalArgumentException("period must be positive: " + period);
        }
        return add(new Task<>(Executors.callable(command), unit.toNanos(initial), unit.toNanos(period), false));
    }

    /** Not here: it would wait for tasks that only {@link #advance} runs. */
    @Override
    public <T> List<Future<T>> invokeAll(Collection<? extends Callable<T>> tasks) {
        throw new UnsupportedOperationException("invokeAll waits, and virtual time stands still meanwhile");
    }

    /** Not here: it would wait for tasks that only {@link #advance} runs. */
    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks) {
        throw new UnsupportedOperationException("invokeAny waits, and virtual time stands still meanwhile");
    }

    /** Refuses new tasks and drops periodic ones; the others still run when they are due. */
    @Override
    public void shutdown() {
        lock.lock();
        try {
            shutdown = true;
            queue.removeIf(task -> task.period > 0);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<Runnable> shutdownNow() {
        lock.lock();
        try {
            shutdown = true;
            List<Runnable> never = new ArrayList<>(queue);
            queue.clear();
            return never;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isShutdown() {
        return locked(() -> shutdown);
    }

    @Override
    public boolean isTerminated() {
        return locked(() -> shutdown && queue.isEmpty());
    }

    /** Whether all is done; never waits. */
    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return isTerminated();
    }

    private final class Task<V> extends FutureTask<V> implements RunnableScheduledFuture<V> {
        private final long order = order();
        private final long period;
        private final boolean rethrows;
        private long due;
        private @Nullable Throwable failure;

        Task(Callable<V> callable, long delay, long period, boolean rethrows) {
            super(callable);
            this.due = now() + Math.max(0, delay);
            this.period = period;
            this.rethrows = rethrows;
        }

        @Override
        public boolean isPeriodic() {
            return period > 0;
        }

        @Override
        public void run() {
            if (!isPeriodic()) {
                super.run();
            } else if (runAndReset()) {
                due += period;
                locked(() -> !shutdown && queue.add(this));
            }
        }

        @Override
        protected void setException(Throwable cause) {
            failure = cause;
            super.setException(cause);
        }

        void rethrow() {
            if (rethrows && failure instanceof RuntimeException e) {
                throw e;
            } else if (rethrows && failure instanceof Error e) {
                throw e;
            }
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            locked(() -> queue.remove(this));
            return super.cancel(mayInterruptIfRunning);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - now(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }
}
