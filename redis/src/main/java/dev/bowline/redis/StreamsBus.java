package dev.bowline.redis;

import dev.bowline.adapter.AdapterContext;
import dev.bowline.adapter.cluster.ClusterBus;
import dev.bowline.adapter.cluster.ClusterCodec;
import dev.bowline.adapter.cluster.ClusterMessage;
import dev.bowline.core.engine.RemoteProtocolException;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAddArgs;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The way of one namespace over a stream, as {@code @socket.io/redis-streams-adapter} 0.3 goes it: what is done and
 * wants no answer is written to the stream; questions and answers go over pub/sub.
 */
final class StreamsBus implements ClusterBus {
    private final RedisLink link;
    private final StreamOptions options;
    private final StreamReader reader;
    private final Consumer<ClusterMessage> receiver;
    private final String namespace;
    private final String node = NodeNames.next();
    private final String common;
    private final RedisLink.Kind kind;
    private final Presence presence;
    private final Own own;
    private final byte[] name;

    StreamsBus(
            RedisLink link,
            StreamOptions options,
            StreamReader reader,
            AdapterContext context,
            Consumer<ClusterMessage> receiver) {
        this.link = link;
        this.options = options;
        this.reader = reader;
        this.receiver = receiver;
        this.namespace = context.namespace();
        this.own = new Own(node, namespace);
        this.name = utf8(node);
        this.common = link.options().prefix() + '#' + namespace + '#';
        this.kind = options.sharded() ? RedisLink.Kind.SHARD : RedisLink.Kind.CHANNEL;
        this.presence = new Presence(link, kind, node, common, common, NodeNames.PATTERN);
        link.subscribe(kind, common, this::take);
        link.subscribe(kind, common + node + '#', this::take);
        reader.add(namespace, this::take);
    }

    @Override
    public String node() {
        return node;
    }

    // ---- Out ------------------------------------------------------------------------------------

    @Override
    public void publish(ClusterMessage message) {
        boolean kept = switch (message.kind()) {
            case BROADCAST -> !message.wantsAnswers();
            case SOCKETS_JOIN, SOCKETS_LEAVE, DISCONNECT_SOCKETS -> true;
            default -> false;
        };
        if (kept) {
            append(link, options, message, namespace);
        } else {
            send(common, message);
        }
    }

    @Override
    public void answer(String asker, ClusterMessage message) {
        send(common + asker + '#', message);
    }

    private void send(String channel, ClusterMessage message) {
        byte[] bytes = MessagePack.write(ClusterCodec.write(message, namespace));
        link.send(
                bytes.length,
                redis -> options.sharded() ? redis.spublish(channel, bytes) : redis.publish(channel, bytes));
    }

    /** Writes to the stream what anyone says. */
    static void append(RedisLink link, StreamOptions options, ClusterMessage message, String namespace) {
        append(link, options, namespace, fields(message, namespace, ClusterCodec.data(message)));
    }

    static void append(RedisLink link, StreamOptions options, String namespace, Map<String, byte[]> fields) {
        int bytes = fields.values().stream().mapToInt(value -> value.length).sum();
        XAddArgs bounded = XAddArgs.Builder.maxlen(options.maxLength()).approximateTrimming();
        link.send(bytes, redis -> redis.xadd(options.streamOf(namespace), bounded, fields));
    }

    /** The fields of an entry, in the order of Node's. */
    static Map<String, byte[]> fields(ClusterMessage message, String namespace, ObjectNode data) {
        Map<String, byte[]> fields = new LinkedHashMap<>();
        fields.put("uid", utf8(message.node()));
        fields.put("nsp", utf8(namespace));
        fields.put("type", utf8(String.valueOf(message.kind().number())));
        fields.put(
                "data",
                ClusterCodec.holdsBinary(data)
                        ? Base64.getEncoder().encode(MessagePack.write(data))
                        : Json.write(data));
        return fields;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    // ---- In -------------------------------------------------------------------------------------

    private void take(String channel, byte[] message) {
        if (own.ends(message)) {
            return;
        }
        link.receive(message.length, () -> {
            try {
                deliver(ClusterCodec.read(Json.readEither(message), namespace));
            } catch (RemoteProtocolException malformed) {
                link.drop(String.valueOf(malformed.getMessage()));
            }
        });
    }

    private void take(StreamMessage<String, byte[]> entry) {
        if (Arrays.equals(name, entry.getBody().get("uid"))) {
            return;
        }
        try {
            deliver(read(entry.getBody(), link.options().maxMessageBytes()));
        } catch (RemoteProtocolException malformed) {
            link.drop(String.valueOf(malformed.getMessage()));
        }
    }

    /** What an entry says. Heartbeats of older versions are of an unknown type. */
    static ClusterMessage read(Map<String, byte[]> fields, int maxBytes) throws RemoteProtocolException {
        byte[] type = fields.get("type");
        byte[] uid = fields.get("uid");
        byte[] data = fields.getOrDefault("data", utf8("{}"));
        if (type == null || uid == null || type.length > 2) {
            throw new RemoteProtocolException("an entry must have uid and type");
        }
        if (data.length > maxBytes) {
            throw new RemoteProtocolException("larger than maxMessageBytes: " + data.length);
        }
        int number;
        try {
            number = Integer.parseInt(new String(type, StandardCharsets.US_ASCII));
        } catch (NumberFormatException malformed) {
            throw new RemoteProtocolException("type must be an integer");
        }
        return ClusterCodec.read(number, new String(uid, StandardCharsets.UTF_8), data(data));
    }

    private static JsonNode data(byte[] data) throws RemoteProtocolException {
        if (data.length > 0 && data[0] == '{') {
            return Json.read(data);
        }
        try {
            return MessagePack.read(Base64.getDecoder().decode(data));
        } catch (IllegalArgumentException malformed) {
            throw new RemoteProtocolException("data must be JSON or base64");
        }
    }

    private void deliver(ClusterMessage message) {
        if (!message.node().equals(node)) {
            receiver.accept(message);
        }
    }

    // ---- Who is there ---------------------------------------------------------------------------

    @Override
    public CompletionStage<Set<String>> others() {
        return presence.others();
    }

    @Override
    public void close() {
        reader.remove(namespace);
        link.unsubscribe(kind, common);
        link.unsubscribe(kind, common + node + '#');
    }
}
