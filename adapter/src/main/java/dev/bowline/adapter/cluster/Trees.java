package dev.bowline.adapter.cluster;

import dev.bowline.adapter.SocketDetails;
import dev.bowline.core.engine.RemoteProtocolException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Reads fields of trees that others wrote, who may have written anything. */
public final class Trees {
    private record Elsewhere(String id, Set<String> rooms, ObjectNode handshake, ObjectNode data)
            implements SocketDetails {}

    private Trees() {}

    /** A text that has to be there. */
    public static String text(JsonNode tree, String field) throws RemoteProtocolException {
        JsonNode value = tree.path(field);
        if (!value.isString()) {
            throw new RemoteProtocolException(field + " must be a text");
        }
        return value.stringValue();
    }

    /** An integer that has to be there. */
    public static int integer(JsonNode tree, String field) throws RemoteProtocolException {
        JsonNode value = tree.path(field);
        if (!value.isNumber() || !value.canConvertToExactIntegral() || !value.canConvertToInt()) {
            throw new RemoteProtocolException(field + " must be an integer");
        }
        return value.intValue();
    }

    /** A number of things that has to be there. */
    public static int count(JsonNode tree, String field) throws RemoteProtocolException {
        int count = integer(tree, field);
        if (count < 0) {
            throw new RemoteProtocolException(field + " must not be negative");
        }
        return count;
    }

    /** An array of texts that has to be there; a number, which Node tolerates as a room, is its digits. */
    public static Set<String> strings(JsonNode tree, String field) throws RemoteProtocolException {
        JsonNode array = tree.path(field);
        if (!array.isArray()) {
            throw new RemoteProtocolException(field + " must be an array");
        }
        Set<String> texts = new LinkedHashSet<>();
        for (JsonNode element : array) {
            if (!element.isString() && !element.isNumber()) {
                throw new RemoteProtocolException(field + " must hold texts only");
            }
            texts.add(element.asString());
        }
        return texts;
    }

    /** An array of sockets that has to be there. */
    public static List<SocketDetails> sockets(JsonNode tree, String field) throws RemoteProtocolException {
        JsonNode array = tree.path(field);
        if (!array.isArray()) {
            throw new RemoteProtocolException(field + " must be an array");
        }
        List<SocketDetails> sockets = new ArrayList<>();
        for (JsonNode one : array) {
            sockets.add(new Elsewhere(
                    text(one, "id"), strings(one, "rooms"), object(one, "handshake"), object(one, "data")));
        }
        return sockets;
    }

    /** What an application keeps with a socket may be anything in Node; what is no object has no keys. */
    private static ObjectNode object(JsonNode tree, String field) {
        return tree.path(field) instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode();
    }
}
