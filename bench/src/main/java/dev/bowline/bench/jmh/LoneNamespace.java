package dev.bowline.bench.jmh;

import dev.bowline.adapter.AdapterContext;
import dev.bowline.adapter.RoomListener;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Payload;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/** A namespace on its own. */
final class LoneNamespace implements AdapterContext, AutoCloseable {
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

    /** Ends its timer. */
    @Override
    public void close() {
        timer.shutdownNow();
    }
}
