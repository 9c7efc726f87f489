package dev.bowline.bench;

import dev.bowline.bench.load.Outcome;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/** What a target made of a workload, over all rounds. Immutable. */
record Row(Workload workload, Target target, List<Outcome> rounds, int noisy) {
    private static final double NANOS_PER_MICRO = 1_000;

    Row {
        rounds = List.copyOf(rounds);
    }

    long errors() {
        return rounds.stream().mapToLong(Outcome::errors).sum();
    }

    List<String> complaints() {
        return rounds.stream()
                .flatMap(round -> round.complaints().stream())
                .distinct()
                .toList();
    }

    /** Microseconds of the server for one item: the median of the rounds. */
    double cpu() {
        return Statistics.median(cpus());
    }

    double cpuSpread() {
        return Statistics.spread(cpus());
    }

    List<Double> cpus() {
        return rounds.stream()
                .map(Outcome::cpuPerItem)
                .filter(value -> !value.isNaN())
                .toList();
    }

    double perSecond() {
        return Statistics.median(rounds.stream().map(Outcome::perSecond).toList());
    }

    double loadShare() {
        return Statistics.median(rounds.stream().map(Outcome::loadShare).toList());
    }

    double foreignShare() {
        return Statistics.median(rounds.stream().map(Outcome::foreignShare).toList());
    }

    /** This one's processor time for an item in the other one's: the median of the rounds, each within itself. */
    double ratioTo(Row other) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < Math.min(rounds.size(), other.rounds.size()); i++) {
            double ratio = rounds.get(i).cpuPerItem() / other.rounds.get(i).cpuPerItem();
            if (Double.isFinite(ratio)) {
                ratios.add(ratio);
            }
        }
        return Statistics.median(ratios);
    }

    /** The medians of what else was told, by name. */
    Map<String, Double> figures() {
        Map<String, Double> medians = new TreeMap<>();
        var names = new TreeSet<String>();
        rounds.forEach(round -> names.addAll(round.figures().keySet()));
        for (String name : names) {
            medians.put(
                    name,
                    Statistics.median(rounds.stream()
                            .filter(round -> round.figures().containsKey(name))
                            .map(round -> round.figures().getOrDefault(name, Double.NaN))
                            .toList()));
        }
        return medians;
    }

    /** The latencies of all rounds together. */
    Histogram latencies() {
        Histogram all = new Histogram(3);
        for (Outcome round : rounds) {
            if (!round.latencies().isEmpty()) {
                try {
                    all.add(Histogram.decodeFromCompressedByteBuffer(
                            ByteBuffer.wrap(Base64.getDecoder().decode(round.latencies())), 0));
                } catch (DataFormatException broken) {
                    throw new IllegalStateException("the load sent a broken histogram", broken);
                }
            }
        }
        return all;
    }

    static double micros(Histogram latencies, double percentile) {
        return latencies.getTotalCount() == 0
                ? Double.NaN
                : latencies.getValueAtPercentile(percentile) / NANOS_PER_MICRO;
    }
}
