package dev.bowline.netty.hostile;

import static dev.bowline.netty.RawClient.PING;
import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.RawClient;
import dev.bowline.server.Socket;
import dev.bowline.testkit.Eventually;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Those who have the server speak, and do not listen. */
@Tag("hostile")
class UnreadTest {
    private static final int BROADCASTS = 10_000;
    private static final String TEN_KIB = "x".repeat(10 << 10);
    private static final long BUDGET = 16 << 20;
    private static final long FLOOD_BUDGET = 8 << 20;

    /** Broadcasts to everyone in the main namespace; says how many bytes Netty held at most meanwhile. */
    private static long broadcast(Siege siege) {
        long most = 0;
        for (int i = 0; i < BROADCASTS; i++) {
            siege.io().emit("news", i, TEN_KIB);
            if (i % 100 == 0) {
                most = Math.max(most, Muster.directBytes());
            }
        }
        return most;
    }

    private static CompletableFuture<Void> readsAll(RawClient client) {
        return Siege.aside(() -> {
            for (int i = 0; i < BROADCASTS; i++) {
                assertThat(client.nextText()).startsWith("42[\"news\"," + i + ",");
            }
        });
    }

    @Test
    void doNotKeepTenThousandBroadcastsFromTheOthers() throws Exception {
        Siege.laid().withstands(siege -> {
            List<RawClient> deaf = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                deaf.add(siege.enlist(new RawClient(siege.port(), 4096)));
                deaf.get(i).upgrade(WEBSOCKET);
                deaf.get(i).text("40");
            }
            List<CompletableFuture<Void>> reading = List.of(readsAll(siege.inside()), readsAll(siege.inside()));
            Eventually.await("all to be in", () -> siege.entered() == 7);
            long before = Muster.directBytes();
            assertThat(broadcast(siege)).isLessThan(before + BUDGET);
            reading.forEach(CompletableFuture::join);
            Eventually.await("the deaf to be gone", () -> siege.io().connectionCount() == 4);
        });
    }

    @Test
    void doNotCostMoreWhenTheyNeverPoll() throws Exception {
        Siege.laid().withstands(siege -> {
            for (int i = 0; i < 5; i++) {
                RawClient.openPolling(siege.port());
            }
            CompletableFuture<Void> reading = readsAll(siege.inside());
            Eventually.await("all to be in", () -> siege.entered() == 6);
            long before = Muster.directBytes();
            assertThat(broadcast(siege)).isLessThan(before + BUDGET);
            reading.join();
            Eventually.await(
                    "those who do not poll to be gone", () -> siege.io().connectionCount() == 3);
        });
    }

    /** So many of the same frame as fit in what is sent at once. */
    private static byte[] many(byte[] frame, int count) {
        var frames = new ByteArrayOutputStream();
        IntStream.range(0, count).forEach(i -> frames.writeBytes(frame));
        return frames.toByteArray();
    }

    private static byte[] text(String text) {
        return RawClient.encode(true, RawClient.TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends the frames so often, and says that the server keeps next to nothing of the answers that wait unread. */
    private static void flood(RawClient attacker, byte[] frames, int times) {
        long direct = Muster.directBytes();
        long heap = Muster.heapBytes();
        CompletableFuture<Void> flooding =
                Siege.aside(() -> IntStream.range(0, times).forEach(i -> attacker.send(frames)));
        Eventually.await("the end of the flood", Duration.ofSeconds(60), flooding::isDone);
        flooding.join();
        assertThat(Muster.directBytes()).isLessThan(direct + FLOOD_BUDGET);
        assertThat(Muster.heapBytes()).isLessThan(heap + FLOOD_BUDGET);
    }

    @Test
    void mayPingWithoutReadingThePongs() throws Exception {
        Siege.laid().withstands(siege -> {
            flood(siege.inside(), many(RawClient.encode(true, PING, new byte[125]), 500), 100);
        });
    }

    @Test
    void mayProbeWithoutReadingTheAnswers() throws Exception {
        Siege.laid(options -> options.connectTimeout(Duration.ofSeconds(6))).withstands(siege -> {
            RawClient attacker = siege.connected();
            String sid = RawClient.sid(siege.connected().get(POLLING).body());
            attacker.upgrade(WEBSOCKET + "&sid=" + sid);
            flood(attacker, many(text("2probe"), 1_000), 100);
        });
    }

    @Test
    void doNotReadTheAnswersToTheirQuestions() throws Exception {
        // So long a handler waits for its own client.
        Siege answering = Siege.laid(options -> options.pingTimeout(Duration.ofSeconds(2)));
        answering.io().onConnection(socket -> socket.onRequest("ask", String.class, question -> TEN_KIB));
        answering.withstands(siege -> {
            RawClient attacker = siege.enlist(new RawClient(siege.port(), 4096));
            attacker.upgrade(WEBSOCKET);
            attacker.text("40");
            Eventually.await("the attacker to be in", () -> siege.entered() == 1);
            long before = Muster.directBytes();
            CompletableFuture<Void> asking = Siege.aside(() -> {
                for (int i = 0; i < 2_000; i++) {
                    attacker.text("42" + i + "[\"ask\",\"x\"]");
                }
            });
            Eventually.await(
                    "the attacker to be given up",
                    Duration.ofSeconds(30),
                    () -> !siege.heard().isEmpty() && siege.io().connectionCount() == 2);
            assertThat(Muster.directBytes()).isLessThan(before + BUDGET);
            attacker.reset();
            Eventually.await("the attacker to stop", asking::isDone);
        });
    }

    @Test
    void pipelineRequestsWithoutReadingTheAnswers() throws Exception {
        Siege.laid(options -> options.connectTimeout(Duration.ofSeconds(1))).withstands(siege -> {
            byte[] requests = many(
                    RawClient.request("GET", "/socket.io/?EIO=4&transport=none").getBytes(StandardCharsets.UTF_8), 500);
            long before = Muster.directBytes();
            for (int i = 0; i < 4; i++) {
                RawClient attacker = siege.enlist(new RawClient(siege.port(), 4096));
                CompletableFuture<Void> flooding = Siege.aside(() -> {
                    for (int sent = 0; sent < 500; sent++) {
                        attacker.send(requests);
                    }
                });
                assertThat(flooding).failsWithin(Duration.ofSeconds(60));
            }
            assertThat(Muster.directBytes()).isLessThan(before + BUDGET);
        });
    }

    @Test
    void neverAnswerWhatTheyAreAsked() throws Exception {
        Siege.laid(options -> options.ackTimeout(Duration.ofSeconds(2))).withstands(siege -> {
            Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
            siege.inside();
            Eventually.await("the attacker", () -> siege.io().of("/").socketCount() == 1);
            sockets.addAll(siege.io().of("/").sockets());
            List<CompletableFuture<?>> answers = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                answers.add(sockets.element().emitWithAck("ask", String.class, i));
            }
            answers.forEach(answer -> assertThat(answer).failsWithin(Duration.ofSeconds(20)));
        });
    }
}
