package dev.bowline.bench.jmh;

import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.Claim;
import dev.bowline.adapter.FreshReason;
import dev.bowline.adapter.Receiver;
import dev.bowline.adapter.RecoveryLog;
import dev.bowline.adapter.SessionAwareAdapter;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What it costs to bring a client back that missed ten packets, of few or of many; and to keep one more. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RecoveryBenchmark {
    private static final int ROOMS = 10_000;
    private static final int MISSED = 10;
    private static final SessionAwareAdapter.Limits LIMITS = new SessionAwareAdapter.Limits(1 << 20, 100);
    private static final Packet PACKET =
            Packet.of(Packet.Type.EVENT, "/", Payload.ofJson("[\"news\",\"" + "x".repeat(64) + "\"]"));

    /** How many packets the log holds, over all rooms. */
    @Param({"10000", "1000000"})
    public int recorded;

    private final LoneNamespace namespace = new LoneNamespace();
    private final RecoveryLog log =
            new RecoveryLog(Duration.ofHours(1), Duration.ofHours(2), Long.MAX_VALUE / 2, System::nanoTime);
    private final SessionAwareAdapter adapter = log.adapter(namespace);
    private final Receiver client = new SilentReceiver("client");
    private final String pid = adapter.pid("secret");
    private String offset = "";
    private long handedOver;

    private final SessionAwareAdapter.Handover handover = new SessionAwareAdapter.Handover() {
        @Override
        public void missed(PacketGroup packets) {
            handedOver++;
        }

        @Override
        public void complete() {}
    };

    /** Fills the log, and cuts the client off before the last ten packets of its room. */
    @Setup
    public void fill() {
        for (int i = 0; i < ROOMS; i++) {
            String id = "socket" + i;
            adapter.add(new SilentReceiver(id), adapter.pid(id));
            adapter.join(id, Set.of("room" + i));
        }
        adapter.add(client, pid);
        adapter.join(client.id(), Set.of("room0"));
        for (int i = 0; i < recorded - MISSED; i++) {
            adapter.broadcast(PACKET, BroadcastOptions.to("room" + i % ROOMS));
        }
        offset = adapter.position(Claim.none(FreshReason.NOT_ASKED));
        adapter.suspend(client, this, 0, () -> {});
        for (int i = 0; i < MISSED; i++) {
            adapter.broadcast(PACKET, BroadcastOptions.to("room0"));
        }
    }

    /** Ends what the adapter was lent. */
    @TearDown
    public void end() {
        namespace.close();
    }

    /** Looks the session up, hands over what was missed, takes the client in, and loses it again. */
    @Benchmark
    public long restore() {
        Claim claim = adapter.claim(pid, Optional.of(offset));
        SessionAwareAdapter.Step step = adapter.resume(claim, client, Set.of(), LIMITS, handover);
        if (step != SessionAwareAdapter.Step.IN || claim.replayed() != MISSED) {
            throw new IllegalStateException(step + " after " + claim.replayed());
        }
        adapter.suspend(client, this, 0, () -> {});
        return handedOver;
    }

    /** Numbers a packet, keeps it, and hands it to a room of one. */
    @Benchmark
    public void keep() {
        adapter.broadcast(PACKET, BroadcastOptions.to("room1"));
    }
}
