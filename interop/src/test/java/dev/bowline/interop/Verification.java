package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.interop.LabProcess.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A run of {@code verify} that has ended, and what it wrote. */
record Verification(Outcome outcome, Path jsonFile, Path htmlFile) {
    private static final List<String> EVERY_TRANSPORT = List.of("polling", "upgrade", "websocket");

    /** Runs {@code verify} with its files in a directory. */
    static Verification run(Path directory, String... options) {
        return run(directory, List.of(), Map.of(), options);
    }

    /** The same with other classes first and another environment. */
    static Verification run(Path directory, List<Path> overlay, Map<String, String> environment, String... options) {
        Path json = directory.resolve("verify.json");
        Path html = directory.resolve("verify.html");
        List<String> command = new ArrayList<>(List.of("verify", "--json", json.toString(), "--html", html.toString()));
        command.addAll(List.of(options));
        try (var lab = LabProcess.start(directory, overlay, environment, command.toArray(String[]::new))) {
            return new Verification(lab.await(), json, html);
        }
    }

    JsonNode json() {
        return JsonMapper.shared().readTree(jsonFile.toFile());
    }

    String html() {
        try {
            return Files.readString(htmlFile);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    List<JsonNode> rows() {
        return StreamSupport.stream(json().path("rows").spliterator(), false).toList();
    }

    /** The rows as {@code number transport}, without the skipped ones. */
    List<String> played() {
        return rows().stream()
                .filter(row -> !row.has("skipped"))
                .map(Verification::name)
                .toList();
    }

    /** The skipped rows as {@code number transport}. */
    List<String> skipped() {
        return rows().stream()
                .filter(row -> row.has("skipped"))
                .map(Verification::name)
                .toList();
    }

    private static String name(JsonNode row) {
        return row.path("number").asInt() + " " + row.path("transport").asString();
    }

    /** Everything that was played held, and all of these scenarios have a row for each transport. */
    void assertHolds(int... numbers) {
        assertThat(outcome.status()).as(outcome::text).isZero();
        assertThat(json().path("failed").asInt()).isZero();
        assertThat(rows()).allMatch(row -> row.path("ok").booleanValue());
        var seen = new TreeSet<Integer>();
        rows().forEach(row -> seen.add(row.path("number").asInt()));
        assertThat(seen)
                .containsExactly(java.util.Arrays.stream(numbers).boxed().toArray(Integer[]::new));
        for (JsonNode row : rows()) {
            assertThat(rows().stream()
                            .filter(other -> other.path("number").equals(row.path("number"))
                                    && other.path("scenario").equals(row.path("scenario")))
                            .map(other -> other.path("transport").asString())
                            .sorted())
                    .as("transports of scenario " + row.path("number"))
                    .containsExactlyElementsOf(EVERY_TRANSPORT);
        }
    }
}
