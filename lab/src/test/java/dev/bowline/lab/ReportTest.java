package dev.bowline.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {
    private static final Scenario SCENARIO = Scenario.of(8, "a </script> of a title", stage -> {});

    @TempDir
    private Path directory;

    @Test
    void leavesOutFieldsThatHaveNoMeaning() throws IOException {
        JsonNode row =
                written(new Row(SCENARIO, Mode.POLLING, "bowline")).path("rows").path(0);
        assertThat(row.propertyNames())
                .containsExactlyInAnyOrder("number", "scenario", "transport", "client", "ok", "millis", "timeline");
    }

    @Test
    void tellsWhatBothEndsSaw() throws IOException {
        Row row = new Row(SCENARIO, Mode.WEBSOCKET, "js");
        row.oldId = Optional.of("before");
        row.newId = Optional.of("after");
        row.serverReason = Optional.of("ping timeout");
        row.serverNoticedMillis = OptionalLong.of(437);
        row.tally = Optional.of(new Tally(10, 1, 2, 3));
        row.failures.add("it was lost");
        JsonNode json = written(row);
        assertThat(json.path("failed").intValue()).isEqualTo(1);
        JsonNode told = json.path("rows").path(0);
        assertThat(told.path("ok").booleanValue()).isFalse();
        assertThat(told.path("oldId").stringValue()).isEqualTo("before");
        assertThat(told.path("newId").stringValue()).isEqualTo("after");
        assertThat(told.path("serverReason").stringValue()).isEqualTo("ping timeout");
        assertThat(told.path("serverNoticedMillis").intValue()).isEqualTo(437);
        assertThat(told.path("lost").intValue()).isEqualTo(1);
        assertThat(told.path("doubled").intValue()).isEqualTo(2);
        assertThat(told.path("reordered").intValue()).isEqualTo(3);
        assertThat(told.path("failures").path(0).stringValue()).isEqualTo("it was lost");
    }

    @Test
    void putsItsDataIntoThePageWithoutEndingTheScript() throws IOException {
        Path page = directory.resolve("verify.html");
        report(new Row(SCENARIO, Mode.UPGRADE, "bowline")).writeHtml(page);
        assertThat(Files.readString(page)).doesNotContain("/*REPORT*/null").contains("a \\u003c/script> of a title");
    }

    private JsonNode written(Row row) throws IOException {
        Path file = directory.resolve("verify.json");
        report(row).writeJson(file);
        return JsonMapper.shared().readTree(Files.readString(file));
    }

    private static Report report(Row row) {
        var plan = new Verifier.Plan(
                Timings.SHORT, false, Optional.empty(), Set.of(), List.of(row.mode), 1, 1, Duration.ofSeconds(1));
        return new Report(plan, row.client, "Bowline", Instant.EPOCH, 1, List.of(row));
    }
}
