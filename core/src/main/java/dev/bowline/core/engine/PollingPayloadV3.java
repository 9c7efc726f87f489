package dev.bowline.core.engine;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The two payloads of Engine.IO v3 polling, in which every packet has its length before it (engine.io-protocol v3,
 * "Payload").
 *
 * <p>Of text: {@code <length>:<packet>}, the length in UTF-16 units, for that is what a JavaScript string counts. Of
 * bytes: 0 for a text packet or 1 for a binary one, the decimal digits of the length in bytes as bytes from 0 to 9,
 * 255, and the packet.
 */
final class PollingPayloadV3 {
    private static final int TEXT = 0;
    private static final int BINARY = 1;
    private static final byte END_OF_LENGTH = (byte) 0xFF;

    private PollingPayloadV3() {}

    // ---- Text -----------------------------------------------------------------------------------

    static Bytes encodeText(List<EnginePacket> packets, EnginePacketCodecV3 codec) {
        if (packets.isEmpty()) {
            return Bytes.utf8("0:");
        }
        var body = new ByteArrayOutputStream();
        for (EnginePacket packet : packets) {
            Bytes text = codec.encodeAsText(packet);
            body.writeBytes((utf16Length(text) + ":").getBytes(StandardCharsets.US_ASCII));
            body.write(text.array(), text.offset(), text.length());
        }
        return Bytes.wrap(body.toByteArray());
    }

    static PollingPayload.Decoded decodeText(Bytes body, EnginePacketCodecV3 codec) {
        List<EnginePacket> packets = new ArrayList<>();
        try {
            if (body.isEmpty()) {
                throw EnginePacketCodec.malformed();
            }
            for (int at = 0; at < body.length(); ) {
                int colon = body.indexOf(':', at);
                int start = colon + 1;
                int end = endOf(length(body, at, colon, '0'), body, start);
                if (end > start) {
                    packets.add(codec.decodeText(body.slice(start, end)));
                }
                at = end;
            }
            return new PollingPayload.Decoded(packets, null);
        } catch (RemoteProtocolException malformed) {
            return new PollingPayload.Decoded(packets, malformed.getMessage());
        }
    }

    private static int utf16Length(Bytes utf8) {
        int units = 0;
        for (int i = 0; i < utf8.length(); i++) {
            units += units(utf8.at(i));
        }
        return units;
    }

    /** What a byte of UTF-8 counts: beyond the basic plane the first of four bytes stands for a pair of surrogates. */
    private static int units(byte utf8) {
        boolean continues = (utf8 & 0xC0) == 0x80;
        return continues ? 0 : (utf8 & 0xF8) == 0xF0 ? 2 : 1;
    }

    /** The end of a text of so many UTF-16 units, which must not lie within a character. */
    private static int endOf(int units, Bytes body, int start) throws RemoteProtocolException {
        int left = units;
        int at = start;
        while (left > 0 && at < body.length()) {
            left -= units(body.at(at++));
            while (at < body.length() && units(body.at(at)) == 0) {
                at++;
            }
        }
        if (left != 0) {
            throw EnginePacketCodec.malformed();
        }
        return at;
    }

    // ---- Bytes ----------------------------------------------------------------------------------

    static Bytes encodeBinary(List<EnginePacket> packets, EnginePacketCodecV3 codec) {
        var body = new ByteArrayOutputStream();
        for (EnginePacket packet : packets) {
            Bytes content = codec.encode(packet);
            body.write(packet.isBinary() ? BINARY : TEXT);
            String digits = Integer.toString(content.length());
            for (int i = 0; i < digits.length(); i++) {
                body.write(digits.charAt(i) - '0');
            }
            body.write(END_OF_LENGTH);
            body.write(content.array(), content.offset(), content.length());
        }
        return Bytes.wrap(body.toByteArray());
    }

    static PollingPayload.Decoded decodeBinary(Bytes body, EnginePacketCodecV3 codec) {
        List<EnginePacket> packets = new ArrayList<>();
        try {
            for (int at = 0; at < body.length(); ) {
                int kind = body.at(at);
                int mark = body.indexOf(END_OF_LENGTH, at + 1);
                int start = mark + 1;
                int length = length(body, at + 1, mark, 0);
                if (length > body.length() - start || (kind != TEXT && kind != BINARY)) {
                    throw EnginePacketCodec.malformed();
                }
                Bytes content = body.slice(start, start + length);
                packets.add(kind == TEXT ? codec.decodeText(content) : codec.decodeBinary(content));
                at = start + length;
            }
            return new PollingPayload.Decoded(packets, null);
        } catch (RemoteProtocolException malformed) {
            return new PollingPayload.Decoded(packets, malformed.getMessage());
        }
    }

    // ---- Both -----------------------------------------------------------------------------------

    /** The decimal number between two indices, the end being -1 where nothing ends it; never more than the body holds. */
    private static int length(Bytes body, int from, int to, int zero) throws RemoteProtocolException {
        if (to <= from) {
            throw EnginePacketCodec.malformed();
        }
        long number = 0;
        for (int i = from; i < to; i++) {
            int digit = body.at(i) - zero;
            if (digit < 0 || digit > 9 || number > body.length()) {
                throw EnginePacketCodec.malformed();
            }
            number = number * 10 + digit;
        }
        if (number > body.length()) {
            throw EnginePacketCodec.malformed();
        }
        return (int) number;
    }
}
