package dev.bowline.adapter;

import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/** A context with one listener of rooms more. */
record ToldTwice(AdapterContext context, RoomListener second) implements AdapterContext, RoomListener {
    @Override
    public String namespace() {
        return context.namespace();
    }

    @Override
    public JsonCodec codec() {
        return context.codec();
    }

    @Override
    public long nextAckId() {
        return context.nextAckId();
    }

    @Override
    public ScheduledExecutorService timer() {
        return context.timer();
    }

    @Override
    public long maxAnswerBytes() {
        return context.maxAnswerBytes();
    }

    @Override
    public RoomListener rooms() {
        return this;
    }

    @Override
    public void delivered(Packet packet, PacketGroup encoded, int receivers) {
        context.delivered(packet, encoded, receivers);
    }

    @Override
    public void serverSideEvent(Payload event, Consumer<Payload> ack) {
        context.serverSideEvent(event, ack);
    }

    @Override
    public void created(String room) {
        context.rooms().created(room);
        second.created(room);
    }

    @Override
    public void joined(String room, String id) {
        context.rooms().joined(room, id);
        second.joined(room, id);
    }

    @Override
    public void left(String room, String id) {
        context.rooms().left(room, id);
        second.left(room, id);
    }

    @Override
    public void deleted(String room) {
        context.rooms().deleted(room);
        second.deleted(room);
    }
}
