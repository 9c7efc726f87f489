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
 * @param kind what may become of it where it cannot be written
 */
public record PacketGroup(List<EnginePacket> packets, Kind kind) {
    /** What may become of a group that cannot be written at once. */
    public enum Kind {
        /** An event that is dropped rather than queued: a volatile one. */
        DROPPABLE,
        /** An event, which waits; when too much waits, the {@link OutboundPolicy} may drop it. */
        EVENT,
        /**
         * What the protocol rests on: heartbeats, the answers to CONNECT, a DISCONNECT, and acknowledgements, which
         * are the answer to a question and not one of many. Never dropped while the session lives.
         */
        PROTOCOL
    }

    public PacketGroup {
        packets = List.copyOf(packets);
        if (packets.isEmpty()) {
            throw new IllegalArgumentException("packets must not be empty");
        }
    }

    /** A group of one that may not be dropped. */
    public static PacketGroup of(EnginePacket packet) {
        return new PacketGroup(List.of(packet), Kind.PROTOCOL);
    }

    /** Whether it is dropped rather than queued. */
    public boolean droppable() {
        return kind == Kind.DROPPABLE;
    }

    /** The same packets, to be dropped rather than to wait. */
    public PacketGroup asDroppable() {
        return droppable() ? this : new PacketGroup(packets, Kind.DROPPABLE);
    }

    /** The same packets, for which compression is not worth its while. */
    public PacketGroup asUncompressed() {
        return new PacketGroup(packets.stream().map(EnginePacket::uncompressed).toList(), kind);
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
