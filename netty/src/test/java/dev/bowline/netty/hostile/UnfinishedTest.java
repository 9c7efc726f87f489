package dev.bowline.netty.hostile;

import static dev.bowline.netty.RawClient.BINARY;
import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.TEXT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.RawClient;
import dev.bowline.testkit.Eventually;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many who each begin what they may, and never come to its end: together it is far more than the server has. */
@Tag("hostile")
class UnfinishedTest {
    private static final int MOST = 32 << 20;
    private static final byte[] LARGE = new byte[990_000];

    static {
        Arrays.fill(LARGE, (byte) 'x');
    }

    private static Siege laid() {
        return Siege.laid(options -> options.maxInboundBytes(MOST).cleanupEmptyChildNamespaces(true));
    }

    /** So many come and say it, as far as the server lets them; who came first is sent away. */
    private static void isSaidByMany(Siege siege, int count, Function<Siege, RawClient> comes, byte[]... parts) {
        RawClient first = comes.apply(siege);
        for (int i = 0; i < count; i++) {
            RawClient attacker = i == 0 ? first : comes.apply(siege);
            try {
                for (byte[] part : parts) {
                    attacker.send(part);
                }
            } catch (UncheckedIOException closed) {
                // As it should be, sooner or later.
            }
            // One message of each loop may have come in before those who are sent away have gone.
            assertThat(held(siege)).isLessThanOrEqualTo(MOST);
        }
        Eventually.await("the first to be sent away", () -> {
            try {
                return first.isClosedByServer();
            } catch (UncheckedIOException reset) {
                return true;
            }
        });
    }

    private static byte[] attachment() {
        return RawClient.encode(true, BINARY, LARGE);
    }

    @Test
    void packetsWithoutTheirLastAttachment() throws Exception {
        String placeholders = IntStream.range(0, 10)
                .mapToObj(i -> "{\"_placeholder\":true,\"num\":" + i + "}")
                .collect(Collectors.joining(","));
        byte[] header = RawClient.encode(
                true, TEXT, ("4510-[\"never\"," + placeholders + "]").getBytes(StandardCharsets.UTF_8));
        byte[][] parts = new byte[10][];
        parts[0] = header;
        Arrays.fill(parts, 1, 10, attachment());
        laid().withstands(siege -> isSaidByMany(siege, 7, Siege::opened, parts));
    }

    @Test
    void messagesWithoutTheirLastFragment() throws Exception {
        byte[] fragment = RawClient.encode(false, TEXT, LARGE);
        laid().withstands(siege -> isSaidByMany(siege, 60, Siege::inside, fragment));
    }

    @Test
    void framesWithoutTheirLastByte() throws Exception {
        byte[] frame = RawClient.encode(true, TEXT, LARGE);
        laid().withstands(siege -> isSaidByMany(siege, 300, Siege::opened, Arrays.copyOf(frame, frame.length - 1)));
    }

    @Test
    void bodiesWithoutTheirLastByte() throws Exception {
        laid().withstands(siege -> isSaidByMany(
                siege,
                300,
                besieged -> {
                    RawClient attacker = besieged.connected();
                    String session = POLLING + "&sid="
                            + RawClient.sid(attacker.get(POLLING).body());
                    return attacker.send(RawClient.request("POST", session, "Content-Length: 990001"));
                },
                LARGE));
    }

    @Test
    void eventsInManyNamespacesWhoseHandlersHaveNoTime() throws Exception {
        laid().withstands(siege -> {
            var release = new CountDownLatch(1);
            siege.io()
                    .of(Pattern.compile("/busy-\\d+"))
                    .onConnection(socket -> socket.onEvent("wait", (args, ack) -> release.await()));
            List<CompletableFuture<Void>> attacks = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                RawClient attacker = siege.opened();
                attacks.add(Siege.aside(() -> fillEveryNamespace(attacker)));
            }
            Eventually.await("the server to hold something", () -> held(siege) > 0);
            for (int round = 0; round < 20; round++) {
                assertThat(held(siege)).isLessThan(4 * 3_000_000);
                siege.inside();
            }
            release.countDown();
            attacks.forEach(CompletableFuture::join);
        });
    }

    private static long held(Siege siege) {
        return siege.io().engine().inboundMemory().held();
    }

    private static void fillEveryNamespace(RawClient attacker) {
        try {
            for (int n = 0; n < 20; n++) {
                attacker.text("40/busy-" + n + ",");
                attacker.frame(true, TEXT, event(n));
            }
        } catch (UncheckedIOException closed) {
            // As it should be.
        }
    }

    private static byte[] event(int namespace) {
        byte[] head = ("42/busy-" + namespace + ",[\"wait\",\"").getBytes(StandardCharsets.UTF_8);
        byte[] event = Arrays.copyOf(head, head.length + LARGE.length + 2);
        System.arraycopy(LARGE, 0, event, head.length, LARGE.length);
        event[event.length - 2] = '"';
        event[event.length - 1] = ']';
        return event;
    }

    @Test
    void nothingOfItIsCountedOnceItIsDone() throws Exception {
        laid().withstands(siege -> {
            RawClient honest = siege.inside();
            honest.frame(false, TEXT, "42[\"lar".getBytes(StandardCharsets.UTF_8));
            honest.frame(false, 0, ("ge\",\"" + "x".repeat(500_000)).getBytes(StandardCharsets.UTF_8));
            Eventually.await("a part", Duration.ofSeconds(10), () -> held(siege) > 0);
            honest.frame(true, 0, "\"]".getBytes(StandardCharsets.UTF_8));
            Eventually.await("the event", () -> siege.heard().contains("large"));
            Eventually.await("nothing to be held", () -> held(siege) == 0);
        });
    }
}
