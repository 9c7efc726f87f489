package dev.bowline.core.engine;

import java.util.List;

/**
 * Engine.IO packets that travel together: usually one, or the text of a Socket.IO packet followed by
 * its attachments.
 *
 * <p>A group is one element of every queue, so nothing can come between its packets. Immutable, and
 * shared by all receivers of a broadcast.
 *
 * @param packets in the order of the wire, at least one
 * @param droppable whether it may be dropped where it cannot be written at once (a volatile packet)
 */
public record PacketGroup(List<EnginePacket> packets, boolean droppable) {
    public PacketGroup {
        packets = List.copyOf(packets);
        if (packets.isEmpty()) {
            throw new IllegalArgumentException("packets must not be empty");
        }
    }

    /** A group of one that may not be dropped. */
    public static PacketGroup of(EnginePacket packet) {
        return new PacketGroup(List.of(packet), false);
    }

    /** The same packets, to be dropped rather than to wait. */
    public PacketGroup asDroppable() {
        return droppable ? this : new PacketGroup(packets, true);
    }

    /** The same packets, for which compression is not worth its while. */
    public PacketGroup asUncompressed() {
        return new PacketGroup(packets.stream().map(EnginePacket::uncompressed).toList(), droppable);
    }

    /** The size of all packets over WebSocket, in bytes. */
    public int byteLength() {
        int length = 0;
        for (EnginePacket packet : packets) {
            length += packet.wire().length();
        }
        return length;
    }
}
