package dev.bowline.bench.load;

import java.util.ArrayList;
import java.util.List;

/** Counts what went wrong, and keeps the first few in words. Safe for any thread. */
final class Errors {
    private static final int KEPT = 5;

    private long count;
    private final List<String> complaints = new ArrayList<>();

    synchronized void add(String complaint) {
        add(1, complaint);
    }

    synchronized void add(long times, String complaint) {
        count += times;
        if (complaints.size() < KEPT) {
            complaints.add(complaint);
        }
    }

    synchronized long count() {
        return count;
    }

    synchronized List<String> complaints() {
        return List.copyOf(complaints);
    }
}
