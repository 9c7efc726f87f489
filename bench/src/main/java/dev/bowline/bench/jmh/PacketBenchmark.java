package dev.bowline.bench.jmh;

import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.engine.RemoteProtocolException;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.PacketDecoder;
import dev.bowline.core.packet.PacketEncoder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** An event between Java values and what travels. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PacketBenchmark {
    private static final int ATTACHMENT = 1024;

    /** A text of 64 B, 1 KiB or 64 KiB, or an object that holds two attachments of 1 KiB among other things. */
    @Param({"64", "1024", "65536", "binary"})
    public String argument = "";

    private final JsonCodec codec = new JsonCodec();
    private final PacketDecoder decoder = new PacketDecoder();
    private Object value = "";
    private List<EnginePacket> received = List.of();

    /** Encodes what is to be decoded. */
    @Setup
    public void prepare() {
        value = argument.equals("binary") ? nested() : "x".repeat(Integer.parseInt(argument));
        received = encode().packets();
    }

    private static Object nested() {
        return Map.of(
                "name",
                "report",
                "pages",
                List.of(
                        Map.of("number", 1, "image", new byte[ATTACHMENT]),
                        Map.of("number", 2, "image", new byte[ATTACHMENT])));
    }

    /** A value becomes an event, and that its frames. */
    @Benchmark
    public PacketGroup encode() {
        return PacketEncoder.encode(Packet.of(Packet.Type.EVENT, "/", codec.writeEvent("news", value)));
    }

    /** Frames become an event that is valid; its arguments are not bound. */
    @Benchmark
    public @Nullable Packet decode() throws RemoteProtocolException {
        Packet packet = null;
        for (EnginePacket message : received) {
            packet = decoder.add(message);
        }
        return packet;
    }

    /** The same, and the argument is bound to a type. */
    @Benchmark
    public @Nullable Object decodeAndBind() throws RemoteProtocolException {
        Packet packet = Objects.requireNonNull(decode());
        Class<?> type = argument.equals("binary") ? Map.class : String.class;
        return codec.args(packet).get(0, type);
    }
}
