package dev.bowline.bench.jmh;

import dev.bowline.adapter.Adapter;
import dev.bowline.adapter.AdapterContext;
import dev.bowline.adapter.AnswerListener;
import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.InMemoryAdapter;
import dev.bowline.adapter.Receiver;
import dev.bowline.adapter.RoomListener;
import dev.bowline.adapter.SocketDetails;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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

    private final Context context = new Context();
    private final Adapter adapter = new InMemoryAdapter(context);
    private BroadcastOptions options = BroadcastOptions.EVERYONE;

    /** Fills the rooms. */
    @Setup
    public void fill() {
        for (int i = 0; i < SOCKETS; i++) {
            String id = "socket" + i;
            adapter.add(new Silent(id));
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
        context.timer.shutdownNow();
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

    /** A receiver that has more to do already than anyone owes it. */
    private record Silent(String id) implements Receiver {
        @Override
        public boolean enqueue(Packet packet, PacketGroup encoded) {
            return false;
        }

        @Override
        public Executor loop() {
            return Runnable::run;
        }

        @Override
        public void drain() {}

        @Override
        public void expect(long ackId, AnswerListener listener) {}

        @Override
        public void forget(long ackId) {}

        @Override
        public void disconnect(boolean closeConnection) {}

        @Override
        public SocketDetails details() {
            throw new UnsupportedOperationException("nobody asks");
        }
    }

    /** A namespace on its own. */
    private static final class Context implements AdapterContext {
        private final JsonCodec codec = new JsonCodec();
        private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        private long ackId;

        @Override
        public String namespace() {
            return "/";
        }

        @Override
        public JsonCodec codec() {
            return codec;
        }

        @Override
        public long nextAckId() {
            return ackId++;
        }

        @Override
        public ScheduledExecutorService timer() {
            return timer;
        }

        @Override
        public long maxAnswerBytes() {
            return Long.MAX_VALUE;
        }

        @Override
        public RoomListener rooms() {
            return new RoomListener() {};
        }

        @Override
        public void serverSideEvent(Payload event, Consumer<Payload> ack) {}
    }
}
