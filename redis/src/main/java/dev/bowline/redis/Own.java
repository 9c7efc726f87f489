package dev.bowline.redis;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import tools.jackson.databind.node.StringNode;

/**
 * Tells a server's own messages, which Redis brings back to it, by their first or last bytes: much of what a busy server
 * hears is its own, and need not be read for that. One that is not told in this way is told when it is read. Immutable.
 */
final class Own {
    private static final byte ARRAY_OF_THREE = (byte) 0x93;

    private final byte[] start;
    private final byte[] jsonEnd;
    private final byte[] packedEnd;

    Own(String node, String namespace) {
        this.start = join(new byte[] {ARRAY_OF_THREE}, packed(node));
        byte[] json = ("\"uid\":\"" + node + "\",\"nsp\":").getBytes(StandardCharsets.UTF_8);
        this.jsonEnd = join(json, Json.write(StringNode.valueOf(namespace)), new byte[] {'}'});
        this.packedEnd = join(packed("uid"), packed(node), packed("nsp"), packed(namespace));
    }

    private static byte[] packed(String text) {
        return MessagePack.write(StringNode.valueOf(text));
    }

    private static byte[] join(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        byte[] all = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    /** Whether it is a broadcast of this server in the form of the classic adapter. */
    boolean begins(byte[] message) {
        return message.length > start.length && Arrays.equals(message, 0, start.length, start, 0, start.length);
    }

    /** Whether it is a message of this server in the form that the newer adapters have in common. */
    boolean ends(byte[] message) {
        return endsWith(message, message.length > 0 && message[0] == '{' ? jsonEnd : packedEnd);
    }

    private static boolean endsWith(byte[] message, byte[] end) {
        int from = message.length - end.length;
        return from > 0 && Arrays.equals(message, from, message.length, end, 0, end.length);
    }
}
