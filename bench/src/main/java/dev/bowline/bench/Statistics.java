package dev.bowline.bench;

import java.util.Arrays;
import java.util.Collection;

/** What is said of the few numbers of a few rounds. */
final class Statistics {
    private Statistics() {}

    /** The one in the middle, or the mean of the two there; not a number if there are none. */
    static double median(Collection<Double> values) {
        double[] sorted = sorted(values);
        if (sorted.length == 0) {
            return Double.NaN;
        }
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** Half the distance between the smallest and the largest: with so few numbers, anything finer pretends. */
    static double spread(Collection<Double> values) {
        double[] sorted = sorted(values);
        return sorted.length == 0 ? Double.NaN : (sorted[sorted.length - 1] - sorted[0]) / 2;
    }

    private static double[] sorted(Collection<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted;
    }
}
