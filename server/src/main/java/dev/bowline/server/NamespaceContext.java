package dev.bowline.server;

import dev.bowline.adapter.AdapterContext;
import dev.bowline.adapter.RoomListener;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Payload;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/** A namespace as its adapter sees it. */
record NamespaceContext(Namespace owner, RoomListener rooms, ServerSideEvents events) implements AdapterContext {
    @Override
    public String namespace() {
        return owner.name();
    }

    @Override
    public JsonCodec codec() {
        return owner.codec();
    }

    @Override
    public long nextAckId() {
        return owner.nextAckId();
    }

    @Override
    public ScheduledExecutorService timer() {
        return owner.server().timer();
    }

    @Override
    public long maxAnswerBytes() {
        return owner.server().options().maxAnswerBytes();
    }

    @Override
    public void serverSideEvent(Payload event, Consumer<Payload> ack) {
        events.heard(event, ack);
    }
}
