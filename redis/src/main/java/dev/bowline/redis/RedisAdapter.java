package dev.bowline.redis;

import dev.bowline.adapter.Adapter;
import dev.bowline.adapter.AdapterContext;
import dev.bowline.adapter.AdapterFactory;
import dev.bowline.adapter.cluster.ClusterAdapter;
import java.util.concurrent.CompletionStage;

/**
 * Links servers to a cluster over Redis, and with those of Node that use {@code @socket.io/redis-adapter} or
 * {@code @socket.io/redis-streams-adapter}: {@code ServerOptions.builder().adapter(redis)}.
 *
 * <p>One belongs to one server, which has its two connections to Redis; close it after the server. It does not wait for
 * Redis, neither when it is made nor later: while Redis is away this server's sockets hear this server, and
 * {@link #health} says why. Safe for any thread.
 */
public final class RedisAdapter implements AdapterFactory, AutoCloseable {
    private final RedisLink link;
    private final AdapterFactory adapters;

    private RedisAdapter(RedisLink link, AdapterFactory adapters) {
        this.link = link;
        this.adapters = adapters;
    }

    /**
     * Over pub/sub, for Redis of any age, and for servers of Node with {@code createAdapter} of
     * {@code @socket.io/redis-adapter}: every server hears every broadcast.
     */
    public static RedisAdapter pubSub(RedisOptions options) {
        var link = new RedisLink(options);
        return new RedisAdapter(
                link, ClusterAdapter.on((context, receiver) -> new ClassicBus(link, context, receiver)));
    }

    @Override
    public Adapter create(AdapterContext context) {
        return adapters.create(context);
    }

    /** Completes when Redis has been reached for the first time and has all subscriptions. */
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
