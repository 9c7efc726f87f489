package dev.bowline.redis;

import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.RedisPubSubListener;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/** What a server wants to hear from Redis, whether Redis is there or not, and who takes it. Safe for any thread. */
final class Subscriptions {
    private record Wanted(RedisLink.Kind kind, String name) {}

    private static final System.Logger LOG = System.getLogger(Subscriptions.class.getName());

    private final Map<Wanted, RedisLink.Taker> takers = new ConcurrentHashMap<>();
    private final int maxMessageBytes;
    private final Complaints dropped;

    Subscriptions(int maxMessageBytes, Complaints dropped) {
        this.maxMessageBytes = maxMessageBytes;
        this.dropped = dropped;
    }

    void add(RedisLink.Kind kind, String name, RedisLink.Taker taker) {
        takers.put(new Wanted(kind, name), taker);
    }

    void remove(RedisLink.Kind kind, String name) {
        takers.remove(new Wanted(kind, name));
    }

    /** Says to Redis all that is wanted. Subscribing twice is subscribing once. */
    CompletableFuture<Void> subscribeAll(Wire to) {
        return CompletableFuture.allOf(takers.keySet().stream()
                .map(wanted -> subscribe(to, wanted.kind(), wanted.name()))
                .toArray(CompletableFuture<?>[]::new));
    }

    /** Never throws: whoever joins a room must not pay for what Redis does. */
    static CompletableFuture<Void> subscribe(Wire to, RedisLink.Kind kind, String name) {
        try {
            return switch (kind) {
                case CHANNEL -> to.subscriptions().subscribe(name).toCompletableFuture();
                case PATTERN -> to.subscriptions().psubscribe(name).toCompletableFuture();
                case SHARD -> to.subscriptions().ssubscribe(name).toCompletableFuture();
            };
        } catch (RuntimeException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    /** Never throws, either. */
    static void unsubscribe(Wire from, RedisLink.Kind kind, String name) {
        try {
            switch (kind) {
                case CHANNEL -> from.subscriptions().unsubscribe(name);
                case PATTERN -> from.subscriptions().punsubscribe(name);
                case SHARD -> from.subscriptions().sunsubscribe(name);
            }
        } catch (RuntimeException refused) { // what comes there finds no taker
            LOG.log(System.Logger.Level.DEBUG, "Redis cannot be told what is not wanted any more", refused);
        }
    }

    /** Passes on what comes over a wire, as long as that is the present one. */
    RedisPubSubListener<String, byte[]> listener(BooleanSupplier present) {
        return new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, byte[] message) {
                take(RedisLink.Kind.CHANNEL, channel, channel, message);
            }

            @Override
            public void message(String pattern, String channel, byte[] message) {
                take(RedisLink.Kind.PATTERN, pattern, channel, message);
            }

            @Override
            public void smessage(String channel, byte[] message) {
                take(RedisLink.Kind.SHARD, channel, channel, message);
            }

            private void take(RedisLink.Kind kind, String name, String channel, byte[] message) {
                RedisLink.Taker taker = takers.get(new Wanted(kind, name));
                if (taker == null || !present.getAsBoolean()) {
                    return;
                }
                if (message.length > maxMessageBytes) {
                    dropped.add("larger than maxMessageBytes: " + message.length);
                } else {
                    taker.take(channel, message);
                }
            }
        };
    }
}
