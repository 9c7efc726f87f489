package dev.bowline.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.HdrHistogram.Histogram;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The outcome of a run, as JSON and as one page that needs nothing else. */
record Report(Plan plan, Machine machine, Instant startedAt, long millis, List<Row> rows, List<String> notes) {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String PLACE = "/*REPORT*/null";

    Report {
        rows = List.copyOf(rows);
        notes = List.copyOf(notes);
    }

    long errors() {
        return rows.stream().mapToLong(Row::errors).sum();
    }

    ObjectNode json() {
        ObjectNode json = JSON.createObjectNode();
        json.put("title", "Bowline bench");
        json.put("plan", plan.name());
        json.put("startedAt", startedAt.toString());
        json.put("millis", millis);
        json.put("rounds", plan.rounds());
        json.put("warmUpMillis", plan.warmUp().toMillis());
        json.put("windowMillis", plan.window().toMillis());
        json.put("jvmFlags", String.join(" ", Target.JVM_FLAGS));
        ObjectNode where = json.putObject("machine");
        where.put("processor", machine.processor());
        where.put("cores", machine.cores().size());
        where.put("memoryMiB", machine.memoryMiB());
        where.put("kernel", machine.kernel());
        where.put("java", machine.java());
        machine.node().ifPresent(version -> where.put("node", version));
        ArrayNode said = json.putArray("notes");
        notes.forEach(said::add);
        ArrayNode list = json.putArray("rows");
        rows.forEach(row -> list.add(json(row)));
        return json;
    }

    private ObjectNode json(Row row) {
        ObjectNode json = JSON.createObjectNode();
        json.put("workload", row.workload().id());
        json.put("title", row.workload().title());
        json.put("item", row.workload().item());
        json.put("server", row.target().server());
        json.put("dispatch", row.target().dispatch());
        put(json, "cpuMicrosPerItem", row.cpu());
        put(json, "cpuSpread", row.cpuSpread());
        bare(rows, row).ifPresent(bare -> put(json, "ratioToBare", row.ratioTo(bare)));
        ObjectNode ratios = json.putObject("ratios");
        rows.stream()
                .filter(other -> other.workload().equals(row.workload()) && other != row)
                .forEach(other -> put(ratios, other.target().name(), row.ratioTo(other)));
        put(json, "perSecond", row.perSecond());
        Histogram latencies = row.latencies();
        put(json, "p50Micros", Row.micros(latencies, 50));
        put(json, "p99Micros", Row.micros(latencies, 99));
        put(json, "p999Micros", Row.micros(latencies, 99.9));
        json.put("errors", row.errors());
        ArrayNode complaints = json.putArray("complaints");
        row.complaints().forEach(complaints::add);
        json.put("noisyRounds", row.noisy());
        put(json, "foreignShare", row.foreignShare());
        put(json, "loadShare", row.loadShare());
        ObjectNode figures = json.putObject("figures");
        row.figures().forEach((name, value) -> put(figures, name, value));
        ArrayNode cpus = json.putArray("cpuMicrosPerItemByRound");
        row.cpus().forEach(cpus::add);
        return json;
    }

    /** JSON has no way to say "not a number"; what was not measured is left out. */
    private static void put(ObjectNode json, String name, double value) {
        if (Double.isFinite(value)) {
            json.put(name, value);
        }
    }

    /** The yardstick of a row. */
    static Optional<Row> bare(List<Row> rows, Row row) {
        return rows.stream()
                .filter(other -> other.workload().equals(row.workload())
                        && other.target().name().equals(Target.BARE))
                .findFirst();
    }

    /**
     * Finds out before a run whether its result can be kept.
     *
     * @throws BenchException if not, saying why
     */
    static void requireWritable(Path file) {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new BenchException("cannot write " + file + ": there is no directory " + directory);
        }
        if (Files.isDirectory(file) || !Files.isWritable(Files.exists(file) ? file : directory)) {
            throw new BenchException("cannot write " + file + ": it is a directory, or not allowed");
        }
    }

    void writeJson(Path file) {
        write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json()) + "\n");
    }

    void writeHtml(Path file) {
        try (var template = Report.class.getResourceAsStream("report.html")) {
            if (template == null) {
                throw new IllegalStateException("report.html is missing");
            }
            String page = new String(template.readAllBytes(), StandardCharsets.UTF_8);
            write(file, page.replace(PLACE, json().toString().replace("<", "\\u003c")));
        } catch (IOException failed) {
            throw new BenchException("cannot read the report's template: " + failed.getMessage());
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException failed) {
            throw new BenchException("cannot write " + file + ": " + failed.getMessage());
        }
    }
}
