package dev.bowline.adapter.cluster;

import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.SocketDetails;
import dev.bowline.adapter.cluster.ClusterMessage.Kind;
import dev.bowline.core.engine.RemoteProtocolException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The form of messages that Node's adapters have in common since {@code socket.io-adapter} 2.5 (its {@code
 * ClusterMessage}), as a tree: {@code {type, data, uid, nsp}}. Binary values are binary nodes, wherever they stand, so an
 * engine writes the tree as JSON where {@link #holdsBinary} says no, and otherwise in a form that has bytes.
 * Holds no state.
 */
public final class ClusterCodec {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int EVENT = 2;

    private ClusterCodec() {}

    // ---- Out ------------------------------------------------------------------------------------

    /** The message as a tree, in the order of fields that Node writes. */
    public static ObjectNode write(ClusterMessage message, String namespace) {
        ObjectNode tree = NODES.objectNode();
        tree.put("type", message.kind().number());
        tree.set("data", data(message));
        tree.put("uid", message.node());
        tree.put("nsp", namespace);
        return tree;
    }

    /** Its {@code data} alone. */
    public static ObjectNode data(ClusterMessage message) {
        ObjectNode data = NODES.objectNode();
        switch (message.kind()) {
            case BROADCAST -> {
                ObjectNode packet = data.putObject("packet");
                packet.put("type", EVENT);
                packet.set("data", Payloads.tree(message.payload()));
                putRequestId(data, message);
                data.set("opts", options(message));
            }
            case SOCKETS_JOIN, SOCKETS_LEAVE -> {
                data.set("opts", options(message));
                data.set("rooms", strings(message.rooms()));
            }
            case DISCONNECT_SOCKETS -> {
                data.set("opts", options(message));
                data.put("close", message.closeConnection());
            }
            case FETCH_SOCKETS -> {
                data.set("opts", options(message));
                putRequestId(data, message);
            }
            case FETCH_SOCKETS_RESPONSE -> {
                putRequestId(data, message);
                data.set("sockets", sockets(message.sockets()));
            }
            case SERVER_SIDE_EMIT -> {
                putRequestId(data, message);
                data.set("packet", Payloads.tree(message.payload()));
            }
            case SERVER_SIDE_EMIT_RESPONSE, BROADCAST_ACK -> {
                putRequestId(data, message);
                data.set("packet", Payloads.first(message.payload()));
            }
            case BROADCAST_CLIENT_COUNT -> {
                putRequestId(data, message);
                data.put("clientCount", message.count());
            }
            case ALL_ROOMS, ALL_ROOMS_RESPONSE ->
                throw new IllegalArgumentException("this form has no such message: " + message.kind());
        }
        return data;
    }

    private static void putRequestId(ObjectNode data, ClusterMessage message) {
        if (message.wantsAnswers()) {
            data.put("requestId", message.requestId());
        }
    }

    /** Whom a message concerns, with its flags. The order of rooms means nothing; it is always the same here. */
    public static ObjectNode options(ClusterMessage message) {
        ObjectNode opts = NODES.objectNode();
        BroadcastOptions options = message.options();
        opts.set("rooms", strings(new TreeSet<>(options.rooms())));
        opts.set("except", strings(new TreeSet<>(options.except())));
        ObjectNode flags = opts.putObject("flags");
        if (options.droppable()) {
            flags.put("volatile", true);
        }
        if (!options.compress()) {
            flags.put("compress", false);
        }
        if (!message.timeout().isZero()) {
            flags.put("timeout", message.timeout().toMillis());
        }
        return opts;
    }

    /** The texts as an array. */
    public static ArrayNode strings(Set<String> texts) {
        ArrayNode array = NODES.arrayNode();
        texts.forEach(array::add);
        return array;
    }

    /** Sockets as an array of what others may know of them. */
    public static ArrayNode sockets(List<SocketDetails> all) {
        ArrayNode array = NODES.arrayNode();
        for (SocketDetails socket : all) {
            ObjectNode one = array.addObject();
            one.put("id", socket.id());
            one.set("handshake", socket.handshake());
            one.set("rooms", strings(socket.rooms()));
            one.set("data", socket.data());
        }
        return array;
    }

    /** Whether there is a binary value anywhere. */
    public static boolean holdsBinary(JsonNode tree) {
        if (!tree.isContainer()) {
            return tree.isBinary();
        }
        for (JsonNode child : tree.values()) {
            if (holdsBinary(child)) {
                return true;
            }
        }
        return false;
    }

    // ---- In -------------------------------------------------------------------------------------

    /**
     * What a tree says. Fields that are not known mean nothing.
     *
     * @throws RemoteProtocolException if it is no message of that namespace, or one that means nothing here
     */
    public static ClusterMessage read(JsonNode tree, String namespace) throws RemoteProtocolException {
        if (!namespace.equals(Trees.text(tree, "nsp"))) {
            throw new RemoteProtocolException("message of another namespace");
        }
        return read(Trees.integer(tree, "type"), Trees.text(tree, "uid"), tree.path("data"));
    }

    /** The same where the parts came apart. */
    public static ClusterMessage read(int type, String node, JsonNode data) throws RemoteProtocolException {
        Kind kind = kindOf(type);
        ClusterMessage message = ClusterMessage.of(kind, node).under(requestId(data));
        return switch (kind) {
            case BROADCAST ->
                withOptions(message, data)
                        .with(Payloads.event(data.path("packet").path("data")));
            case SOCKETS_JOIN, SOCKETS_LEAVE -> withOptions(message, data).with(Trees.strings(data, "rooms"));
            case DISCONNECT_SOCKETS ->
                withOptions(message, data).closing(data.path("close").asBoolean(false));
            case FETCH_SOCKETS -> withOptions(message, data);
            case FETCH_SOCKETS_RESPONSE -> message.with(Trees.sockets(data, "sockets"));
            case SERVER_SIDE_EMIT -> message.with(Payloads.event(data.path("packet")));
            case SERVER_SIDE_EMIT_RESPONSE, BROADCAST_ACK -> message.with(Payloads.answer(data.path("packet")));
            case BROADCAST_CLIENT_COUNT -> message.with(Trees.count(data, "clientCount"));
            case ALL_ROOMS, ALL_ROOMS_RESPONSE -> throw new RemoteProtocolException("message of an unknown type");
        };
    }

    private static String requestId(JsonNode data) {
        JsonNode id = data.path("requestId");
        return id.isString() ? id.stringValue() : ClusterMessage.NONE;
    }

    /** The message for whom its {@code opts} select. */
    public static ClusterMessage withOptions(ClusterMessage message, JsonNode data) throws RemoteProtocolException {
        JsonNode opts = data.path("opts");
        JsonNode flags = opts.path("flags");
        BroadcastOptions options = BroadcastOptions.EVERYONE
                .andTo(Trees.strings(opts, "rooms"))
                .butNotTo(opts.has("except") ? Trees.strings(opts, "except") : Set.of())
                .compress(flags.path("compress").asBoolean(true));
        JsonNode timeout = flags.path("timeout");
        return message.to(flags.path("volatile").asBoolean(false) ? options.asDroppable() : options)
                .within(timeout.isNumber() ? Duration.ofMillis(Math.max(1, timeout.asLong(1))) : Duration.ZERO);
    }

    private static Kind kindOf(int number) throws RemoteProtocolException {
        for (Kind kind : Kind.values()) {
            if (kind.number() == number) {
                return kind;
            }
        }
        throw new RemoteProtocolException("message of an unknown type: " + number);
    }
}
