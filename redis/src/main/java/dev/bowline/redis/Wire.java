package dev.bowline.redis;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.cluster.pubsub.StatefulRedisClusterPubSubConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubListener;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.pubsub.api.async.RedisPubSubAsyncCommands;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Two connections to Redis, or to the nodes of a Redis Cluster: one for commands and one for subscriptions. Once made,
 * they are made again by themselves. What is the same for both kinds of Redis is not told apart by anyone else.
 */
final class Wire implements AutoCloseable {
    static final RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    /** Makes connections with the options of one server. */
    static final class Maker implements AutoCloseable {
        private final RedisOptions options;
        private final ClientResources resources;
        private @Nullable RedisClient single;
        private @Nullable RedisClusterClient cluster;

        Maker(RedisOptions options) {
            this.options = options;
            this.resources = DefaultClientResources.builder()
                    .ioThreadPoolSize(2)
                    .computationThreadPoolSize(2)
                    .reconnectDelay(Delay.exponential(50, 1_000, TimeUnit.MILLISECONDS, 2))
                    .build();
            RedisURI uri = RedisURI.builder(options.uri()).build();
            if (options.cluster()) {
                cluster = RedisClusterClient.create(resources, uri);
                cluster.setOptions(clusterOptions());
            } else {
                single = RedisClient.create(resources, uri);
                single.setOptions(configure(ClientOptions.builder())
                        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                        .build());
            }
        }

        /** A command is sent once or not at all. */
        private <B extends ClientOptions.Builder> B configure(B builder) {
            builder.autoReconnect(true)
                    .replayFilter(command -> true)
                    .socketOptions(SocketOptions.builder()
                            .connectTimeout(CONNECT_TIMEOUT)
                            .keepAlive(SocketOptions.KeepAliveOptions.builder()
                                    .enable()
                                    .idle(Duration.ofSeconds(5))
                                    .interval(Duration.ofSeconds(2))
                                    .count(3)
                                    .build())
                            .build());
            options.ssl().ifPresent(builder::sslOptions);
            return builder;
        }

        /**
         * In a Redis Cluster, connections to nodes are made when they are needed, and a command has to wait for that; so
         * none is refused, and each has its time.
         */
        private ClusterClientOptions clusterOptions() {
            ClusterClientOptions.Builder builder = configure(ClusterClientOptions.builder());
            builder.timeoutOptions(TimeoutOptions.enabled(COMMAND_TIMEOUT));
            builder.topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
                    .enablePeriodicRefresh(Duration.ofSeconds(10))
                    .build());
            return builder.build();
        }

        /** Connects, which may block. */
        Wire connect() {
            if (single != null) {
                StatefulRedisConnection<String, byte[]> commands = single.connect(CODEC);
                return new Wire(commands, commands.async(), single.connectPubSub(CODEC));
            }
            RedisClusterClient client = Objects.requireNonNull(cluster);
            client.refreshPartitions();
            StatefulRedisClusterConnection<String, byte[]> commands = client.connect(CODEC);
            StatefulRedisClusterPubSubConnection<String, byte[]> subscriptions = client.connectPubSub(CODEC);
            subscriptions.setNodeMessagePropagation(true);
            return new Wire(commands, commands.async(), subscriptions);
        }

        /** One more connection, for commands that block in Redis. */
        StatefulConnection<String, byte[]> another() {
            return single != null
                    ? single.connect(CODEC)
                    : Objects.requireNonNull(cluster).connect(CODEC);
        }

        @Override
        public void close() {
            AbstractRedisClient client = single != null ? single : Objects.requireNonNull(cluster);
            client.shutdownAsync(0, 1, TimeUnit.SECONDS)
                    .whenComplete((done, failure) -> resources.shutdown(0, 1, TimeUnit.SECONDS));
        }
    }

    private final StatefulConnection<String, byte[]> connection;
    private final RedisClusterAsyncCommands<String, byte[]> commands;
    private final StatefulRedisPubSubConnection<String, byte[]> subscriptions;

    private Wire(
            StatefulConnection<String, byte[]> connection,
            RedisClusterAsyncCommands<String, byte[]> commands,
            StatefulRedisPubSubConnection<String, byte[]> subscriptions) {
        this.connection = connection;
        this.commands = commands;
        this.subscriptions = subscriptions;
    }

    RedisClusterAsyncCommands<String, byte[]> commands() {
        return commands;
    }

    RedisPubSubAsyncCommands<String, byte[]> subscriptions() {
        return subscriptions.async();
    }

    /** Whether both connections are there. */
    boolean isOpen() {
        return connection.isOpen() && subscriptions.isOpen();
    }

    void listen(RedisPubSubListener<String, byte[]> messages, RedisConnectionStateListener states) {
        subscriptions.addListener(messages);
        subscriptions.addListener(states);
        connection.addListener(states);
    }

    /** What all nodes of Redis say together to one question. */
    <T> CompletionStage<List<T>> ofAllNodes(
            Function<RedisClusterAsyncCommands<String, byte[]>, CompletionStage<List<T>>> question) {
        List<CompletableFuture<List<T>>> answers = new ArrayList<>();
        if (connection instanceof StatefulRedisClusterConnection<String, byte[]> cluster) {
            for (RedisClusterNode node : cluster.getPartitions()) {
                if (node.is(RedisClusterNode.NodeFlag.UPSTREAM) && !node.hasNoSlots()) {
                    answers.add(cluster.getConnectionAsync(node.getNodeId())
                            .thenCompose(one -> question.apply(one.async())));
                }
            }
        } else {
            answers.add(question.apply(commands).toCompletableFuture());
        }
        return CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0]))
                .thenApply(done -> {
                    List<T> all = new ArrayList<>();
                    answers.forEach(answer -> all.addAll(answer.join()));
                    return all;
                });
    }

    @Override
    public void close() {
        connection.closeAsync();
        subscriptions.closeAsync();
    }
}
