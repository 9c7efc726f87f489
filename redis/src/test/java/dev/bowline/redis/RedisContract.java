package dev.bowline.redis;

import dev.bowline.adapter.AdapterFactory;
import dev.bowline.adapter.cluster.ClusterContract;
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
        client.client().connectPubSub(Wire.CODEC).sync().subscribe(channels);
        return silent(client);
    }

    /** The same where channels are in shards. */
    static SilentNode silentShards(String... channels) {
        RedisServer.Client client = redis.client();
        var connection = client.client().connectPubSub(Wire.CODEC);
        for (String channel : channels) {
            connection.sync().ssubscribe(channel);
        }
        return silent(client);
    }

    private static SilentNode silent(RedisServer.Client client) {
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
