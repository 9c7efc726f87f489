package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code verify --url} against the official implementation on Node. */
class VerifyNodeTest {
    private static final String SERVER = "../../lab/src/main/resources/dev/bowline/lab/contract-server.cjs";
    private static final String LISTENING = "listening on ";

    @TempDir
    private Path directory;

    private static Verification verify(Path directory, int interval, int timeout, String... options) {
        try (NodeProcess node = NodeProcess.start(
                SERVER, "--ping-interval", Integer.toString(interval), "--ping-timeout", Integer.toString(timeout))) {
            String url = node.awaitLine(LISTENING).substring(LISTENING.length());
            var all = new java.util.ArrayList<>(List.of("--url", url, "--node-modules", LabProcess.packages()));
            all.addAll(List.of(options));
            Verification run = Verification.run(directory, all.toArray(String[]::new));
            assertThat(run.json().path("target").asString()).isEqualTo(url);
            return run;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bowline", "js"})
    void holdsWithEitherClient(String client) {
        Verification run = verify(directory, 300, 200, "--client", client);
        run.assertHolds(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
        assertThat(run.json().path("client").asString()).isEqualTo(client);
        assertThat(run.skipped())
                .containsExactlyInAnyOrder(
                        "7 websocket",
                        "7 polling",
                        "7 upgrade",
                        "10 websocket",
                        "10 polling",
                        "10 upgrade",
                        "11 websocket",
                        "11 polling",
                        "11 upgrade",
                        "13 websocket",
                        "13 polling",
                        "13 upgrade");
        assertThat(run.rows())
                .filteredOn(row -> row.has("skipped"))
                .allSatisfy(row -> assertThat(row.path("skipped").asString())
                        .isEqualTo(
                                switch (row.path("number").asInt()) {
                                    case 7 -> "a server elsewhere cannot be killed from here";
                                    case 10 ->
                                        row.path("transport").asString().equals("polling")
                                                ? "a polling client tells the server over its next link"
                                                : "needs a server with pingInterval 1000 ms and pingTimeout 500 ms or more";
                                    case 11 ->
                                        "needs a server with pingInterval 1000 ms and pingTimeout 4000 ms or more";
                                    default ->
                                        "needs a server with pingInterval 5000 ms and pingTimeout 5000 ms or more";
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
}
