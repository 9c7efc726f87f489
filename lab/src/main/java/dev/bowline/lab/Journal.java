package dev.bowline.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** What one end saw, in order, and a place to wait for more. Safe for any thread. */
final class Journal {
    private final List<Happening> happenings = new ArrayList<>();

    synchronized void add(Happening happening) {
        happenings.add(happening);
        notifyAll();
    }

    /** How much was seen until now: what comes later has an index from here on. */
    synchronized int size() {
        return happenings.size();
    }

    synchronized List<Happening> all() {
        return List.copyOf(happenings);
    }

    /** What was seen since then. */
    synchronized List<Happening> since(int index) {
        return List.copyOf(happenings.subList(index, happenings.size()));
    }

    /** The first such happening from an index on, awaited if need be; empty if it does not come in time. */
    synchronized Optional<Happening> await(int from, Predicate<Happening> wanted, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        int next = from;
        try {
            while (true) {
                for (; next < happenings.size(); next++) {
                    if (wanted.test(happenings.get(next))) {
                        return Optional.of(happenings.get(next));
                    }
                }
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return Optional.empty();
                }
                wait(left / 1_000_000 + 1);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    long count(Predicate<Happening> wanted) {
        return all().stream().filter(wanted).count();
    }
}
