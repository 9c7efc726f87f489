package dev.bowline.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * An ordered list of what happened: a listener on one side, expectations on the other.
 *
 * <p>Any thread may record. A test takes what was recorded, from the first on, and so can say at the end
 * that {@linkplain #assertExhausted() nothing else happened}. Grows without limit.
 *
 * @param <T> what happens
 */
public final class Recorder<T> implements Consumer<T> {
    private final Duration deadline;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition recorded = lock.newCondition();

    // Guarded by lock.
    private final List<T> all = new ArrayList<>();
    private int taken;

    /** A recorder that waits for {@link Eventually#DEFAULT_DEADLINE} at most. */
    public Recorder() {
        this(Eventually.DEFAULT_DEADLINE);
    }

    /** A recorder that waits that long at most. */
    public Recorder(Duration deadline) {
        this.deadline = ManualTicker.requireNotNegative("deadline", deadline);
    }

    /** Records. */
    @Override
    public void accept(T happened) {
        Objects.requireNonNull(happened, "happened");
        lock.lock();
        try {
            all.add(happened);
            recorded.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** All that was recorded, taken or not. */
    public List<T> all() {
        lock.lock();
        try {
            return List.copyOf(all);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes the next, and waits for it if need be.
     *
     * @throws AssertionError if nothing comes
     */
    public T next() {
        return await("anything", any -> true);
    }

    /**
     * Takes the next, and waits for it if need be.
     *
     * @throws AssertionError if nothing comes, or something else
     */
    public void expectNext(T expected) {
        T next = await(String.valueOf(expected), any -> true);
        if (!next.equals(expected)) {
            throw new AssertionError("expected next: " + expected + "; came: " + next + "; of all: " + all());
        }
    }

    /**
     * Takes the first that matches and all before it, and waits for it if need be.
     *
     * @return the one that matched
     * @throws AssertionError if none comes
     */
    public T await(Predicate<? super T> matches) {
        return await("a match", matches);
    }

    private T await(String what, Predicate<? super T> matches) {
        long end = System.nanoTime() + deadline.toNanos();
        int index = taken();
        while (true) {
            Optional<T> candidate = at(index, end);
            if (candidate.isEmpty()) {
                throw new AssertionError("not within " + deadline + ": " + what + "; of all: " + all());
            }
            index++;
            if (matches.test(candidate.get())) {
                take(index);
                return candidate.get();
            }
        }
    }

    /**
     * Says that all was taken, at present. It does not wait: let the code under test come to rest first.
     *
     * @throws AssertionError if something was recorded and not taken
     */
    public void assertExhausted() {
        List<T> rest = all();
        rest = rest.subList(Math.min(taken(), rest.size()), rest.size());
        if (!rest.isEmpty()) {
            throw new AssertionError("nothing else was expected; came: " + rest);
        }
    }

    private int taken() {
        lock.lock();
        try {
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private void take(int end) {
        lock.lock();
        try {
            taken = Math.max(taken, end);
        } finally {
            lock.unlock();
        }
    }

    private Optional<T> at(int index, long end) {
        lock.lock();
        try {
            while (all.size() <= index) {
                long rest = end - System.nanoTime();
                if (rest <= 0 || (recorded.awaitNanos(rest) <= 0 && all.size() <= index)) {
                    return Optional.empty();
                }
            }
            return Optional.of(all.get(index));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }
}
