package dev.bowline.core.engine;

import org.jspecify.annotations.Nullable;

/**
 * One Engine.IO packet, held as it travels over WebSocket: text with its type digit first, or the
 * bare bytes of a binary message (engine.io-protocol, "Packet encoding").
 *
 * <p>Because it is its own encoding, a packet that goes to thousands of receivers is encoded once. Where a
 * transport or an older client wants binary in another form, that one is made once too. Immutable, safe for any
 * thread.
 */
public final class EnginePacket {
    /** The packet types; in the order of their digits on the wire. */
    public enum Type {
        /** The handshake, sent by the server. */
        OPEN('0'),
        /** The sender of a polling session leaves. */
        CLOSE('1'),
        /** The server's heartbeat, or the client's probe of an upgrade. */
        PING('2'),
        /** The answer to a ping. */
        PONG('3'),
        /** A message of the application: text or binary. */
        MESSAGE('4'),
        /** The client has moved to the probed transport. */
        UPGRADE('5'),
        /** Nothing; answers a poll that has to end. */
        NOOP('6');

        private static final Type[] BY_DIGIT = values();

        private final char digit;

        Type(char digit) {
            this.digit = digit;
        }

        /** The first character of a text packet of this type. */
        public char digit() {
            return digit;
        }

        static @Nullable Type ofDigit(int digit) {
            return digit >= '0' && digit <= '6' ? BY_DIGIT[digit - '0'] : null;
        }
    }

    /** An empty close. */
    public static final EnginePacket CLOSE = text(Type.CLOSE, "");

    /** The heartbeat. */
    public static final EnginePacket PING = text(Type.PING, "");

    /** The answer to the heartbeat. */
    public static final EnginePacket PONG = text(Type.PONG, "");

    /** The client's question over the transport that it would like to move to. */
    public static final EnginePacket PROBE = text(Type.PING, "probe");

    /** The server's answer to {@link #PROBE}. */
    public static final EnginePacket PROBED = text(Type.PONG, "probe");

    /** The client's move. */
    public static final EnginePacket UPGRADE = text(Type.UPGRADE, "");

    /** Nothing. */
    public static final EnginePacket NOOP = text(Type.NOOP, "");

    private final Type type;
    private final boolean binary;
    private final Bytes wire;
    private final boolean compressible;

    // A binary message's other forms, each made by whoever needs it first. Two threads may both make one, and one of
    // the two may be lost: either will do, since they never change.
    private @Nullable Other others;

    private record Other(
            BinaryForm form, Bytes bytes, @Nullable Other next) {}

    private EnginePacket(Type type, boolean binary, Bytes wire) {
        this(type, binary, wire, true);
    }

    private EnginePacket(Type type, boolean binary, Bytes wire, boolean compressible) {
        this.type = type;
        this.binary = binary;
        this.wire = wire;
        this.compressible = compressible;
    }

    /** A packet with a text payload, possibly empty. */
    public static EnginePacket text(Type type, String data) {
        return new EnginePacket(type, false, Bytes.utf8(type.digit() + data));
    }

    /** A text message. */
    public static EnginePacket message(String data) {
        return text(Type.MESSAGE, data);
    }

    /** A binary message of these bytes. */
    public static EnginePacket binary(Bytes data) {
        return new EnginePacket(Type.MESSAGE, true, data);
    }

    /** A text packet whose encoding, the type digit included, the caller has already written. */
    public static EnginePacket ofText(Type type, Bytes wire) {
        if (wire.isEmpty() || wire.at(0) != type.digit()) {
            throw new IllegalArgumentException("wire must begin with the digit of its type: " + type);
        }
        return new EnginePacket(type, false, wire);
    }

    /** The same packet, for which compressing the answer to a poll is not worth its while. */
    public EnginePacket uncompressed() {
        return compressible ? new EnginePacket(type, binary, wire, false) : this;
    }

    /** Whether its sender thinks compression worth its while: the answer to a poll is compressed if any of its packets says so. */
    public boolean isCompressible() {
        return compressible;
    }

    /** The type. */
    public Type type() {
        return type;
    }

    /** Whether this is a binary message. */
    public boolean isBinary() {
        return binary;
    }

    /** The payload: what follows the type digit, or all of a binary message. Empty where there is none. */
    public Bytes data() {
        return binary ? wire : wire.from(1);
    }

    /** The content of the WebSocket frame, text or binary as {@link #isBinary} says. */
    public Bytes wire() {
        return wire;
    }

    /** A binary message in another form than its bare bytes. */
    Bytes in(BinaryForm form) {
        Other known = others;
        for (Other other = known; other != null; other = other.next) {
            if (other.form == form) {
                return other.bytes;
            }
        }
        Bytes bytes = form.of(wire);
        others = new Other(form, bytes, known);
        return bytes;
    }

    /** Whether they are the same on the wire; how they would like to travel there does not count. */
    @Override
    public boolean equals(Object other) {
        return other instanceof EnginePacket that
                && type == that.type
                && binary == that.binary
                && wire.equals(that.wire);
    }

    @Override
    public int hashCode() {
        return wire.hashCode();
    }

    /** The type and the length only: contents belong to the peer, and never into a log. */
    @Override
    public String toString() {
        return type + (binary ? "(binary, " : "(") + data().length() + " bytes)";
    }
}
