package dev.bowline.core.packet;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.RemoteProtocolException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the messages of one Engine.IO session as Socket.IO packets (socket.io-protocol, "Packet
 * encoding"), and waits for attachments where a packet announces some.
 *
 * <p>Stricter than the reference where that costs no known peer anything: it takes no id outside EVENT
 * and ACK, no ACK without one, no event or acknowledgement without its array, no whitespace before the
 * JSON. What it holds between two messages is one text message and fewer attachments than it allows, so
 * its memory is bounded by the session's message limit. Keeps the arrays that it is given. Confined to
 * the session's thread.
 */
public final class PacketDecoder {
    /** The reference's limit to the attachments of one packet. */
    public static final int DEFAULT_MAX_ATTACHMENTS = 10;

    /** Far deeper than data that a program means to exchange, far shallower than a thread's stack. */
    public static final int DEFAULT_MAX_DEPTH = 128;

    /** The deepest that a decoder can be told to take. */
    public static final int MOST_DEPTH = 1000;

    private final int maxAttachments;
    private final int maxDepth;
    private @Nullable Pending pending;
    private long pendingBytes;

    /** A packet whose attachments are on their way. */
    private record Pending(Packet packet, int count, ArgumentIndex index, List<Bytes> attachments) {}

    /** A decoder with the default limits. */
    public PacketDecoder() {
        this(DEFAULT_MAX_ATTACHMENTS, DEFAULT_MAX_DEPTH);
    }

    /**
     * A decoder with limits.
     *
     * @param maxAttachments the most attachments of one packet, 0 or more
     * @param maxDepth how deep arrays and objects may stand in each other, the array of the arguments
     *     included, from 1 to 1000
     */
    public PacketDecoder(int maxAttachments, int maxDepth) {
        if (maxAttachments < 0) {
            throw new IllegalArgumentException("maxAttachments must not be negative: " + maxAttachments);
        }
        if (maxDepth < 1 || maxDepth > MOST_DEPTH) {
            throw new IllegalArgumentException("maxDepth must be from 1 to " + MOST_DEPTH + ": " + maxDepth);
        }
        this.maxAttachments = maxAttachments;
        this.maxDepth = maxDepth;
    }

    /**
     * Takes the next message.
     *
     * @return the packet that it completes, or null while attachments are awaited
     * @throws RemoteProtocolException if it is no part of a valid packet; the decoder is then as after
     *     {@link #reset}, but the session is lost, since nobody knows what the peer meant
     * @throws IllegalArgumentException if the Engine.IO packet is not a message
     */
    public @Nullable Packet add(EnginePacket message) throws RemoteProtocolException {
        if (message.type() != EnginePacket.Type.MESSAGE) {
            throw new IllegalArgumentException("only messages carry Socket.IO packets: " + message.type());
        }
        Pending awaited = pending;
        pending = null;
        if (message.isBinary()) {
            if (awaited == null) {
                throw new RemoteProtocolException("got binary data when not reconstructing a packet");
            }
            return addAttachment(awaited, message.data());
        }
        if (awaited != null) {
            throw new RemoteProtocolException("got plaintext data when reconstructing a packet");
        }
        pendingBytes = message.data().length();
        return new Header(message.data()).read();
    }

    /** The bytes of the last packet that are here, its text included, while it is still incomplete; otherwise 0. */
    public long pendingBytes() {
        return pending == null ? 0 : pendingBytes;
    }

    /** Whether the last packet is still incomplete. */
    public boolean isAwaitingAttachments() {
        return pending != null;
    }

    /** Forgets an incomplete packet; for the end of a session. */
    public void reset() {
        pending = null;
    }

    private @Nullable Packet addAttachment(Pending awaited, Bytes attachment) {
        awaited.attachments.add(attachment);
        pendingBytes += attachment.length();
        if (awaited.attachments.size() < awaited.count) {
            pending = awaited;
            return null;
        }
        Packet packet = awaited.packet;
        Payload payload = new Payload(packet.payload().json(), awaited.attachments, awaited.index);
        return new Packet(packet.type(), packet.namespace(), packet.id(), payload);
    }

    /** The text of one packet, read from its first byte to its last. */
    private final class Header {
        private final Bytes text;
        private int at = 1;

        Header(Bytes text) {
            this.text = text;
        }

        @Nullable
        Packet read() throws RemoteProtocolException {
            int digit = text.isEmpty() ? -1 : text.at(0) - '0';
            if (digit < 0 || digit > 6) {
                throw new RemoteProtocolException(
                        "unknown packet type " + (digit >= 7 && digit <= 9 ? String.valueOf(digit) : "NaN"));
            }
            boolean binary = digit > 4;
            Packet.Type type = typeOf(digit);
            int attachments = binary ? attachments() : 0;
            String namespace = namespace();
            long id = id();
            Bytes json = text.from(at);
            boolean calls = type == Packet.Type.EVENT || type == Packet.Type.ACK;
            if (!calls) {
                if (id != Packet.NO_ID) {
                    throw invalidPayload();
                }
                checkObject(type, json);
                return Packet.of(type, namespace, json.isEmpty() ? Payload.NONE : new Payload(json, List.of()));
            }
            if (type == Packet.Type.ACK && id == Packet.NO_ID) {
                throw invalidPayload();
            }
            ArgumentIndex index = arguments(type, json, attachments);
            Packet packet = new Packet(type, namespace, id, new Payload(json, List.of(), index));
            if (!binary) {
                return packet;
            }
            pending = new Pending(packet, attachments, index, new ArrayList<>());
            return null;
        }

        private int attachments() throws RemoteProtocolException {
            int from = at;
            int count = 0;
            while (isDigit()) {
                count = Math.min(count * 10 + text.at(at++) - '0', Integer.MAX_VALUE / 10 - 1);
            }
            if (at == from || at == text.length() || text.at(at) != '-' || count == 0) {
                throw new RemoteProtocolException("Illegal attachments");
            }
            if (count > maxAttachments) {
                throw new RemoteProtocolException("too many attachments");
            }
            at++;
            return count;
        }

        private String namespace() throws RemoteProtocolException {
            if (at == text.length() || text.at(at) != '/') {
                return "/";
            }
            int from = at;
            while (at < text.length() && text.at(at) != ',') {
                int length = characterLength(text.at(at));
                // The name returns in answers; over polling the separator U+001E would cut them in two.
                if (length < 0) {
                    throw new RemoteProtocolException("illegal namespace");
                }
                at += length;
            }
            String name = at - from == 1 ? "/" : text.slice(from, at).utf8();
            at += at < text.length() ? 1 : 0;
            return name;
        }

        private int characterLength(byte first) {
            if (first >= 0) {
                return first >= 0x20 ? 1 : -1;
            }
            return Utf8.sequenceLength(text.array(), text.offset() + at, text.offset() + text.length());
        }

        private long id() throws RemoteProtocolException {
            int from = at;
            long id = 0;
            while (isDigit()) {
                int digit = text.at(at++) - '0';
                if (id > (Long.MAX_VALUE - digit) / 10) {
                    throw invalidPayload();
                }
                id = id * 10 + digit;
            }
            return at == from ? Packet.NO_ID : id;
        }

        private boolean isDigit() {
            return at < text.length() && text.at(at) >= '0' && text.at(at) <= '9';
        }

        private void checkObject(Packet.Type type, Bytes json) throws RemoteProtocolException {
            if (json.isEmpty()) {
                return;
            }
            boolean mayBeText = type == Packet.Type.CONNECT_ERROR;
            boolean suits = json.at(0) == '{' || (mayBeText && json.at(0) == '"');
            if (type == Packet.Type.DISCONNECT || !suits) {
                throw invalidPayload();
            }
            JsonScanner.scanValue(json, maxDepth);
        }

        private ArgumentIndex arguments(Packet.Type type, Bytes json, int attachments) throws RemoteProtocolException {
            ArgumentIndex index = ArgumentIndex.scan(json, maxDepth, attachments);
            if (type == Packet.Type.EVENT) {
                String name = index.eventName();
                if (name == null || ReservedEvents.NAMES.contains(name)) {
                    throw invalidPayload();
                }
            }
            return index;
        }
    }

    private static Packet.Type typeOf(int digit) {
        return switch (digit) {
            case 0 -> Packet.Type.CONNECT;
            case 1 -> Packet.Type.DISCONNECT;
            case 2, 5 -> Packet.Type.EVENT;
            case 3, 6 -> Packet.Type.ACK;
            default -> Packet.Type.CONNECT_ERROR;
        };
    }

    private static RemoteProtocolException invalidPayload() {
        return new RemoteProtocolException(JsonScanner.INVALID_PAYLOAD);
    }
}
