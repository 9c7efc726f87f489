package dev.bowline.redis;

import dev.bowline.adapter.cluster.ClusterCodec;
import dev.bowline.adapter.cluster.ClusterMessage;
import dev.bowline.adapter.cluster.ClusterMessage.Kind;
import dev.bowline.adapter.cluster.Payloads;
import dev.bowline.adapter.cluster.Trees;
import dev.bowline.core.engine.RemoteProtocolException;
import dev.bowline.core.packet.Payload;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The messages of {@code @socket.io/redis-adapter} 8: broadcasts in MessagePack, requests and responses in JSON, except
 * for the two that carry what may be binary. To a response this side adds {@code uid}, which Node's ignores, so that
 * servers of this house can name each other. Holds no state.
 */
final class ClassicCodec {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int EVENT = 2;

    private static final int ALL_ROOMS = 1;
    private static final int JOIN = 2;
    private static final int LEAVE = 3;
    private static final int DISCONNECT = 4;
    private static final int FETCH = 5;
    private static final int SERVER_SIDE_EMIT = 6;
    private static final int BROADCAST = 7;
    private static final int CLIENT_COUNT = 8;
    private static final int ACKNOWLEDGEMENT = 9;

    private ClassicCodec() {}

    // ---- Broadcasts -----------------------------------------------------------------------------

    static byte[] broadcast(ClusterMessage message, String namespace) {
        ArrayNode tree = NODES.arrayNode();
        tree.add(message.node());
        tree.add(packet(message.payload(), namespace));
        ObjectNode opts = ClusterCodec.options(message);
        tree.add(isEmitter(message) ? EmitOperator.inOrder(opts) : opts);
        return MessagePack.write(tree);
    }

    private static boolean isEmitter(ClusterMessage message) {
        return message.node().equals(NodeNames.EMITTER);
    }

    private static ObjectNode packet(Payload event, String namespace) {
        ObjectNode packet = NODES.objectNode();
        packet.put("type", EVENT);
        packet.set("data", Payloads.tree(event));
        packet.put("nsp", namespace);
        return packet;
    }

    static ClusterMessage readBroadcast(byte[] bytes, String namespace) throws RemoteProtocolException {
        JsonNode tree = MessagePack.read(bytes);
        if (!tree.isArray() || tree.size() < 3 || !tree.get(0).isString()) {
            throw new RemoteProtocolException("a broadcast must be an array of uid, packet and options");
        }
        JsonNode packet = tree.get(1);
        String named = packet.path("nsp").asString("/");
        if (!named.equals(namespace)) {
            throw new RemoteProtocolException("broadcast of another namespace");
        }
        ClusterMessage message = ClusterMessage.of(Kind.BROADCAST, tree.get(0).stringValue());
        ObjectNode opts = NODES.objectNode();
        opts.set("opts", tree.get(2));
        return ClusterCodec.withOptions(message, opts).within(Duration.ZERO).with(Payloads.event(packet.path("data")));
    }

    // ---- Requests -------------------------------------------------------------------------------

    static byte[] request(ClusterMessage message, String namespace) {
        ObjectNode tree = NODES.objectNode();
        if (!isEmitter(message) || message.kind() == Kind.SERVER_SIDE_EMIT) {
            tree.put("uid", message.node());
        }
        if (message.wantsAnswers()) {
            tree.put("requestId", message.requestId());
        }
        tree.put("type", requestType(message.kind()));
        switch (message.kind()) {
            case SOCKETS_JOIN, SOCKETS_LEAVE -> {
                tree.set("opts", selection(message));
                tree.set("rooms", ClusterCodec.strings(message.rooms()));
            }
            case DISCONNECT_SOCKETS -> {
                tree.set("opts", selection(message));
                tree.put("close", message.closeConnection());
            }
            case FETCH_SOCKETS -> tree.set("opts", selection(message));
            case SERVER_SIDE_EMIT -> tree.set("data", Json.withBuffers(Payloads.tree(message.payload())));
            default -> {
                tree.set("packet", packet(message.payload(), namespace));
                tree.set("opts", ClusterCodec.options(message));
                return MessagePack.write(tree);
            }
        }
        return Json.write(tree);
    }

    private static int requestType(Kind kind) {
        return switch (kind) {
            case SOCKETS_JOIN -> JOIN;
            case SOCKETS_LEAVE -> LEAVE;
            case DISCONNECT_SOCKETS -> DISCONNECT;
            case FETCH_SOCKETS -> FETCH;
            case SERVER_SIDE_EMIT -> SERVER_SIDE_EMIT;
            case BROADCAST -> BROADCAST;
            default -> throw new IllegalArgumentException("no request: " + kind);
        };
    }

    /** Whom it concerns, without flags. */
    private static ObjectNode selection(ClusterMessage message) {
        ObjectNode opts = ClusterCodec.options(message);
        opts.remove("flags");
        return opts;
    }

