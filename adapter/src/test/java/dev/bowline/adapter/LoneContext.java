package dev.bowline.adapter;

import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Payload;
import dev.bowline.testkit.ManualScheduler;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/** A namespace of which an adapter wants nothing. */
final class LoneContext implements AdapterContext {
    private final JsonCodec codec = new JsonCodec();
    private final ManualScheduler timer = new ManualScheduler();

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
        return 0;
    }

    @Override
    public ScheduledExecutorService timer() {
        return timer;
    }

    @Override
    public long maxAnswerBytes() {
        return 0;
    }

    @Override
    public RoomListener rooms() {
        return RoomListener.NONE;
    }

    @Override
    public void serverSideEvent(Payload event, Consumer<Payload> ack) {}
}
