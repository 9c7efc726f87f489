package dev.bowline.adapter;

import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/** What an adapter may know and ask of the namespace that it serves. Safe for any thread. */
public interface AdapterContext {
    /** The name of the namespace, beginning with a slash. */
    String namespace();

    /**
     * A new adapter of this node's sockets, for an adapter of a cluster to stand on: a {@link SessionAwareAdapter}
     * where sessions are kept.
     *
     * @param also hears how its rooms change, after {@link #rooms}
     */
    default LocalAdapter local(RoomListener also) {
        return new InMemoryAdapter(new ToldTwice(this, also));
    }

    /** What reads and writes the namespace's payloads. */
    JsonCodec codec();

    /** The next acknowledgement id; those of a namespace count up, for emits and broadcasts alike. */
    long nextAckId();

    /** Runs tasks that are due later, and must not block. */
    ScheduledExecutorService timer();

    /** How many bytes the answers to one broadcast may have together; whoever answers beyond is silent. */
    long maxAnswerBytes();

    /**
     * Hears how the rooms of this node change. It is called while the adapter holds a lock on the room, because of
     * the order; it returns at once, and does not call back.
     */
    RoomListener rooms();

    /**
     * A broadcast has gone out to so many sockets of this node: said once for each, after it has been handed to them.
     * Returns at once.
     */
    default void delivered(Packet packet, PacketGroup encoded, int receivers) {}

    /**
     * Another server emitted to this one.
     *
     * @param event a JSON array of the event's name and its arguments
     * @param ack takes the arguments of the answer, at most once, from any thread; without effect where none is
     *     awaited
     */
    void serverSideEvent(Payload event, Consumer<Payload> ack);
}
