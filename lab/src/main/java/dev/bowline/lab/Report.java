package dev.bowline.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The outcome of a run, as JSON and as one page that needs nothing else. */
record Report(Verifier.Plan plan, String client, String target, Instant startedAt, long millis, List<Row> rows) {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String PLACE = "/*REPORT*/null";

    long failed() {
        return rows.stream().filter(row -> !row.ok()).count();
    }

    long skipped() {
        return rows.stream().filter(row -> row.skipped.isPresent()).count();
    }

    long differing() {
        return rows.stream().filter(Row::differs).count();
    }

    long passed() {
        return rows.size() - failed() - differing() - skipped();
    }

    ObjectNode json() {
        ObjectNode json = JSON.createObjectNode();
        json.put("title", "Bowline verify");
        json.put("startedAt", startedAt.toString());
        json.put("millis", millis);
        json.put("client", client);
        json.put("target", target);
        json.put("pingInterval", plan.timings().pingInterval().toMillis());
        json.put("pingTimeout", plan.timings().pingTimeout().toMillis());
        json.put("seed", plan.seed());
        json.put("passed", passed());
        json.put("failed", failed());
        json.put("differing", differing());
        json.put("skipped", skipped());
        ArrayNode list = json.putArray("rows");
        rows.forEach(row -> list.add(row.json()));
        return json;
    }

    /**
     * Finds out before a run whether its result can be kept.
     *
     * @throws LabException if not, saying why
     */
    static void requireWritable(Path file) {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new LabException("cannot write " + file + ": there is no directory " + directory);
        }
        if (Files.isDirectory(file) || !Files.isWritable(Files.exists(file) ? file : directory)) {
            throw new LabException("cannot write " + file + ": it is a directory, or not allowed");
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
            throw new LabException("cannot read the report's template: " + failed.getMessage());
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException failed) {
            throw new LabException("cannot write " + file + ": " + failed.getMessage());
        }
    }
}
