package dev.bowline.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The heartbeat as a table: what happens when, and what is due. The interval is 25 s, the timeout 20 s. */
class HeartbeatTest {
    private static final long START = Long.MAX_VALUE - seconds(30);

    private record Row(ProtocolRevision revision, String name, List<String> steps) {}

    private static Row row(String name, String... steps) {
        return new Row(ProtocolRevision.V4, name, List.of(steps));
    }

    private static Row oldRow(String name, String... steps) {
        return new Row(ProtocolRevision.V3, name, List.of(steps));
    }

    // A step is "<second> advance <due>", "<second> ping <answer>", "<second> pong <answer>", "<second> other" or
    // "<second> excuse"; then "-> <deadline>".
    private static final List<Row> ROWS = List.of(
            row(
                    "pings once the interval is over, not before",
                    "24 advance NOTHING -> 25",
                    "25 advance SEND_PING -> 45"),
            row("pings once only", "25 advance SEND_PING -> 45", "26 advance NOTHING -> 45"),
            row(
                    "declares the peer lost when no pong follows",
                    "25 advance SEND_PING -> 45",
                    "45 advance PEER_LOST -> 45"),
            row(
                    "starts the interval at the pong",
                    "25 advance SEND_PING -> 45",
                    "27 pong NOTHING -> 52",
                    "52 advance SEND_PING -> 72"),
            row("takes an unsolicited pong as a new start", "10 pong NOTHING -> 35", "25 advance NOTHING -> 35"),
            row(
                    "lets one other packet extend the wait, once per ping",
                    "25 advance SEND_PING -> 45",
                    "40 other -> 60",
                    "50 other -> 60",
                    "60 advance PEER_LOST -> 60"),
            row("does not count packets before the ping", "24 other -> 25", "25 advance SEND_PING -> 45"),
            row(
                    "lets other packets extend again after the next ping",
                    "25 advance SEND_PING -> 45",
                    "30 other -> 50",
                    "31 pong NOTHING -> 56",
                    "56 advance SEND_PING -> 76",
                    "60 other -> 80"),
            row(
                    "excuses only a pong that is awaited",
                    "10 excuse -> 25",
                    "25 advance SEND_PING -> 45",
                    "44 excuse -> 64"),
            row("is not pinged", "10 ping WRONG_DIRECTION -> 25"),
            oldRow("awaits a ping for interval and timeout", "25 advance NOTHING -> 45", "45 advance PEER_LOST -> 45"),
            oldRow(
                    "answers each ping, and waits anew",
                    "25 ping SEND_PONG -> 70",
                    "45 advance NOTHING -> 70",
                    "50 ping SEND_PONG -> 95",
                    "95 advance PEER_LOST -> 95"),
            oldRow("counts nothing but pings", "44 other -> 45", "44 pong WRONG_DIRECTION -> 45"),
            oldRow("waits anew for pings that could not be read", "44 excuse -> 89"),
            row("wakes late without sending two pings", "80 advance SEND_PING -> 100", "80 advance NOTHING -> 100"));

    @TestFactory
    Stream<DynamicTest> beats() {
        return ROWS.stream().map(row -> DynamicTest.dynamicTest(row.name(), () -> run(row)));
    }

    private static void run(Row row) {
        var heartbeat = row.revision().heartbeat(Duration.ofSeconds(25), Duration.ofSeconds(20), START);
        List<String> happened = new ArrayList<>();
        for (String step : row.steps()) {
            String[] words = step.split(" ", -1);
            long now = START + seconds(Long.parseLong(words[0]));
            String what = words[1];
            switch (what) {
                case "advance" -> what += " " + heartbeat.advance(now);
                case "ping" -> what += " " + heartbeat.onPing(now);
                case "pong" -> what += " " + heartbeat.onPong(now);
                case "other" -> heartbeat.onOtherPacket(now);
                case "excuse" -> heartbeat.excuse(now);
                default -> throw new IllegalArgumentException(step);
            }
            happened.add(words[0] + " " + what + " -> " + (heartbeat.deadline() - START) / seconds(1));
        }
        assertThat(happened).isEqualTo(row.steps());
    }

    private static long seconds(long count) {
        return count * 1_000_000_000L;
    }
}
