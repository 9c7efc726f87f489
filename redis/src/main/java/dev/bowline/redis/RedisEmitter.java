package dev.bowline.redis;

import dev.bowline.adapter.cluster.ClusterCodec;
import dev.bowline.adapter.cluster.ClusterMessage;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Emits to the sockets of a cluster from a process that has none, as {@code @socket.io/redis-emitter} does. It has to use
 * what the servers use: {@link #pubSub}, {@link #sharded} or {@link #streams}.
 *
 * <p>No method waits for Redis. While that is away, what is said waits within the bounds of {@link RedisOptions}; what
 * goes beyond is lost, and {@link #health} counts it. Nobody answers an emitter. Safe for any thread.
 */
public final class RedisEmitter implements AutoCloseable {
    /** The way of one family of adapters. */
    @FunctionalInterface
    interface Way {
        void publish(ClusterMessage message, String namespace);
    }

    private final RedisLink link;
    private final Way way;

    private RedisEmitter(RedisLink link, Way way) {
        this.link = link;
        this.way = way;
    }

    /** For servers with {@link RedisAdapter#pubSub}, and Node's with {@code createAdapter}. */
    public static RedisEmitter pubSub(RedisOptions options) {
        var link = new RedisLink(options);
        return new RedisEmitter(link, (message, namespace) -> ClassicBus.publish(link, message, namespace));
    }

    /** For servers with {@link RedisAdapter#sharded}, and Node's with {@code createShardedAdapter}, which has no emitter. */
    public static RedisEmitter sharded(RedisOptions options, RoomChannels roomChannels) {
        var link = new RedisLink(options);
        return new RedisEmitter(
                link, (message, namespace) -> ShardedBus.publish(link, roomChannels, message, namespace));
    }

    /** For servers with {@link RedisAdapter#streams}, and Node's with {@code @socket.io/redis-streams-adapter}. */
    public static RedisEmitter streams(RedisOptions options, StreamOptions streams) {
        var link = new RedisLink(options);
        return new RedisEmitter(
                link,
                (message, namespace) -> StreamsBus.append(
                        link, streams, namespace, StreamsBus.fields(message, namespace, data(message, namespace))));
    }

    /** An emitter's packet has its namespace in it. */
    static ObjectNode data(ClusterMessage message, String namespace) {
        ObjectNode data = ClusterCodec.data(message);
        if (message.kind() == ClusterMessage.Kind.BROADCAST) {
            data.withObject("/packet").put("nsp", namespace);
            data.set("opts", EmitOperator.inOrder(data.withObject("/opts")));
        }
        return data;
    }

    /** Everyone in a namespace; a slash before its name is added where it is missing. */
    public EmitOperator of(String namespace) {
        return new EmitOperator(way, namespace.startsWith("/") ? namespace : '/' + namespace);
    }

    /** The members of this room of the namespace {@code /}. */
    public EmitOperator to(String room) {
        return of("/").to(room);
    }

    /** Everyone in the namespace {@code /}, but not the members of this room. */
    public EmitOperator except(String room) {
        return of("/").except(room);
    }

    /** Emits to everyone in the namespace {@code /}. */
    public void emit(String event, @Nullable Object... args) {
        of("/").emit(event, args);
    }

    /** Completes when Redis has been reached for the first time. */
    public CompletionStage<Void> up() {
        return link.up();
    }

    /** How it stands with Redis. */
    public RedisHealth health() {
        return link.health();
    }

    /** Leaves Redis. What has not been brought there is lost. */
    @Override
    public void close() {
        link.close();
    }
}
