package dev.bowline.redis;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.RemoteProtocolException;
import dev.bowline.core.packet.JsonCodec;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The way between trees and JSON, as JavaScript writes it. Holds no state. */
final class Json {
    private static final JsonCodec CODEC = new JsonCodec();

    private Json() {}

    /** The JSON of a tree without binary values. */
    static byte[] write(JsonNode tree) {
        return CODEC.writeValue(tree).json().toByteArray();
    }

    /** The one value that the bytes are. */
    static JsonNode read(byte[] bytes) throws RemoteProtocolException {
        try {
            return CODEC.mapper().readTree(bytes);
        } catch (JacksonException malformed) {
            throw new RemoteProtocolException("no JSON");
        }
    }

    /** The value that begins with a brace, or one in MessagePack. */
    static JsonNode readEither(byte[] bytes) throws RemoteProtocolException {
        return bytes.length > 0 && bytes[0] == '{' ? read(bytes) : MessagePack.read(bytes);
    }

    /** The same tree with binary values as {@code JSON.stringify} writes a Buffer of Node's. */
    static JsonNode withBuffers(JsonNode tree) {
        if (tree.isBinary()) {
            ObjectNode buffer = JsonNodeFactory.instance.objectNode().put("type", "Buffer");
            ArrayNode data = buffer.putArray("data");
            Bytes bytes = Bytes.wrap(tree.binaryValue());
            for (int i = 0; i < bytes.length(); i++) {
                data.add(bytes.at(i) & 0xff);
            }
            return buffer;
        }
        if (tree instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> member : object.properties()) {
                member.setValue(withBuffers(member.getValue()));
            }
        } else if (tree instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, withBuffers(array.get(i)));
            }
        }
        return tree;
    }
}
