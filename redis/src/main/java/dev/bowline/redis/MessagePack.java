package dev.bowline.redis;

import dev.bowline.core.engine.RemoteProtocolException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import org.msgpack.core.ExtensionTypeHeader;
import org.msgpack.core.MessageFormat;
import org.msgpack.core.MessagePackException;
import org.msgpack.core.MessagePacker;
import org.msgpack.core.MessageUnpacker;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The way between trees and MessagePack, as JavaScript's libraries (notepack.io, {@code @msgpack/msgpack}) write it: a
 * number without a fraction is an integer of the least size, any other one a float of 64 bits. Read is what they can
 * write; a date becomes the text that it is in JSON, other extensions and {@code undefined} become null.
 *
 * <p>What claims to be longer than what follows takes no memory for it. Holds no state.
 */
final class MessagePack {
    private static final int MOST_DEPTH = 1_100;
    private static final long MOST_EXACT = 1L << 53;
    private static final int TIMESTAMP = -1;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private MessagePack() {}

    static byte[] write(JsonNode tree) {
        try (var packer = org.msgpack.core.MessagePack.newDefaultBufferPacker()) {
            pack(tree, packer);
            return packer.toByteArray();
        } catch (IOException e) { // there is none in memory
            throw new UncheckedIOException(e);
        }
    }

    private static void pack(JsonNode node, MessagePacker packer) throws IOException {
        switch (node.getNodeType()) {
            case OBJECT -> {
                packer.packMapHeader(node.size());
                for (Map.Entry<String, JsonNode> member : node.properties()) {
                    packText(member.getKey(), packer);
                    pack(member.getValue(), packer);
                }
            }
            case ARRAY -> {
                packer.packArrayHeader(node.size());
                for (JsonNode element : node) {
                    pack(element, packer);
                }
            }
            case STRING -> packText(node.stringValue(), packer);
            case BINARY -> {
                byte[] bytes = node.binaryValue();
                packer.packBinaryHeader(bytes.length);
                packer.writePayload(bytes);
            }
            case BOOLEAN -> packer.packBoolean(node.booleanValue());
            case NUMBER -> packNumber(node, packer);
            case NULL, MISSING, POJO -> packer.packNil();
        }
    }

    /** A lone surrogate becomes {@code ?}: it has no UTF-8. */
    private static void packText(String text, MessagePacker packer) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        packer.packRawStringHeader(utf8.length);
        packer.writePayload(utf8);
    }

    private static void packNumber(JsonNode number, MessagePacker packer) throws IOException {
        if (number.isIntegralNumber()) {
            if (number.canConvertToLong()) {
                packer.packLong(number.longValue());
                return;
            }
            BigInteger big = number.bigIntegerValue();
            if (big.signum() > 0 && big.bitLength() <= 64) {
                packer.packBigInteger(big);
                return;
            }
        }
        double value = number.asDouble();
        if (value == Math.rint(value) && Math.abs(value) < MOST_EXACT) {
            packer.packLong((long) value);
        } else {
            packer.packDouble(value);
        }
    }

    /**
     * The one value that the bytes are.
     *
     * @throws RemoteProtocolException if they are not
     */
    static JsonNode read(byte[] bytes) throws RemoteProtocolException {
        try (MessageUnpacker unpacker = org.msgpack.core.MessagePack.newDefaultUnpacker(bytes)) {
            JsonNode tree = unpack(unpacker, bytes.length, 0);
            if (unpacker.getTotalReadBytes() != bytes.length) {
                throw new RemoteProtocolException("MessagePack with something behind it");
            }
            return tree;
        } catch (IOException | MessagePackException malformed) {
            throw new RemoteProtocolException("no MessagePack");
        }
    }

    private static JsonNode unpack(MessageUnpacker in, int total, int depth)
            throws IOException, RemoteProtocolException {
        if (depth > MOST_DEPTH) {
            throw new RemoteProtocolException("MessagePack nested too deeply");
        }
        MessageFormat format = in.getNextFormat();
        return switch (format.getValueType()) {
            case MAP -> unpackMap(in, total, depth);
            case ARRAY -> {
                int size = in.unpackArrayHeader();
                ArrayNode array = NODES.arrayNode();
                for (int i = 0; i < size; i++) {
                    array.add(unpack(in, total, depth + 1));
                }
                yield array;
            }
            case STRING -> NODES.stringNode(text(in, total));
            case BINARY -> NODES.binaryNode(in.readPayload(fitting(in.unpackBinaryHeader(), in, total)));
            case BOOLEAN -> NODES.booleanNode(in.unpackBoolean());
            case INTEGER ->
                format == MessageFormat.UINT64
                        ? NODES.numberNode(in.unpackBigInteger())
                        : NODES.numberNode(in.unpackLong());
            case FLOAT -> NODES.numberNode(in.unpackDouble());
            case NIL -> {
                in.unpackNil();
                yield NODES.nullNode();
            }
            case EXTENSION -> unpackExtension(in, total);
        };
    }

    private static ObjectNode unpackMap(MessageUnpacker in, int total, int depth)
            throws IOException, RemoteProtocolException {
        int size = in.unpackMapHeader();
        ObjectNode object = NODES.objectNode();
        for (int i = 0; i < size; i++) {
            object.set(text(in, total), unpack(in, total, depth + 1));
        }
        return object;
    }

    private static String text(MessageUnpacker in, int total) throws IOException, RemoteProtocolException {
        byte[] utf8 = in.readPayload(fitting(in.unpackRawStringHeader(), in, total));
        return new String(utf8, StandardCharsets.UTF_8);
    }

    private static JsonNode unpackExtension(MessageUnpacker in, int total) throws IOException, RemoteProtocolException {
        ExtensionTypeHeader header = in.unpackExtensionTypeHeader();
        int length = fitting(header.getLength(), in, total);
        if (header.getType() == TIMESTAMP && (length == 4 || length == 8 || length == 12)) {
            try {
                return NODES.stringNode(DATE.format(in.unpackTimestamp(header)));
            } catch (ArithmeticException | DateTimeException beyond) {
                throw new RemoteProtocolException("MessagePack with a date that is none");
            }
        }
        in.readPayload(length);
        return NODES.nullNode();
    }

    private static int fitting(int length, MessageUnpacker in, int total) throws RemoteProtocolException {
        if (length < 0 || length > total - in.getTotalReadBytes()) {
            throw new RemoteProtocolException("MessagePack that is shorter than it says");
        }
        return length;
    }
}
