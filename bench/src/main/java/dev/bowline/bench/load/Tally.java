package dev.bowline.bench.load;

import org.HdrHistogram.Histogram;

/** What one event loop of the load has counted. Confined to that loop. */
final class Tally {
    private static final int DIGITS = 3;
    private static final long LONGEST_NANOS = 60_000_000_000L;

    private long items;
    private Histogram latencies = new Histogram(LONGEST_NANOS, DIGITS);

    void item(long nanos) {
        items++;
        latencies.recordValue(Math.max(0, Math.min(nanos, LONGEST_NANOS)));
    }

    long items() {
        return items;
    }

    /** Forgets what came before the window. */
    void clear() {
        items = 0;
        latencies.reset();
    }

    /** The latencies until now; later ones go elsewhere. */
    Histogram take() {
        Histogram taken = latencies;
        latencies = new Histogram(LONGEST_NANOS, DIGITS);
        return taken;
    }
}
