package dev.bowline.redis;

import dev.bowline.adapter.Adapter;
import dev.bowline.adapter.AdapterContext;
import dev.bowline.adapter.AdapterFactory;
import dev.bowline.adapter.cluster.ClusterAdapter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

    private final CompletionStage<Void> up;
    private final List<StreamReader> readers;

    private RedisAdapter(RedisLink link, AdapterFactory adapters, List<StreamReader> readers) {
        this.link = link;
        this.adapters = adapters;
        this.readers = readers;
        CompletionStage<Void> all = link.up();
        for (StreamReader reader : readers) {
            all = all.thenCompose(done -> reader.begun());
        }
        this.up = all;
    }

    /**
     * Over pub/sub, for Redis of any age, and for servers of Node with {@code createAdapter} of
     * {@code @socket.io/redis-adapter}: every server hears every broadcast.
     */
    public static RedisAdapter pubSub(RedisOptions options) {
        var link = new RedisLink(options);
        return new RedisAdapter(
                link, ClusterAdapter.on((context, receiver) -> new ClassicBus(link, context, receiver)), List.of());
    }

    /**
     * Over sharded pub/sub, for Redis 7 and Redis Cluster, and for servers of Node with {@code createShardedAdapter} of
     * {@code @socket.io/redis-adapter}: a server hears the broadcasts to rooms that somebody of its own is in.
     */
    public static RedisAdapter sharded(RedisOptions options, RoomChannels roomChannels) {
        var link = new RedisLink(options);
        return new RedisAdapter(
                link,
                ClusterAdapter.on((context, receiver) -> new ShardedBus(link, roomChannels, context, receiver)),
                List.of());
    }

    /**
     * Over a stream, for servers of Node with {@code @socket.io/redis-streams-adapter} 0.3: what is said while Redis or the
     * way to it is away from one server reaches that server when it is back.
     */
    public static RedisAdapter streams(RedisOptions options, StreamOptions streams) {
        var link = new RedisLink(options);
        List<StreamReader> readers = new ArrayList<>();
        Map<String, StreamReader> byName = new HashMap<>();
        for (int i = 0; i < streams.streamCount(); i++) {
            String name = streams.streamCount() == 1 ? streams.streamName() : streams.streamName() + '-' + i;
            var reader = new StreamReader(link, name);
            readers.add(reader);
            byName.put(name, reader);
        }
        return new RedisAdapter(
                link,
                ClusterAdapter.on((context, receiver) -> new StreamsBus(
                        link,
                        streams,
                        byName.getOrDefault(streams.streamOf(context.namespace()), readers.get(0)),
                        context,
                        receiver)),
                readers);
    }

    @Override
    public Adapter create(AdapterContext context) {
        return adapters.create(context);
    }

    /** Completes when Redis has been reached for the first time and has all subscriptions. */
    public CompletionStage<Void> up() {
        return up;
    }

    /** How it stands with Redis. */
    public RedisHealth health() {
        RedisHealth health = link.health();
        return readers.stream()
                .map(StreamReader::failure)
                .filter(failure -> !failure.isEmpty() && health.state() == RedisHealth.State.UP)
                .findFirst()
                .map(failure -> health.but(RedisHealth.State.AWAY, failure))
                .orElse(health);
    }

    /** Leaves Redis. What has not been brought there is lost. */
    @Override
    public void close() {
        readers.forEach(StreamReader::close);
        link.close();
    }
}
