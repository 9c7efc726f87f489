package dev.bowline.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** The bound of the log is one to memory as the collector sees it, whatever packets look like. */
class RecoveryLogMemoryTest {
    private static final long MAX_BYTES = 16 << 20;
    private static final Duration HOUR = Duration.ofHours(1);
    private static final JsonCodec CODEC = new JsonCodec();

    private long heldBy(int packets, int rooms, IntFunction<BroadcastOptions> options, Object... args) {
        var context = new LoneContext();
        var log = new RecoveryLog(HOUR, HOUR, MAX_BYTES, System::nanoTime);
        SessionAwareAdapter adapter = log.adapter(context);
        List<Receiver> sockets = new ArrayList<>();
        for (int i = 0; i < rooms; i++) {
            var socket = new SilentSocket("socket" + i);
            sockets.add(socket);
            adapter.add(socket, adapter.pid("p" + i));
            adapter.join(socket.id(), Set.of("room" + i));
        }
        long before = used();
        for (int i = 0; i < packets; i++) {
            adapter.broadcast(Packet.of(Packet.Type.EVENT, "/", CODEC.writeEvent("news", args)), options.apply(i));
            assertThat(log.bytes()).isLessThanOrEqualTo(MAX_BYTES);
        }
        assertThat(log.bytes()).isGreaterThan(MAX_BYTES / 2);
        long held = used() - before;
        assertThat(sockets).hasSize(rooms);
        adapter.close();
        return held;
    }

    private static long used() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }

    @Test
    void holdsSmallPacketsWithinItsBound() {
        assertThat(heldBy(100_000, 1, i -> BroadcastOptions.EVERYONE, "x")).isLessThan(MAX_BYTES);
    }

    @Test
    void holdsPacketsToManyRoomsWithinItsBound() {
        assertThat(heldBy(
                        100_000,
                        1_000,
                        i -> BroadcastOptions.to("room" + i % 1_000)
                                .andTo(Set.of("room" + (i + 1) % 1_000, "room" + (i + 2) % 1_000))
                                .butNotTo(Set.of(new String("somewhere else " + i))),
                        "x"))
                .isLessThan(MAX_BYTES);
    }

    @Test
    void holdsAttachmentsWithinItsBound() {
        assertThat(heldBy(40_000, 1, i -> BroadcastOptions.EVERYONE, new byte[10], new byte[200], new byte[0]))
                .isLessThan(MAX_BYTES);
    }

    @Test
    void holdsLargePacketsWithinItsBound() {
        assertThat(heldBy(2_000, 1, i -> BroadcastOptions.EVERYONE, "x".repeat(20_000)))
                .isLessThan(MAX_BYTES);
    }

    @Test
    void countsTheSessionsOfAbsentClientsToo() {
        var log = new RecoveryLog(HOUR, HOUR, MAX_BYTES, System::nanoTime);
        SessionAwareAdapter adapter = log.adapter(new LoneContext());
        long before = used();
        for (int i = 0; i < 100_000; i++) {
            var socket = new SilentSocket("socket number " + i);
            adapter.add(socket, adapter.pid("12345678901234567890" + i));
            adapter.join(socket.id(), Set.of("a room of its own " + i, "room" + i % 10));
            adapter.suspend(socket, "keepsake", 0, () -> {});
            assertThat(log.bytes()).isLessThanOrEqualTo(MAX_BYTES);
        }
        // Those that had to go are remembered for a while by their secrets, so that their clients are told why.
        assertThat(used() - before).isLessThan(MAX_BYTES + (2 << 20));
        assertThat(log.awayCount()).isBetween(1, 99_999);
        adapter.close();
    }
}
