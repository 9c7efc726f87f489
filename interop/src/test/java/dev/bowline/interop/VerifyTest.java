package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One run of {@code verify} with the JavaScript client, and the two files that it leaves. */
class VerifyTest {
    private static final Set<String> TRANSPORTS = Set.of("websocket", "polling", "upgrade");
    private static final Set<String> LANES = Set.of("client", "network", "server");
    private static final Set<String> KINDS = Set.of(
            "connected",
            "disconnected",
            "cut",
            "healed",
            "reset",
            "closed",
            "refused",
            "attempt",
            "failed",
            "upgraded",
            "note");
    private static final Map<String, Class<?>> REPORT = Map.ofEntries(
            Map.entry("title", String.class),
            Map.entry("startedAt", String.class),
            Map.entry("millis", Long.class),
            Map.entry("client", String.class),
            Map.entry("target", String.class),
            Map.entry("pingInterval", Long.class),
            Map.entry("pingTimeout", Long.class),
            Map.entry("seed", Long.class),
            Map.entry("passed", Long.class),
            Map.entry("failed", Long.class),
            Map.entry("differing", Long.class),
            Map.entry("skipped", Long.class),
            Map.entry("rows", List.class));
    private static final Map<String, Class<?>> ROW_ALWAYS = Map.of(
            "number", Long.class,
            "scenario", String.class,
            "transport", String.class,
            "client", String.class,
            "ok", Boolean.class,
            "millis", Long.class,
            "timeline", List.class);
    private static final Map<String, Class<?>> ROW_SOMETIMES = Map.ofEntries(
            Map.entry("skipped", String.class),
            Map.entry("failures", List.class),
            Map.entry("differences", List.class),
            Map.entry("oldId", String.class),
            Map.entry("newId", String.class),
            Map.entry("outcome", String.class),
            Map.entry("serverReason", String.class),
            Map.entry("clientReason", String.class),
            Map.entry("serverNoticedMillis", Long.class),
            Map.entry("clientNoticedMillis", Long.class),
            Map.entry("backMillis", Long.class),
            Map.entry("lost", Long.class),
            Map.entry("doubled", Long.class),
            Map.entry("reordered", Long.class),
            Map.entry("budgetFrom", Long.class),
            Map.entry("budgetMillis", Long.class));
    private static final Map<String, Class<?>> MARK_ALWAYS =
            Map.of("at", Long.class, "lane", String.class, "kind", String.class);
    private static final Map<String, Class<?>> MARK_SOMETIMES =
            Map.of("id", String.class, "text", String.class, "reason", String.class);

    @TempDir
    private static Path directory;

    @SuppressWarnings("NullAway.Init")
    private static Verification run;

    @BeforeAll
    static void verifyWithTheJavaScriptClient() {
        run = Verification.run(directory, "--client", "js", "--node-modules", LabProcess.packages());
    }

    @Test
    void everyScenarioHoldsOverEveryTransport() {
        run.assertHolds(IntStream.rangeClosed(1, 26).toArray());
        assertThat(run.skipped()).containsExactly("10 polling");
        assertThat(run.outcome().err()).isEmpty();
    }

    @Test
    void theTerminalTellsTheSameAsTheJson() {
        JsonNode json = run.json();
        assertThat(run.outcome().out())
                .anyMatch(line -> line.startsWith(json.path("passed").asInt() + " passed, 0 failed, "
                        + json.path("skipped").asInt() + " skipped in "));
        for (JsonNode row : run.rows()) {
            assertThat(run.outcome().out())
                    .anyMatch(line -> line.strip()
                                    .startsWith(row.path("number").asInt() + "  "
                                            + row.path("scenario").asString())
                            && line.contains(" " + row.path("transport").asString() + " ")
                            && line.contains(row.has("skipped") ? " skipped " : " ok "));
        }
    }

    @Test
    void theJsonHasTheFieldsThatItShould() {
        JsonNode json = run.json();
        assertFields(json, REPORT, Map.of());
        assertThat(json.path("client").asString()).isEqualTo("js");
        assertThat(json.path("seed").asLong()).isEqualTo(1);
        assertThat(java.time.Instant.parse(json.path("startedAt").asString())).isBefore(java.time.Instant.now());
        assertThat(json.path("passed").asInt()
                        + json.path("failed").asInt()
                        + json.path("differing").asInt()
                        + json.path("skipped").asInt())
                .isEqualTo(run.rows().size());
        for (JsonNode row : run.rows()) {
            assertFields(row, ROW_ALWAYS, ROW_SOMETIMES);
            assertThat(TRANSPORTS).contains(row.path("transport").asString());
            assertThat(row.has("failures")).isEqualTo(!row.path("ok").booleanValue());
            assertThat(row.has("budgetFrom")).isEqualTo(row.has("budgetMillis"));
            for (JsonNode mark : row.path("timeline")) {
                assertFields(mark, MARK_ALWAYS, MARK_SOMETIMES);
                assertThat(LANES).contains(mark.path("lane").asString());
                assertThat(KINDS).contains(mark.path("kind").asString());
                assertThat(mark.path("at").asLong())
                        .isBetween(0L, row.path("millis").asLong());
            }
        }
    }

