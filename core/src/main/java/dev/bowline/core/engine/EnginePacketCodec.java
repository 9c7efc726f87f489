package dev.bowline.core.engine;

import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * How the packets of one client travel: turns what arrives, a WebSocket frame or the body of a request, into
 * Engine.IO packets and back (engine.io-protocol, "Packet encoding").
 *
 * <p>Chosen once, by the request that opens a transport. This class is revision 4; what revision 3 has otherwise is
 * in {@link EnginePacketCodecV3}. Immutable, safe for any thread.
 */
public sealed class EnginePacketCodec permits EnginePacketCodecV3 {
    /** Revision 4, for a client that takes binary frames. */
    public static final EnginePacketCodec V4 = new EnginePacketCodec(false);

    private static final EnginePacketCodec V4_TEXT = new EnginePacketCodec(true);
    private static final int BASE64_MARK = 'b';

    private final boolean textOnly;

    EnginePacketCodec(boolean textOnly) {
        this.textOnly = textOnly;
    }

    /**
     * The codec of a client.
     *
     * @param textOnly whether it cannot receive binary (the parameter {@code b64})
     */
    public static EnginePacketCodec of(ProtocolRevision revision, boolean textOnly) {
        return switch (revision) {
            case V3 -> textOnly ? EnginePacketCodecV3.TEXT : EnginePacketCodecV3.BINARY;
            case V4 -> textOnly ? V4_TEXT : V4;
        };
    }

    /** The revision of the protocol. */
    public ProtocolRevision revision() {
        return ProtocolRevision.V4;
    }

    // ---- WebSocket ------------------------------------------------------------------------------

    /**
     * Reads a text frame: a type digit and its data, or {@code b} and a binary message in base64.
     *
     * @throws RemoteProtocolException if it is neither
     */
    public final EnginePacket decodeText(Bytes frame) throws RemoteProtocolException {
        if (frame.isEmpty()) {
            throw malformed();
        }
        if (frame.at(0) == BASE64_MARK) {
            return EnginePacket.binary(decodeBase64(frame.from(1)));
        }
        EnginePacket.Type type = EnginePacket.Type.ofDigit(frame.at(0));
        if (type == null) {
            throw malformed();
        }
        return EnginePacket.ofText(type, frame);
    }

    /**
     * Reads a binary frame, which is a message from its first byte on.
     *
     * @throws RemoteProtocolException if it is none
     */
    public EnginePacket decodeBinary(Bytes frame) throws RemoteProtocolException {
        return EnginePacket.binary(frame);
    }

    /** Whether the packet travels in a binary frame, and not in a text frame. */
    public final boolean isBinaryFrame(EnginePacket packet) {
        return packet.isBinary() && !textOnly;
    }

    /** The content of the packet's frame. */
    public final Bytes encode(EnginePacket packet) {
        return isBinaryFrame(packet) ? encodeAsBinary(packet) : encodeAsText(packet);
    }

    /** The packet where only text can travel: binary messages in base64. */
    public final Bytes encodeAsText(EnginePacket packet) {
        return packet.isBinary() ? packet.in(base64Form()) : packet.wire();
    }

    /** A binary message where binary can travel. */
    Bytes encodeAsBinary(EnginePacket message) {
        return message.wire();
    }

    // ---- Polling --------------------------------------------------------------------------------

    /** Whether the client may send bodies in {@code application/octet-stream}. */
    public boolean takesBinaryBodies() {
        return false;
    }

    /** Writes packets into one body. */
    public PollingBody encodePayload(List<EnginePacket> packets) {
        return PollingBody.text(PollingPayload.encode(packets));
    }

    /** Reads a body up to its end or to the first packet that is none. */
    public PollingPayload.Decoded decodePayload(PollingBody body) {
        return PollingPayload.decode(body.bytes());
    }

    // ---- Base64 ---------------------------------------------------------------------------------

    BinaryForm base64Form() {
        return BinaryForm.BASE64;
    }

    /** The bytes of a binary message from what follows the {@code b}. */
    Bytes decodeBase64(Bytes text) throws RemoteProtocolException {
        try {
            return Bytes.wrap(Base64.getDecoder().decode(text.toByteArray()));
        } catch (IllegalArgumentException notStrict) {
            return decodeLenientBase64(text);
        }
    }

    /** As the reference decodes: both alphabets, and whatever is in neither is skipped. */
    private static Bytes decodeLenientBase64(Bytes text) {
        byte[] kept = new byte[text.length()];
        int count = 0;
        for (int i = 0; i < text.length(); i++) {
            int c = text.at(i);
            if (c == '-') {
                c = '+';
            } else if (c == '_') {
                c = '/';
            }
            if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/') {
                kept[count++] = (byte) c;
            }
        }
        if (count % 4 == 1) {
            count--;
        }
        return Bytes.wrap(Base64.getDecoder().decode(Arrays.copyOf(kept, count)));
    }

    static RemoteProtocolException malformed() {
        return new RemoteProtocolException("parser error");
    }
}
