package dev.bowline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.bench.load.Job.Shape;
import dev.bowline.bench.load.Outcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {
    private static final Workload W1 = Workload.of("W1", "echo", "message", Shape.ECHO, 1, 1, 64);

    @TempDir
    private Path directory;

    private static Row row(Target target, long errors, double... cpus) {
        List<Outcome> rounds = Arrays.stream(cpus)
                .mapToObj(cpu -> new Outcome(
                        1_000,
                        errors,
                        errors == 0 ? List.of() : List.of("expected </script> and got nothing"),
                        1_000_000,
                        (long) (1_000 * cpu),
                        0.9,
                        0.01,
                        "",
                        Map.of("lostInAcceptQueue", 2.0)))
                .toList();
        return new Row(W1, target, rounds, 1);
    }

    private static Report report(Row... rows) {
        var machine = new Machine("a processor", List.of(0, 1), 1024, "Linux", "Java", Optional.of("v20"), 1000);
        return new Report(Plan.smoke(), machine, Instant.EPOCH, 1, List.of(rows), List.of("a note"));
    }

    @Test
    void hasTheShapeThatIsPromised() throws IOException {
        Path file = directory.resolve("bench.json");
        report(row(Target.bowline(), 0, 2, 6, 4), row(Target.bowlineOnLoop(), 0, 2), row(Target.bare(), 0, 2, 2, 1))
                .writeJson(file);
        JsonNode rows = JsonMapper.shared().readTree(Files.readString(file)).get("rows");
        JsonNode first = rows.get(0);
        assertThat(first.get("workload").asString()).isEqualTo("W1");
        assertThat(first.get("server").asString()).isEqualTo("bowline");
        assertThat(first.get("dispatch").asString()).isEqualTo("default");
        assertThat(first.get("cpuMicrosPerItem").asDouble()).isEqualTo(4);
        assertThat(first.get("cpuSpread").asDouble()).isEqualTo(2);
        assertThat(first.get("perSecond").asDouble()).isEqualTo(1_000);
        assertThat(first.get("errors").asInt()).isZero();
        assertThat(first.get("figures").get("lostInAcceptQueue").asDouble()).isEqualTo(2);
        assertThat(rows.get(1).get("dispatch").asString()).isEqualTo("loop");
        assertThat(first.get("ratioToBare").asDouble()).isEqualTo(3);
        assertThat(rows.get(2).get("ratioToBare").asDouble()).isEqualTo(1);
    }

    @Test
    void ratiosAreTakenWithinARound() {
        Row bowline = row(Target.bowline(), 0, 2, 6, 4);
        assertThat(bowline.ratioTo(row(Target.bare(), 0, 2, 2, 1))).isEqualTo(3);
    }

    @Test
    void aPageCannotBeBrokenByWhatItShows() throws IOException {
        Path file = directory.resolve("bench.html");
        report(row(Target.bowline(), 3, 2)).writeHtml(file);
        assertThat(Files.readString(file)).contains("expected \\u003c/script>").doesNotContain("/*REPORT*/");
    }

    @Test
    void theTableTellsWhoCannotTakePart() {
        var recovery = Plan.smoke().only(List.of("W11")).workloads().get(0);
        List<Target> chosen = List.of(Target.bowline(), Target.bowlineOnLoop(), Target.bare());
        assertThat(chosen.stream().filter(recovery::suits)).containsExactly(Target.bowline());
        var text = new StringWriter();
        var measured = row(Target.bowline(), 0, 2);
        new Table(new PrintWriter(text, true), chosen)
                .block(List.of(new Row(recovery, Target.bowline(), measured.rounds(), 0)));
        assertThat(text.toString()).contains("W11", "left out, because clients cannot recover there: bare");
        assertThat(Table.leftOut(W1, chosen)).isEmpty();
    }

    @Test
    void theTableTellsErrorsAndNoise() {
        var text = new StringWriter();
        new Table(new PrintWriter(text, true), List.of())
                .block(List.of(row(Target.bowline(), 3, 2), row(Target.bare(), 0, 1)));
        assertThat(text.toString()).contains("3 ERRORS").contains("noisy").contains("2.00");
        assertThat(report(row(Target.bowline(), 3, 2)).errors()).isEqualTo(3);
    }
}
