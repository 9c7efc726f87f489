package dev.bowline.server;

import dev.bowline.adapter.AdapterContext;
import dev.bowline.adapter.LocalAdapter;
import dev.bowline.adapter.RoomListener;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
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
    public LocalAdapter local(RoomListener also) {
        return owner.server()
                .recoveryLog()
                .map(log -> log.local(this, also))
                .orElseGet(() -> AdapterContext.super.local(also));
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
    public void delivered(Packet packet, PacketGroup encoded, int receivers) {
        Observers observers = owner.server().observers();
        if (observers != null) {
            String event = codec().eventName(packet);
            int bytes = encoded.byteLength();
            observers.tell(listener -> listener.broadcastSent(owner, event, bytes, receivers));
        }
    }

    @Override
    public void serverSideEvent(Payload event, Consumer<Payload> ack) {
        events.heard(event, ack);
    }
}
