package dev.bowline.bench.load;

import java.util.List;
import java.util.Map;

/**
 * What came of a job.
 *
 * @param items what the window counted: messages answered, deliveries, clients that came
 * @param errors answers that were wrong, doubled, out of order or missing
 * @param complaints the first few of them, in words
 * @param windowMicros how long the window was
 * @param cpuMicros user and system time of the server within it
 * @param loadShare how much of one core the load took within it
 * @param foreignShare how much of one core anybody else took within it
 * @param latencies a compressed histogram of nanoseconds, in base64
 * @param figures what else is worth telling, by name
 */
public record Outcome(
        long items,
        long errors,
        List<String> complaints,
        long windowMicros,
        long cpuMicros,
        double loadShare,
        double foreignShare,
        String latencies,
        Map<String, Double> figures) {
    public Outcome {
        complaints = List.copyOf(complaints);
        figures = Map.copyOf(figures);
    }

    /** The server's time for one item, in microseconds; not a number if there was none. */
    public double cpuPerItem() {
        return items == 0 ? Double.NaN : (double) cpuMicros / items;
    }

    /** Items in a second. */
    public double perSecond() {
        return items * 1e6 / windowMicros;
    }
}
