package dev.bowline.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.adapter.AdapterFactory;
import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.cluster.ClusterContract;
import dev.bowline.adapter.cluster.TestNode;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.testkit.Eventually;
import io.lettuce.core.cluster.RedisClusterClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Servers over the shards of a Redis Cluster are a cluster like others. */
class RedisClusterTest extends ClusterContract {
    private static RedisClusterServers redis;

    private final List<RedisAdapter> adapters = new ArrayList<>();

    @BeforeAll
    static void startRedis() {
        redis = new RedisClusterServers();
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @AfterEach
    void closeAdapters() {
        adapters.forEach(RedisAdapter::close);
    }

    private RedisAdapter open(Function<RedisOptions, RedisAdapter> family) throws Exception {
        RedisAdapter adapter = family.apply(RedisOptions.at(redis.uri()).asCluster());
        adapters.add(adapter);
        adapter.up().toCompletableFuture().get(20, TimeUnit.SECONDS);
        return adapter;
    }

    private static RedisAdapter sharded(RedisOptions options) {
        return RedisAdapter.sharded(options, RoomChannels.PUBLIC);
    }

    @Override
    protected AdapterFactory join() {
        try {
            return open(RedisClusterTest::sharded);
        } catch (Exception failed) {
            throw new AssertionError("no Redis", failed);
        }
    }

    @Override
    protected SilentNode silentNode(String namespace) {
        RedisClusterClient client = RedisClusterClient.create(redis.uri());
        var connection = client.connectPubSub(Wire.CODEC);
        String common = "socket.io#" + namespace + "#";
        connection.sync().ssubscribe(common);
        connection.sync().ssubscribe(common + RedisContract.SILENT + "#");
        return new SilentNode() {
            @Override
            public String name() {
                return RedisContract.SILENT;
            }

            @Override
            public void close() {
                client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
            }
        };
    }

    @Override
    protected void talkNonsense() {
        try (RedisClusterClient client = RedisClusterClient.create(redis.uri())) {
            var commands = client.connect(Wire.CODEC).sync();
            for (byte[] nonsense : Nonsense.ALL) {
                commands.spublish("socket.io#/#", nonsense);
            }
            for (String json : Nonsense.CLUSTER_MESSAGES) {
                commands.spublish("socket.io#/#", json.getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    @Test
    void carriesTheOtherTwoAsWell() throws Exception {
        for (Function<RedisOptions, RedisAdapter> family : List.<Function<RedisOptions, RedisAdapter>>of(
                RedisAdapter::pubSub,
                options -> RedisAdapter.streams(options, StreamOptions.DEFAULTS),
                options -> RedisAdapter.streams(options, StreamOptions.DEFAULTS.asSharded()))) {
            try (TestNode one = new TestNode(open(family), "/");
                    TestNode two = new TestNode(open(family), "/")) {
                TestNode.Member b = two.connect("b", "x");
                Eventually.passes(() -> assertThat(one.adapter()
                                .serverCount()
                                .toCompletableFuture()
                                .get(5, TimeUnit.SECONDS))
                        .isEqualTo(2));
                one.adapter()
                        .broadcast(
                                Packet.of(Packet.Type.EVENT, "/", new JsonCodec().writeEvent("news")),
                                BroadcastOptions.to("x"));
                Eventually.passes(() -> assertThat(b.received()).containsExactly("[\"news\"]"));
                assertThat(one.adapter()
                                .fetchSockets(BroadcastOptions.EVERYONE, Duration.ofSeconds(20))
                                .toCompletableFuture()
                                .get(30, TimeUnit.SECONDS)
                                .values())
                        .hasSize(1);
            }
        }
    }
}
