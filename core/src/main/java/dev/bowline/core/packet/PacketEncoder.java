package dev.bowline.core.packet;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.PacketGroup;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes Socket.IO packets as the Engine.IO messages that carry them (socket.io-protocol, "Packet
 * encoding"). Holds no state; safe for any thread.
 */
public final class PacketEncoder {
    private PacketEncoder() {}

    /**
     * The text message, and after it one binary message for each attachment. An EVENT or ACK with
     * attachments becomes a BINARY_EVENT or BINARY_ACK; an empty namespace means {@code /}. There is no
     * limit to the attachments here, although a receiver has one (10 unless it is told otherwise).
     *
     * @throws IllegalArgumentException if no decoder would take the packet: the namespace does not begin
     *     with a slash or holds a comma or a control character, the payload does not suit the type, an ACK
     *     has no id, or something else than an EVENT or ACK has an id or attachments
     */
    public static PacketGroup encode(Packet packet) {
        return encode(packet, "");
    }

    /**
     * The same for an event that carries an offset of connection state recovery: one more argument, after its own,
     * which is not copied twice for it.
     *
     * @param offset what the client gives back when it returns: of characters that JSON need not escape
     * @throws IllegalArgumentException as {@link #encode}, and if the packet is something else than an event without
     *     an id: behind an acknowledgement's callback the argument would be in the wrong place
     */
    public static PacketGroup encodeWithOffset(Packet packet, String offset) {
        if (packet.type() != Packet.Type.EVENT || packet.hasId()) {
            throw new IllegalArgumentException("only an event without an id carries an offset: " + packet.type());
        }
        return encode(packet, ",\"" + offset + "\"]");
    }

    /** With an ending in the place of the last bracket, if it is not empty. */
    private static PacketGroup encode(Packet packet, String ending) {
        check(packet);
        Bytes json = packet.payload().json();
        int kept = ending.isEmpty() ? json.length() : json.length() - 1;
        List<Bytes> attachments = packet.attachments();
        boolean binary = !attachments.isEmpty();
        String namespace = packet.namespace();
        boolean named = namespace.length() > 1;

        int length = 2 + kept + ending.length();
        length += binary ? decimalLength(attachments.size()) + 1 : 0;
        length += named ? Utf8.length(namespace) + 1 : 0;
        length += packet.hasId() ? decimalLength(packet.id()) : 0;

        byte[] wire = new byte[length];
        wire[0] = '4';
        wire[1] = digitOf(packet.type(), binary);
        int at = 2;
        if (binary) {
            at = putDecimal(attachments.size(), wire, at);
            wire[at++] = '-';
        }
        if (named) {
            at = Utf8.put(namespace, wire, at);
            wire[at++] = ',';
        }
        if (packet.hasId()) {
            at = putDecimal(packet.id(), wire, at);
        }
        System.arraycopy(json.array(), json.offset(), wire, at, kept);
        Utf8.put(ending, wire, at + kept);

        EnginePacket text = EnginePacket.ofText(EnginePacket.Type.MESSAGE, Bytes.wrap(wire));
        PacketGroup.Kind kind = packet.type() == Packet.Type.EVENT ? PacketGroup.Kind.EVENT : PacketGroup.Kind.PROTOCOL;
        if (!binary) {
            return new PacketGroup(List.of(text), kind);
        }
        List<EnginePacket> packets = new ArrayList<>(1 + attachments.size());
        packets.add(text);
        for (Bytes attachment : attachments) {
            packets.add(EnginePacket.binary(attachment));
        }
        return new PacketGroup(packets, kind);
    }

    private static byte digitOf(Packet.Type type, boolean binary) {
        return switch (type) {
            case CONNECT -> '0';
            case DISCONNECT -> '1';
            case EVENT -> binary ? (byte) '5' : (byte) '2';
            case ACK -> binary ? (byte) '6' : (byte) '3';
            case CONNECT_ERROR -> '4';
        };
    }

    private static void check(Packet packet) {
        checkNamespace(packet.namespace());
        Packet.Type type = packet.type();
        Payload payload = packet.payload();
        int first = payload.isAbsent() ? -1 : payload.json().at(0);
        boolean suits = switch (type) {
            case CONNECT -> first == -1 || first == '{';
            case DISCONNECT -> first == -1;
            case EVENT, ACK -> first == '[';
            case CONNECT_ERROR -> first == -1 || first == '{' || first == '"';
        };
        if (!suits) {
            throw new IllegalArgumentException("payload does not suit the type: " + type);
        }
        boolean calls = type == Packet.Type.EVENT || type == Packet.Type.ACK;
        if (!calls && (packet.hasId() || !payload.attachments().isEmpty())) {
            throw new IllegalArgumentException("only an EVENT or ACK may have an id or attachments: " + type);
        }
        if (type == Packet.Type.ACK && !packet.hasId()) {
            throw new IllegalArgumentException("an ACK must have an id");
        }
    }

    private static void checkNamespace(String namespace) {
        if (!namespace.isEmpty() && namespace.charAt(0) != '/') {
            throw new IllegalArgumentException("namespace must begin with a slash: " + namespace);
        }
        for (int i = 0; i < namespace.length(); i++) {
            char c = namespace.charAt(i);
            if (c == ',' || c < 0x20) {
                throw new IllegalArgumentException(
                        "namespace must not hold a comma or a control character, but does at index " + i);
            }
        }
    }

    private static int decimalLength(long number) {
        int length = 1;
        for (long rest = number / 10; rest > 0; rest /= 10) {
            length++;
        }
        return length;
    }

    private static int putDecimal(long number, byte[] target, int at) {
        int end = at + decimalLength(number);
        long rest = number;
        for (int i = end - 1; i >= at; i--) {
            target[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return end;
    }
}
