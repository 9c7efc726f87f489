package dev.bowline.core.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The payload of Engine.IO v4 polling: packets as text, with U+001E between them
 * (engine.io-protocol, "HTTP long-polling").
 */
public final class PollingPayload {
    private static final int SEPARATOR = 0x1E;

    private PollingPayload() {}

    /**
     * What a body held.
     *
     * @param packets those that could be read, in order
     * @param error why reading stopped before the end, or null if it did not
     */
    public record Decoded(
            List<EnginePacket> packets, @Nullable String error) {}

    /** Writes packets into one body. */
    public static Bytes encode(List<EnginePacket> packets) {
        List<Bytes> parts = new ArrayList<>(packets.size());
        int length = Math.max(0, packets.size() - 1);
        for (EnginePacket packet : packets) {
            Bytes part = EnginePacketCodec.V4.encodeAsText(packet);
            parts.add(part);
            length += part.length();
        }
        byte[] body = new byte[length];
        int at = 0;
        for (Bytes part : parts) {
            if (at > 0) {
                body[at++] = SEPARATOR;
            }
            System.arraycopy(part.array(), part.offset(), body, at, part.length());
            at += part.length();
        }
        return Bytes.wrap(body);
    }

    /** Reads a body up to its end or to the first packet that is none. An empty body holds no packet, which is an error. */
    public static Decoded decode(Bytes body) {
        List<EnginePacket> packets = new ArrayList<>();
        int start = 0;
        try {
            while (true) {
                int separator = body.indexOf(SEPARATOR, start);
                packets.add(
                        EnginePacketCodec.V4.decodeText(body.slice(start, separator < 0 ? body.length() : separator)));
                if (separator < 0) {
                    return new Decoded(packets, null);
                }
                start = separator + 1;
            }
        } catch (RemoteProtocolException malformed) {
            return new Decoded(packets, malformed.getMessage());
        }
    }

    /**
     * How many of the packets, from the first on, a client may put into one body.
     *
     * @param packets at least one
     * @param maxPayload the limit that the server announced, in bytes; 0 means none
     * @return at least 1: a packet that is too large alone is the server's to refuse
     */
    public static int fitting(List<EnginePacket> packets, int maxPayload) {
        if (maxPayload == 0) {
            return packets.size();
        }
        long size = 1;
        for (int i = 0; i < packets.size(); i++) {
            size += byteLength(packets.get(i));
            if (i > 0 && size > maxPayload) {
                return i;
            }
            size += 2;
        }
        return packets.size();
    }

    /**
     * What a packet's data takes of a body, exactly: bytes of text, or of the base64 of a binary message. The reference
     * takes base64 for 1.33 times as long, which is a little short: its bodies may be larger than the server allows.
     */
    static long byteLength(EnginePacket packet) {
        int length = packet.data().length();
        return packet.isBinary() ? (length + 2) / 3 * 4L : length;
    }
}
