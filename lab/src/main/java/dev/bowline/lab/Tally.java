package dev.bowline.lab;

import java.util.HashSet;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * What became of a run of numbered messages.
 *
 * @param received distinct numbers
 * @param lost gaps below the largest number
 * @param doubled repeats
 * @param reordered arrivals after a larger number
 */
record Tally(int received, int lost, int doubled, int reordered) {
    static Tally of(JsonNode json) {
        return new Tally(
                json.path("received").asInt(),
                json.path("lost").asInt(),
                json.path("doubled").asInt(),
                json.path("reordered").asInt());
    }

    /** The same of a run that had so many numbers, the last ones of which may be missing too. */
    Tally of(int n) {
        return new Tally(received, n - received, doubled, reordered);
    }

    /** Two runs together. */
    Tally plus(Tally other) {
        return new Tally(
                received + other.received, lost + other.lost, doubled + other.doubled, reordered + other.reordered);
    }

    /** Counts as numbers come in. Safe for any thread. */
    static final class Counter {
        private final Set<Integer> seen = new HashSet<>();
        private int largest = -1;
        private int doubled;
        private int reordered;

        synchronized void add(int number) {
            if (!seen.add(number)) {
                doubled++;
            } else if (number < largest) {
                reordered++;
            }
            largest = Math.max(largest, number);
        }

        synchronized Tally tally() {
            return new Tally(seen.size(), largest + 1 - seen.size(), doubled, reordered);
        }
    }
}
