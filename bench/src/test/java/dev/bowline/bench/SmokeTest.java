package dev.bowline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** All workloads in tiny, for what is right and not for how fast it is. */
class SmokeTest {
    private static final Path MODULES = Path.of("..", "interop", "js");

    @TempDir
    private Path directory;

    private final StringWriter said = new StringWriter();

    private int run(String... arguments) {
        return BenchCommand.run(new PrintWriter(said, true), new PrintWriter(said, true), arguments);
    }

    @Test
    void everyAnswerOfEveryTargetIsRight() throws Exception {
        Path file = directory.resolve("bench.json");
        List<String> targets = new ArrayList<>(List.of("bowline", "bowline-loop", "bare"));
        if (Machine.look().node().isPresent() && Files.isDirectory(MODULES.resolve("node_modules/socket.io"))) {
            targets.add("socket.io");
        }
        int status =
                run("--smoke", "--json=" + file, "--node-modules=" + MODULES, "--target=" + String.join(",", targets));
        assertThat(status).as("%s", said).isZero();
        JsonNode report = JsonMapper.shared().readTree(Files.readString(file));
        List<String> seen = new ArrayList<>();
        List<String> recovered = new ArrayList<>();
        for (JsonNode row : report.get("rows")) {
            assertThat(row.get("errors").asLong()).as("%s", row).isZero();
            assertThat(row.get("perSecond").asDouble()).as("%s", row).isPositive();
            seen.add(row.get("workload").asString());
            if (row.get("workload").asString().equals("W11")) {
                recovered.add(row.get("server").asString());
                assertThat(row.has("ratioToBare")).isFalse();
            }
        }
        assertThat(seen)
                .contains(Plan.smoke().workloads().stream().map(Workload::id).toArray(String[]::new));
        List<String> recovering = new ArrayList<>(targets);
        recovering.removeAll(List.of("bowline-loop", "bare"));
        assertThat(recovered).containsExactlyElementsOf(recovering);
        assertThat(report.get("notes").toString())
                .contains("W11: left out, because clients cannot recover there: bare");
    }

    @Test
    void everyKindOfWrongAnswerIsAnError() {
        List<Target> targets =
                WrongTarget.FAULTS.stream().map(SmokeTest::faulty).toList();
        Plan plan = Plan.smoke();
        plan = plan.with(plan.workloads().subList(0, 1));
        List<Row> rows;
        try (var runner = new Runner(plan, targets, List.of(), Optional.empty(), step -> {})) {
            rows = runner.play(row -> {});
        }
        assertThat(rows).hasSameSizeAs(targets);
        for (Row row : rows) {
            if (row.target().name().equals(WrongTarget.NONE)) {
                assertThat(row.errors()).as("%s", row.complaints()).isZero();
            } else {
                assertThat(row.errors()).as(row.target().name()).isPositive();
                assertThat(row.complaints()).as(row.target().name()).isNotEmpty();
            }
        }
    }

    private static Target faulty(String fault) {
        List<String> command =
                new ArrayList<>(Target.jvm(System.getProperty("java.class.path", ""), WrongTarget.class.getName()));
        command.add(fault);
        return new Target(fault, fault, "", false, false, false, command);
    }

    @Test
    void whatIsUnknownIsToldWithWhatIsKnown() {
        assertThat(run("--smoke", "--workload=W99")).isEqualTo(2);
        assertThat(run("--smoke", "--target=nobody")).isEqualTo(2);
        assertThat(run("--rounds=0")).isEqualTo(2);
        assertThat(said.toString())
                .contains("--workload must be among", "W99")
                .contains("--target must be among", "nobody")
                .contains("--rounds must be positive: 0");
    }
}