    /** Empty for a request that is only known to old servers, and needs no answer. */
    static Optional<ClusterMessage> readRequest(byte[] bytes, String namespace) throws RemoteProtocolException {
        JsonNode tree = Json.readEither(bytes);
        String node = tree.path("uid").asString(ClusterMessage.NONE);
        String requestId = tree.path("requestId").asString(ClusterMessage.NONE);
        int type = Trees.integer(tree, "type");
        return switch (type) {
            case ALL_ROOMS ->
                Optional.of(ClusterMessage.of(Kind.ALL_ROOMS, node).under(requestId));
            case JOIN, LEAVE -> {
                Kind kind = type == JOIN ? Kind.SOCKETS_JOIN : Kind.SOCKETS_LEAVE;
                yield tree.has("opts")
                        ? Optional.of(ClusterCodec.withOptions(ClusterMessage.of(kind, node), tree)
                                .with(Trees.strings(tree, "rooms")))
                        : Optional.empty();
            }
            case DISCONNECT ->
                tree.has("opts")
                        ? Optional.of(ClusterCodec.withOptions(ClusterMessage.of(Kind.DISCONNECT_SOCKETS, node), tree)
                                .closing(tree.path("close").asBoolean(false)))
                        : Optional.empty();
            case FETCH ->
                Optional.of(ClusterCodec.withOptions(
                        ClusterMessage.of(Kind.FETCH_SOCKETS, node).under(requestId), tree));
            case SERVER_SIDE_EMIT ->
                Optional.of(ClusterMessage.of(Kind.SERVER_SIDE_EMIT, node)
                        .under(requestId)
                        .with(Payloads.event(tree.path("data"))));
            case BROADCAST ->
                Optional.of(ClusterCodec.withOptions(
                                ClusterMessage.of(Kind.BROADCAST, node).under(requestId), tree)
                        .with(Payloads.event(tree.path("packet").path("data"))));
            default -> Optional.empty();
        };
    }

    // ---- Responses ------------------------------------------------------------------------------

    static byte[] response(ClusterMessage message) {
        ObjectNode tree = NODES.objectNode();
        String requestId = message.requestId();
        switch (message.kind()) {
            case FETCH_SOCKETS_RESPONSE -> {
                tree.put("requestId", requestId);
                tree.set("sockets", Json.withBuffers(ClusterCodec.sockets(message.sockets())));
            }
            case ALL_ROOMS_RESPONSE -> {
                tree.put("requestId", requestId);
                tree.set("rooms", ClusterCodec.strings(message.rooms()));
            }
            case SERVER_SIDE_EMIT_RESPONSE -> {
                tree.put("type", SERVER_SIDE_EMIT).put("requestId", requestId);
                tree.set("data", Json.withBuffers(Payloads.first(message.payload())));
            }
            case BROADCAST_CLIENT_COUNT ->
                tree.put("type", CLIENT_COUNT).put("requestId", requestId).put("clientCount", message.count());
            case BROADCAST_ACK -> {
                tree.put("type", ACKNOWLEDGEMENT).put("requestId", requestId);
                tree.set("packet", Payloads.first(message.payload()));
                tree.put("uid", message.node());
                return MessagePack.write(tree);
            }
            default -> throw new IllegalArgumentException("no response: " + message.kind());
        }
        tree.put("uid", message.node());
        return Json.write(tree);
    }

    /** Empty for what answers nothing that is asked here. */
    static Optional<ClusterMessage> readResponse(byte[] bytes) throws RemoteProtocolException {
        JsonNode tree = Json.readEither(bytes);
        String node = tree.path("uid").asString(ClusterMessage.NONE);
        String requestId = Trees.text(tree, "requestId");
        int type = tree.has("type") ? Trees.integer(tree, "type") : FETCH;
        return switch (type) {
            case FETCH ->
                tree.has("sockets")
                        ? Optional.of(ClusterMessage.of(Kind.FETCH_SOCKETS_RESPONSE, node)
                                .under(requestId)
                                .with(Trees.sockets(tree, "sockets")))
                        : Optional.empty();
            case SERVER_SIDE_EMIT ->
                Optional.of(ClusterMessage.of(Kind.SERVER_SIDE_EMIT_RESPONSE, node)
                        .under(requestId)
                        .with(Payloads.answer(tree.path("data"))));
            case CLIENT_COUNT ->
                Optional.of(ClusterMessage.of(Kind.BROADCAST_CLIENT_COUNT, node)
                        .under(requestId)
                        .with(Trees.count(tree, "clientCount")));
            case ACKNOWLEDGEMENT ->
                Optional.of(ClusterMessage.of(Kind.BROADCAST_ACK, node)
                        .under(requestId)
                        .with(Payloads.answer(tree.path("packet"))));
            default -> Optional.empty();
        };
    }
}
