package dev.bowline.redis;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Bytes that are no message of any adapter's. */
final class Nonsense {
    static final List<byte[]> ALL = List.of(
            new byte[0],
            text("{"),
            text("{}"),
            text("nonsense"),
            text("[1,2,3]"),
            text("{\"type\":\"three\"}"),
            deep(100_000, (byte) 0x91),
            deep(100_000, (byte) '{'),
            hex("c1"),
            hex("93"),
            hex("93a0"),
            hex("ddffffffff"),
            hex("dfffffffff"),
            hex("c6ffffffff00"),
            hex("dbffffffff00"),
            hex("c97fffffff0500"),
            hex("8101" + "02"),
            hex("81c001"),
            hex("c0c0"),
            hex("93a0c0c0"),
            hex("93a178" + "80" + "80"),
            hex("93a178" + "81a46461746190" + "80"),
            hex("93a178" + "81a46461746191a165" + "81a5726f6f6d73c0"));

    /** JSON that is nearly a message of those that Node's newer adapters have in common. */
    static final List<String> CLUSTER_MESSAGES = List.of(
            "{\"type\":99,\"uid\":\"x\",\"nsp\":\"/\",\"data\":{}}",
            "{\"type\":1,\"uid\":\"x\",\"nsp\":\"/\"}",
            "{\"type\":3,\"uid\":\"x\",\"nsp\":\"/\"}",
            "{\"type\":3,\"uid\":7,\"nsp\":\"/\",\"data\":{\"packet\":{\"data\":[\"e\"]},\"opts\":{\"rooms\":[]}}}",
            "{\"type\":3,\"uid\":\"x\",\"nsp\":\"/no\",\"data\":{\"packet\":{\"data\":[\"e\"]},\"opts\":{\"rooms\":[]}}}",
            "{\"type\":3,\"uid\":\"x\",\"nsp\":\"/\",\"data\":{\"packet\":{\"data\":[]},\"opts\":{\"rooms\":[]}}}",
            "{\"type\":6,\"uid\":\"x\",\"nsp\":\"/\",\"data\":{\"close\":true}}",
            "{\"type\":8,\"uid\":\"x\",\"nsp\":\"/\",\"data\":{\"requestId\":\"7\",\"sockets\":[5]}}",
            "{\"type\":9,\"uid\":\"x\",\"nsp\":\"/\",\"data\":{\"packet\":[{}]}}",
            "{\"type\":11,\"uid\":\"x\",\"nsp\":\"/\",\"data\":{\"requestId\":\"7\",\"clientCount\":-7}}");

    private Nonsense() {}

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    private static byte[] deep(int depth, byte opening) {
        byte[] bytes = new byte[depth];
        Arrays.fill(bytes, opening);
        return bytes;
    }
}
