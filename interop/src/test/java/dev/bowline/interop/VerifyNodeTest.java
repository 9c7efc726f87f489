package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** {@code verify --url} against the official implementation on Node. */
class VerifyNodeTest {
    private static final String SERVER = "../../lab/src/main/resources/dev/bowline/lab/contract-server.cjs";
    private static final String FLAWED = "flawed-server.cjs";
    private static final List<String> RECOVERY = List.of("--recovery", "3500", "--recovery-sweep", "250");
    private static final String LISTENING = "listening on ";

    @TempDir
    private Path directory;

    private static Verification verify(Path directory, int interval, int timeout, String... options) {
        return verify(directory, SERVER, List.of(), interval, timeout, options);
    }

    private static Verification verify(
            Path directory, String script, List<String> first, int interval, int timeout, String... options) {
        var server = new java.util.ArrayList<>(first);
        server.addAll(List.of("--ping-interval", Integer.toString(interval)));
        server.addAll(List.of("--ping-timeout", Integer.toString(timeout)));
        try (NodeProcess node = NodeProcess.start(script, server.toArray(String[]::new))) {
            String url = node.awaitLine(LISTENING).substring(LISTENING.length());
            var all = new java.util.ArrayList<>(List.of("--url", url, "--node-modules", LabProcess.packages()));
            all.addAll(List.of(options));
            Verification run = Verification.run(directory, all.toArray(String[]::new));
            assertThat(run.json().path("target").asString()).isEqualTo(url);
            assertThat(run.json().path("pingInterval").asInt()).isEqualTo(interval);
            assertThat(run.json().path("pingTimeout").asInt()).isEqualTo(timeout);
            return run;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bowline", "js"})
    void holdsWithEitherClient(String client) {
        Verification run = verify(directory, 300, 200, "--client", client);
        run.assertHolds(IntStream.rangeClosed(1, 26).toArray());
        assertThat(run.json().path("client").asString()).isEqualTo(client);
        assertThat(run.skipped())
                .containsExactlyInAnyOrderElementsOf(overEveryTransport(
                        IntStream.concat(IntStream.of(7, 10, 11, 13), IntStream.rangeClosed(15, 26))));
        assertThat(run.rows())
                .filteredOn(row -> row.has("skipped"))
                .allSatisfy(row -> assertThat(row.path("skipped").asString())
                        .isEqualTo(
                                switch (row.path("number").asInt()) {
                                    case 7, 26 -> "a server elsewhere cannot be killed from here";
                                    case 10 ->
                                        row.path("transport").asString().equals("polling")
                                                ? "a polling client tells the server over its next link"
                                                : "needs a server with pingInterval 1000 ms and pingTimeout 500 ms or more";
                                    case 11 ->
                                        "needs a server with pingInterval 1000 ms and pingTimeout 4000 ms or more";
                                    case 13 ->
                                        "needs a server with pingInterval 5000 ms and pingTimeout 5000 ms or more";
                                    default -> "the server keeps no sessions (connection state recovery)";
                                }));
    }

    @Test
    void holdsOverABadLinkAndWithAGhostWhereTheHeartbeatIsSlowEnough() {
        Verification run = verify(directory, 1_000, 4_000, "--scenario", "10,11");
        run.assertHolds(10, 11);
        assertThat(run.skipped()).containsExactly("10 polling");
    }

    @Test
    void holdsInAStormWhereTheHeartbeatIsSlowEnough() {
        Verification run = verify(directory, 5_000, 5_000, "--scenario", "13");
        run.assertHolds(13);
        assertThat(run.skipped()).isEmpty();
    }

    private static List<String> overEveryTransport(IntStream numbers) {
        return numbers.boxed()
                .flatMap(number -> Stream.of("websocket", "polling", "upgrade").map(mode -> number + " " + mode))
                .toList();
    }

    /** What docs/differences-from-node.md says of Node's recovery: who is new there, and what is lost. */
    @ParameterizedTest
    @CsvSource({"bowline,18 20 21", "js,18 19 20 21"})
    void showsTheFourCasesInWhichItDoesNotRecover(String client, String different) {
        List<Integer> differing =
                Stream.of(different.split(" ")).map(Integer::valueOf).toList();
        Verification run = verify(
                directory,
                SERVER,
                RECOVERY,
                1_000,
                500,
                "--client",
                client,
                "--scenario",
                "15,16,17,18,19,20,21,22,23,25");
        run.assertHolds(15, 16, 17, 18, 19, 20, 21, 22, 23, 25);
        assertThat(run.skipped()).containsExactlyElementsOf(overEveryTransport(IntStream.of(22, 25)));
        assertThat(run.json().path("differing").asInt()).isEqualTo(3 * differing.size());
        for (JsonNode row : run.rows()) {
            int number = row.path("number").asInt();
            if (row.has("skipped")) {
                continue;
            }
            boolean isNew = number == 23 || differing.contains(number);
            assertThat(row.path("outcome").asString()).as(row::toString).isEqualTo(isNew ? "fresh" : "recovered");
            assertThat(row.path("newId").equals(row.path("oldId"))).isNotEqualTo(isNew);
            assertThat(row.path("lost").asInt()).as(row::toString).isEqualTo(isNew ? 10 : 0);
            assertThat(row.path("doubled").asInt() + row.path("reordered").asInt())
                    .isZero();
            assertThat(row.has("differences")).as(row::toString).isEqualTo(differing.contains(number));
        }
        assertThat(run.outcome().out()).anyMatch(line -> line.contains(" different as the server declares, "));
    }

    @Test
    void recoversTheClientsOfAStormWhereItNoticesThatTheyAreAway() {
        Verification run = verify(
                directory,
                SERVER,
                List.of("--recovery", "120000"),
                25_000,
                20_000,
                "--scenario",
                "24",
                "--transport",
                "websocket,upgrade");
        assertThat(run.outcome().status()).as(run.outcome()::text).isZero();
        assertThat(run.played()).containsExactly("24 websocket", "24 upgrade");
        assertThat(run.json().path("passed").asInt()).isEqualTo(2);
    }

    /** Who is recovered is owed every message once: no gap that the server declares excuses it. */
    @ParameterizedTest
    @CsvSource({
        "doubles=100, '15,16,17', messages came twice",
        "doubles=700, '15,16,17', messages came twice",
        "drops, '16,19', messages are lost"
    })
    void catchesAServerThatOnlySaysThatItRecovers(String flaw, String scenarios, String failure) {
        var first = new java.util.ArrayList<>(List.of(flaw));
        first.addAll(RECOVERY);
        Verification run =
                verify(directory, FLAWED, first, 1_000, 500, "--scenario", scenarios, "--transport", "websocket");
        assertThat(run.outcome().status()).as(run.outcome()::text).isEqualTo(1);
        assertThat(run.rows()).hasSize(scenarios.split(",").length).allSatisfy(row -> {
            assertThat(row.path("outcome").asString()).isEqualTo("recovered");
            assertThat(row.path("failures"))
                    .as(row::toString)
                    .extracting(JsonNode::asString)
                    .anyMatch(told -> told.contains(failure));
        });
    }
}
