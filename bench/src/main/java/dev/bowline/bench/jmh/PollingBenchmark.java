package dev.bowline.bench.jmh;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.PollingPayload;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Bodies of long-polling. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PollingBenchmark {
    private static final int BYTES = 64;

    /** How many packets are in a body. */
    @Param({"1", "16"})
    public int packets = 1;

    /** Whether they are binary, and travel in base64. */
    @Param({"false", "true"})
    public boolean binary;

    private List<EnginePacket> list = List.of();
    private Bytes body = Bytes.EMPTY;

    /** Encodes what is to be decoded. */
    @Setup
    public void prepare() {
        EnginePacket packet = binary
                ? EnginePacket.binary(Bytes.wrap(new byte[BYTES]))
                : EnginePacket.message("2[\"news\",\"" + "x".repeat(BYTES) + "\"]");
        list = Collections.nCopies(packets, packet);
        body = encode();
    }

    /** Packets become a body. */
    @Benchmark
    public Bytes encode() {
        return PollingPayload.encode(list);
    }

    /** A body becomes packets. */
    @Benchmark
    public PollingPayload.Decoded decode() {
        return PollingPayload.decode(body);
    }
}
