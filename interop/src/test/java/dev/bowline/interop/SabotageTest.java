package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Who breaks what Bowline is for is told by {@code verify}, and told where. */
class SabotageTest {
    /** What is broken, and the scenario that must say so. */
    record Sabotage(String what, int number, String scenario, Mutant mutant, String failure) {
        @Override
        public String toString() {
            return what;
        }
    }

    static List<Sabotage> sabotages() {
        return List.of(
                new Sabotage(
                        "the server never pings",
                        8,
                        "the network is cut silently, then heals",
                        new Mutant(
                                "core/src/main/java/dev/bowline/core/engine/PingingHeartbeat.java",
                                "this.deadline = now + intervalNanos;",
                                "this.deadline = now + java.util.concurrent.TimeUnit.DAYS.toNanos(1);"),
                        "the server's word that"),
                new Sabotage(
                        "an id is used again",
                        5,
                        "the server drops the transport",
                        new Mutant(
                                "server/src/main/java/dev/bowline/server/SocketSession.java",
                                "this.id = comeback == null ? Ids.next() : comeback.id().orElseGet(Ids::next);",
                                "this.id = \"AlwaysTheSameIdAgain\";"),
                        "the id after the reconnection is the old one"),
                new Sabotage(
                        "a loss is told as a goodbye",
                        2,
                        "heartbeat",
                        new Mutant(
                                "core/src/main/java/dev/bowline/core/engine/EngineSession.java",
                                "finish(CloseReason.PING_TIMEOUT, \"no pong within pingTimeout\");",
                                """
                                send(PacketGroup.of(EnginePacket.ofText(EnginePacket.Type.MESSAGE, Bytes.utf8("41"))));
                                finish(CloseReason.PING_TIMEOUT, "no pong within pingTimeout");
                                """),
                        "the client's reason is 'io server disconnect'"),
                new Sabotage(
                        "a replay begins too late",
                        16,
                        "back after a reset",
                        new Mutant(
                                "adapter/src/main/java/dev/bowline/adapter/RoomLog.java",
                                "if (at(middle).sequence() <= sequence) {",
                                "if (at(middle).sequence() <= sequence + 5) {"),
                        "of 24 messages are lost"),
                new Sabotage(
                        "a replay begins too early",
                        16,
                        "back after a reset",
                        new Mutant(
                                "adapter/src/main/java/dev/bowline/adapter/RoomLog.java", "return low;", "return 0;"),
                        "messages came twice"),
                new Sabotage(
                        "a replay is sent again when all is said",
                        16,
                        "back after a reset",
                        new Mutant(
                                "lab/src/main/java/dev/bowline/lab/LabServer.java",
                                "tell(\"connected\", details);",
                                """
                                tell("connected", details);
                                if (socket.recovered()) {
                                    java.util.concurrent.CompletableFuture.delayedExecutor(
                                                    250, java.util.concurrent.TimeUnit.MILLISECONDS)
                                            .execute(() -> pour(socket, 20));
                                }
                                """),
                        "messages came twice"),
                new Sabotage(
                        "a socket is in before the one that it takes over is out",
                        20,
                        "back before the server noticed",
                        new Mutant(
                                "lab/src/main/java/dev/bowline/lab/LabServer.java",
                                "reason -> tell(\"disconnected\", Map.of(\"nsp\", namespace, \"id\", socket.id(), "
                                        + "\"reason\", reason.text())));",
                                """
                                reason -> java.util.concurrent.CompletableFuture.delayedExecutor(
                                                200, java.util.concurrent.TimeUnit.MILLISECONDS)
                                        .execute(() -> tell("disconnected", Map.of(
                                                "nsp", namespace, "id", socket.id(), "reason", reason.text()))));
                                """),
                        "two sockets at once"));
    }

    @TempDir
    private Path directory;

    private Verification verify(Mutant mutant, int scenario) throws IOException {
        return Verification.run(
                directory,
                List.of(mutant.compile(directory)),
                Map.of(),
                "--scenario",
                Integer.toString(scenario),
                "--transport",
                "websocket");
    }

    @ParameterizedTest
    @MethodSource("sabotages")
    void isCaughtAndNamed(Sabotage sabotage) throws IOException {
        Verification run = verify(sabotage.mutant(), sabotage.number());
        assertThat(run.outcome().status()).as(run.outcome()::text).isEqualTo(1);
        assertThat(run.json().path("failed").asInt()).isEqualTo(1);
        JsonNode row = run.rows().get(0);
        assertThat(row.path("number").asInt()).isEqualTo(sabotage.number());
        assertThat(row.path("scenario").asString()).isEqualTo(sabotage.scenario());
        assertThat(row.path("ok").booleanValue()).isFalse();
        assertThat(row.path("failures"))
                .extracting(JsonNode::asString)
                .anyMatch(failure -> failure.contains(sabotage.failure()));
        assertThat(run.outcome().out())
                .anyMatch(line -> line.contains(sabotage.scenario()) && line.contains(" FAILED "))
                .anyMatch(line -> line.strip()
                                .startsWith("✗ scenario " + sabotage.number() + " (" + sabotage.scenario()
                                        + ", websocket): ")
                        && line.contains(sabotage.failure()));
        assertThat(run.html()).contains(sabotage.failure());
    }

    /** So it is not the way of sabotage that is caught. */
    @ParameterizedTest
    @MethodSource("sabotages")
    void isNotSeenWhereNothingWasChanged(Sabotage sabotage) throws IOException {
        Verification run = verify(sabotage.mutant().harmless(), sabotage.number());
        assertThat(run.outcome().status()).as(run.outcome()::text).isZero();
        assertThat(run.rows()).singleElement().matches(row -> row.path("ok").booleanValue());
    }

    /** The contract is for servers of others: ours has no need to be told what it must offer. */
    @Test
    void aFailureOfTheLabsOwnServerDoesNotPointToTheContract() throws IOException {
        Verification run = verify(
                new Mutant(
                        "lab/src/main/java/dev/bowline/lab/LabServer.java",
                        "io.of(\"/lab\").onConnection(this::control);",
                        ""),
                1);
        assertThat(run.outcome().status()).as(run.outcome()::text).isEqualTo(1);
        assertThat(run.rows().get(0).path("failures"))
                .extracting(JsonNode::asString)
                .containsExactly("cannot reach the controls (/lab) of the server: Invalid namespace");
    }
}
