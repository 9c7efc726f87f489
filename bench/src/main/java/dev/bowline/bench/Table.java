package dev.bowline.bench;

import dev.bowline.bench.load.Job.Shape;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/** The table on the terminal: a block for each workload, as soon as it is measured. */
final class Table {
    private static final String FORMAT = "  %-16s %18s %8s %16s %16s %12s %26s  %s%n";
    private static final double MILLI = 1_000;
    private static final double KIBI = 1024;

    private final PrintWriter out;
    private final List<Target> chosen;

    /** For these targets, of which a workload may leave some out. */
    Table(PrintWriter out, List<Target> chosen) {
        this.out = out;
        this.chosen = List.copyOf(chosen);
    }

    void head() {
        out.printf(
                FORMAT,
                "",
                "server CPU in µs",
                "of bare",
                "of netty-socketio",
                "of socket.io",
                "per second",
                "p50 / p99 / p99.9 in ms",
                "");
        out.flush();
    }

    void block(List<Row> rows) {
        if (rows.isEmpty()) {
            return;
        }
        Workload workload = rows.get(0).workload();
        out.println();
        out.println(workload.id() + "  " + workload.title() + ", per " + workload.item());
        for (Row row : rows) {
            out.printf(
                    FORMAT,
                    row.target().name(),
                    spread(row),
                    ratio(row, rows, Target.BARE),
                    ratio(row, rows, "netty-socketio"),
                    ratio(row, rows, "socket.io"),
                    workload.counted() ? "" : String.format(Locale.ROOT, "%,.0f", row.perSecond()),
                    latencies(row.latencies()),
                    remarks(row));
        }
        leftOut(workload, chosen).ifPresent(note -> out.println("  " + note));
        out.flush();
    }

    /** Who cannot take part in a workload, and why. */
    static Optional<String> leftOut(Workload workload, List<Target> chosen) {
        List<String> names = chosen.stream()
                .filter(target -> workload.recovering() && !target.recovers())
                .map(Target::name)
                .toList();
        return names.isEmpty()
                ? Optional.empty()
                : Optional.of("left out, because clients cannot recover there: " + String.join(", ", names));
    }

    private static String spread(Row row) {
        if (Double.isNaN(row.cpu())) {
            return "nothing measured";
        }
        return row.rounds().size() == 1 ? number(row.cpu()) : number(row.cpu()) + " ± " + number(row.cpuSpread());
    }

    /** Three digits are as much as is known. */
    static String number(double value) {
        double size = Math.abs(value);
        String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, format, value);
    }

    private static String ratio(Row row, List<Row> rows, String name) {
        return rows.stream()
                .filter(other -> other != row && other.target().name().equals(name))
                .map(row::ratioTo)
                .filter(Double::isFinite)
                .map(ratio -> String.format(Locale.ROOT, "%.2f", ratio))
                .findFirst()
                .orElse("");
    }

    private static String latencies(Histogram latencies) {
        return latencies.getTotalCount() == 0
                ? ""
                : number(Row.micros(latencies, 50) / MILLI) + " / " + number(Row.micros(latencies, 99) / MILLI) + " / "
                        + number(Row.micros(latencies, 99.9) / MILLI);
    }

    private static String remarks(Row row) {
        var text = new StringBuilder();
        row.figures().forEach((name, value) -> text.append(figure(name, value)));
        if (row.target().strayByte() && row.workload().shape() == Shape.BINARY) {
            text.append("each attachment has a stray byte 4 in front; ");
        }
        if (row.noisy() > 0) {
            text.append(
                    String.format(Locale.ROOT, "noisy (others took %.0f %% of a core); ", 100 * row.foreignShare()));
        }
        if (row.errors() > 0) {
            text.append(
                    String.format(Locale.ROOT, "%,d ERRORS: %s; ", row.errors(), String.join(", ", row.complaints())));
        }
        return text.length() == 0 ? "" : text.substring(0, text.length() - 2);
    }

    private static String figure(String name, double value) {
        return switch (name) {
            case "bytesPerConnection" -> String.format(Locale.ROOT, "%.1f KiB each; ", value / KIBI);
            case "secondsUntilBack" -> String.format(Locale.ROOT, "all back in %.2f s; ", value);
            case "cpuSecondsPerMinute" -> String.format(Locale.ROOT, "%.2f s of CPU a minute; ", value);
            case "movesPerSecond" -> String.format(Locale.ROOT, "%,.0f joins and leaves/s; ", value);
            case "lostInAcceptQueue" ->
                value > 0 ? String.format(Locale.ROOT, "%.0f lost in the accept queue; ", value) : "";
            case "heartbeats" -> String.format(Locale.ROOT, "%,.0f heartbeats; ", value);
            default -> name + " " + number(value) + "; ";
        };
    }

    /** What two cores did more than one, for those who were measured with both. */
    void scaling(List<Row> rows) {
        Map<String, Double> one = perSecond(rows, "W9/1");
        Map<String, Double> two = perSecond(rows, "W9/2");
        two.forEach((name, rate) -> {
            Double before = one.get(name);
            if (before != null && before > 0) {
                out.printf(Locale.ROOT, "  %-16s does %.2f times as much on two cores%n", name, rate / before);
            }
        });
        out.flush();
    }

    private static Map<String, Double> perSecond(List<Row> rows, String workload) {
        Map<String, Double> rates = new LinkedHashMap<>();
        rows.stream()
                .filter(row -> row.workload().id().equals(workload))
                .forEach(row -> rates.put(row.target().name(), row.perSecond()));
        return rates;
    }
}