    /** A field without a meaning is absent: none is null. */
    private static void assertFields(JsonNode node, Map<String, Class<?>> always, Map<String, Class<?>> sometimes) {
        assertThat(node.propertyNames()).containsAll(always.keySet());
        node.properties().forEach(field -> {
            Class<?> type = always.getOrDefault(field.getKey(), sometimes.getOrDefault(field.getKey(), Void.class));
            JsonNode value = field.getValue();
            boolean fits = type == String.class
                    ? value.isString()
                    : type == Long.class
                            ? value.canConvertToLong() && value.isIntegralNumber()
                            : type == Boolean.class ? value.isBoolean() : type == List.class && value.isArray();
            assertThat(fits).as(field.getKey() + " is " + value).isTrue();
        });
    }

    @Test
    void aRowOfALossTellsBothEndsOfIt() {
        List<JsonNode> cuts = run.rows().stream()
                .filter(row -> row.path("number").asInt() == 8)
                .toList();
        assertThat(cuts).hasSize(3).allSatisfy(row -> {
            assertThat(row.path("serverReason").asString()).isEqualTo("ping timeout");
            assertThat(row.path("clientReason").asString()).isEqualTo("ping timeout");
            assertThat(row.path("oldId").asString())
                    .matches("[\\w-]{20}")
                    .isNotEqualTo(row.path("newId").asString());
            assertThat(row.path("budgetMillis").asLong()).isEqualTo(500);
            assertThat(row.path("timeline"))
                    .extracting(mark -> mark.path("kind").asString())
                    .contains("cut", "healed", "connected", "disconnected");
        });
    }

    @Test
    void aRowOfAReturnTellsWhatBecameOfTheSession() {
        for (JsonNode row : run.rows()) {
            int number = row.path("number").asInt();
            if (number < 15) {
                assertThat(row.has("outcome")).isFalse();
                continue;
            }
            String wanted = switch (number) {
                case 22 -> "fresh(TRIMMED)";
                case 23 -> "fresh(EXPIRED)";
                case 26 -> "fresh(UNKNOWN_EPOCH)";
                default -> "recovered";
            };
            assertThat(row.path("outcome").asString()).as(row::toString).isEqualTo(wanted);
            assertThat(row.path("oldId").equals(row.path("newId"))).isEqualTo(wanted.equals("recovered"));
            boolean gone = number == 22 || number == 23;
            assertThat(row.path("lost").asInt() > 0).as(row::toString).isEqualTo(gone);
            assertThat(row.path("doubled").asInt(-1)).isZero();
            assertThat(row.path("reordered").asInt(-1)).isZero();
        }
    }

    @Test
    void thePageHoldsTheDataAndNeedsNothingElse() {
        String page = run.html();
        assertThat(page.replace("http://www.w3.org/2000/svg", ""))
                .doesNotContain("http://")
                .doesNotContain("https://")
                .doesNotContainPattern("<script[^>]+src")
                .doesNotContainPattern("<link[^>]+href=\"(?!data:)")
                .doesNotContain("@import")
                .doesNotContain("url(//");
        String begin = "const report = ";
        int from = page.indexOf(begin) + begin.length();
        String data = page.substring(from, page.indexOf(";</script>", from));
        assertThat(JsonMapper.shared().readTree(data)).isEqualTo(run.json());
    }

    @Test
    void aBrowserDrawsALineAndATimelineForEveryRow() {
        try (var browser = NodeProcess.start("report-check.mjs", run.htmlFile().toString())) {
            String said = browser.awaitEnd();
            assertThat(said).as(() -> String.join("\n", browser.lines())).startsWith("{");
            JsonNode seen = JsonMapper.shared().readTree(said);
            int rows = run.rows().size();
            long played = run.rows().stream().filter(row -> !row.has("skipped")).count();
            assertThat(seen.path("errors")).isEmpty();
            assertThat(seen.path("requests")).isEmpty();
            assertThat(seen.path("lines").asInt()).isEqualTo(rows);
            assertThat(seen.path("timelines").asLong()).isEqualTo(played);
            assertThat(seen.path("sidewaysAt390").asBoolean()).isFalse();
        }
    }
}
