package dev.bowline.core.packet;

import dev.bowline.core.engine.Bytes;
import java.util.List;

/**
 * One Socket.IO v5 packet (socket.io-protocol, "Packet encoding").
 *
 * <p>The payload stays JSON until someone asks for a type; binary values in it are placeholders that
 * point into the attachments. A packet with attachments is a BINARY_EVENT or BINARY_ACK on the wire;
 * here both are {@link Type#EVENT} and {@link Type#ACK}. Immutable, safe for any thread.
 *
 * @param type the type
 * @param namespace its name, beginning with a slash
 * @param id the acknowledgement id, 0 or more, or {@link #NO_ID}
 * @param payload the data; {@link Payload#NONE} where the packet carries none
 */
public record Packet(Type type, String namespace, long id, Payload payload) {
    /** The value of {@link #id} where there is none. */
    public static final long NO_ID = -1;

    /** The packet types as the application knows them, in the order of their digits on the wire. */
    public enum Type {
        /** Asks for, or grants, a place in a namespace. */
        CONNECT,
        /** Leaves a namespace, or throws out of it. */
        DISCONNECT,
        /** An event with its arguments. */
        EVENT,
        /** The answer to an event that carried an id. */
        ACK,
        /** The refusal of a CONNECT. */
        CONNECT_ERROR
    }

    public Packet {
        if (id < NO_ID) {
            throw new IllegalArgumentException("id must not be negative: " + id);
        }
    }

    /** A packet without id. */
    public static Packet of(Type type, String namespace, Payload payload) {
        return new Packet(type, namespace, NO_ID, payload);
    }

    /** The same packet under an acknowledgement id. */
    public Packet withId(long newId) {
        return new Packet(type, namespace, newId, payload);
    }

    /** Whether the sender waits for an acknowledgement. */
    public boolean hasId() {
        return id != NO_ID;
    }

    /** The size of its data, JSON and attachments, in bytes. */
    public int byteLength() {
        return payload.byteLength();
    }

    /** The attachments, in the order of their placeholders' numbers. */
    public List<Bytes> attachments() {
        return payload.attachments();
    }
}
