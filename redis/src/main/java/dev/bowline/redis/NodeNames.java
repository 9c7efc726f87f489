package dev.bowline.redis;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Makes the names of servers: 16 hexadecimal digits, as those of Node's newer adapters. */
final class NodeNames {
    /** Of a process without sockets, which is no server. */
    static final String EMITTER = "emitter";

    /** How they look, as a pattern of Redis's. */
    static final String PATTERN = "[0-9a-f]".repeat(16);

    private static final SecureRandom RANDOM = new SecureRandom();

    private NodeNames() {}

    static String next() {
        byte[] bits = new byte[8];
        RANDOM.nextBytes(bits);
        return HexFormat.of().formatHex(bits);
    }
}
