package dev.bowline.redis;

import dev.bowline.adapter.AdapterFactory;
import dev.bowline.adapter.cluster.ClusterContract;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** The contract of an engine, over a real Redis. */
abstract class RedisContract extends ClusterContract {
    static final String SILENT = "00000000deadbeef";

    private static RedisServer redis;

    private final List<RedisAdapter> adapters = new ArrayList<>();

    @BeforeAll
    static void startRedis() {
        redis = RedisServer.start();
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    static RedisServer redis() {
        return redis;
    }

    abstract RedisAdapter open(RedisOptions options);

    @Override
    protected AdapterFactory join() {
        RedisAdapter adapter = open(RedisOptions.at(redis.uri()));
        adapters.add(adapter);
        try {
            adapter.up().toCompletableFuture().get(20, TimeUnit.SECONDS);
        } catch (InterruptedException | java.util.concurrent.ExecutionException | TimeoutException e) {
            throw new AssertionError("no Redis: " + adapter.health(), e);
        }
        return adapter;
    }

    @AfterEach
    void closeAdapters() {
        adapters.forEach(RedisAdapter::close);
    }

    /** A node that is subscribed as all are, and no more. */
    static SilentNode silent(String... channels) {
        RedisServer.Client client = redis.client();
        StatefulRedisPubSubConnection<String, byte[]> connection =
                client.client().connectPubSub(Wire.CODEC);
        return silent(client, connection, channels, false);
    }

    static SilentNode silent(
            RedisServer.Client client,
            StatefulRedisPubSubConnection<String, byte[]> connection,
            String[] channels,
            boolean sharded) {
        for (String channel : channels) {
            if (sharded) {
                connection.sync().ssubscribe(channel);
            } else {
                connection.sync().subscribe(channel);
            }
        }
        return new SilentNode() {
            @Override
            public String name() {
                return SILENT;
            }

            @Override
            public void close() {
                client.close();
            }
        };
    }
}
