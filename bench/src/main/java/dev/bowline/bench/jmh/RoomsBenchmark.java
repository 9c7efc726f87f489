package dev.bowline.bench.jmh;

import dev.bowline.adapter.Adapter;
import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.InMemoryAdapter;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
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

/** A broadcast from its packet to the receivers' mailboxes, which are bottomless here. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RoomsBenchmark {
    private static final int SOCKETS = 10_000;
    private static final int ROOMS = 200;
    private static final Packet PACKET =
            Packet.of(Packet.Type.EVENT, "/", Payload.ofJson("[\"news\",\"" + "x".repeat(64) + "\"]"));

    /** One room of fifty, two of them, two that overlap, all but one of ten thousand. */
    @Param({"one", "two", "overlapping", "except"})
    public String selection = "";

    private final LoneNamespace namespace = new LoneNamespace();
    private final Adapter adapter = new InMemoryAdapter(namespace);
    private BroadcastOptions options = BroadcastOptions.EVERYONE;

    /** Fills the rooms. */
    @Setup
    public void fill() {
        for (int i = 0; i < SOCKETS; i++) {
            String id = "socket" + i;
            adapter.add(new SilentReceiver(id));
            adapter.join(id, Set.of("room" + i % ROOMS, "also" + i % ROOMS));
        }
        options = switch (selection) {
            case "one" -> BroadcastOptions.to("room1");
            case "two" -> BroadcastOptions.to("room1").andTo(Set.of("room2"));
            case "overlapping" -> BroadcastOptions.to("room1").andTo(Set.of("also1"));
            default -> BroadcastOptions.EVERYONE.butNotTo(Set.of("room1"));
        };
    }

    /** Ends what the adapter was lent. */
    @TearDown
    public void end() {
        namespace.close();
    }

    /** Selects, encodes and hands over. */
    @Benchmark
    public void broadcast() {
        adapter.broadcast(PACKET, options);
    }

    /** Leaves a room and joins it again. */
    @Benchmark
    public void leaveAndJoin() {
        adapter.leave("socket1", "room1");
        adapter.join("socket1", Set.of("room1"));
    }
}
