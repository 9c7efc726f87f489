package dev.bowline.core.engine;

import java.util.Base64;

/**
 * Turns what arrives, a WebSocket frame or one element of a polling payload, into Engine.IO packets and
 * back (engine.io-protocol, "Packet encoding").
 */
public final class EnginePacketCodec {
    private static final int BASE64_MARK = 'b';

    private EnginePacketCodec() {}

    /**
     * Reads a text frame: a type digit and its data, or {@code b} and a binary message in base64.
     *
     * @throws RemoteProtocolException if it is neither
     */
    public static EnginePacket decodeText(Bytes frame) throws RemoteProtocolException {
        if (frame.isEmpty()) {
            throw new RemoteProtocolException("parser error");
        }
        if (frame.at(0) == BASE64_MARK) {
            return EnginePacket.binary(decodeBase64(frame.from(1)));
        }
        EnginePacket.Type type = EnginePacket.Type.ofDigit(frame.at(0));
        if (type == null) {
            throw new RemoteProtocolException("parser error");
        }
        return EnginePacket.ofText(type, frame);
    }

    /** Reads a binary frame, which is a message from its first byte on. */
    public static EnginePacket decodeBinary(Bytes frame) {
        return EnginePacket.binary(frame);
    }

    /** The packet where only text can travel: binary messages in base64 behind a {@code b}. */
    public static Bytes encodeAsText(EnginePacket packet) {
        if (!packet.isBinary()) {
            return packet.wire();
        }
        Bytes data = packet.data();
        byte[] base64 = Base64.getEncoder().encode(data.toByteArray());
        byte[] text = new byte[base64.length + 1];
        text[0] = BASE64_MARK;
        System.arraycopy(base64, 0, text, 1, base64.length);
        return Bytes.wrap(text);
    }

    private static Bytes decodeBase64(Bytes text) {
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
        return Bytes.wrap(Base64.getDecoder().decode(java.util.Arrays.copyOf(kept, count)));
    }
}
