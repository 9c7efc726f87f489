package dev.bowline.adapter.cluster;

import dev.bowline.core.engine.RemoteProtocolException;
import dev.bowline.core.packet.Args;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.NullNode;

/**
 * The way between payloads and trees, with a codec of the cluster's own: what an application's mapper makes of its
 * objects is its affair, not how they travel.
 */
public final class Payloads {
    private static final JsonCodec CODEC = new JsonCodec();

    private Payloads() {}

    /** The array of a payload, binary values in their places. */
    public static ArrayNode tree(Payload payload) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        Args args = args(payload);
        for (int i = 0; i < args.size(); i++) {
            array.add(args.node(i));
        }
        return array;
    }

    /** The first argument of an answer, or null: servers send each other no more than that. */
    public static JsonNode first(Payload answer) {
        Args args = args(answer);
        return args.size() == 0 ? NullNode.getInstance() : args.node(0);
    }

    /** Read as an acknowledgement, an event's name is an argument like the others. */
    private static Args args(Payload payload) {
        return CODEC.args(new Packet(Packet.Type.ACK, "/", 0, payload));
    }

    /**
     * The payload of an event.
     *
     * @throws RemoteProtocolException if it has no name, or cannot be sent to clients
     */
    public static Payload event(JsonNode array) throws RemoteProtocolException {
        if (!array.isArray() || !(array.path(0).isString() || array.path(0).isNumber())) {
            throw new RemoteProtocolException("an event must be an array that begins with its name");
        }
        @Nullable Object[] elements = new Object[array.size()];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = array.get(i);
        }
        return write(elements);
    }

    /**
     * The payload of an acknowledgement with one argument, null where there is none.
     *
     * @throws RemoteProtocolException if it cannot be sent on
     */
    public static Payload answer(JsonNode argument) throws RemoteProtocolException {
        return write(argument.isMissingNode() ? NullNode.getInstance() : argument);
    }

    private static Payload write(@Nullable Object... elements) throws RemoteProtocolException {
        try {
            return CODEC.write(elements);
        } catch (IllegalArgumentException refused) {
            throw new RemoteProtocolException("an event that cannot be sent to clients");
        }
    }
}
