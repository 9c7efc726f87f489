package dev.bowline.redis;

import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import java.time.Duration;
import java.util.Optional;

/**
 * Where Redis is, and what a server may keep for it. Immutable.
 *
 * @param uri where it is, with user, password and TLS: {@code redis://user:password@host:6379},
 *     {@code rediss://…} with TLS. Of a Redis Cluster, one of its nodes
 * @param cluster whether it is a Redis Cluster
 * @param ssl what TLS trusts and shows, where that is something else than the JVM's defaults
 * @param prefix what the names of all channels begin with, which all servers of a cluster have in common: Node's options
 *     {@code key} and {@code channelPrefix}
 * @param maxQueuedBytes how much may wait to be published, or for Redis to take it: what is said beyond is heard on this
 *     node only
 * @param holdFor for how long what is said while Redis is away waits for it; longer, and it is heard on this node only
 * @param maxInboundBytes how much of what has come from Redis may wait for this node: what comes beyond is dropped
 * @param maxMessageBytes how large a message from Redis may be, and one to it
 */
public record RedisOptions(
        RedisURI uri,
        boolean cluster,
        Optional<SslOptions> ssl,
        String prefix,
        long maxQueuedBytes,
        Duration holdFor,
        long maxInboundBytes,
        int maxMessageBytes) {
    public RedisOptions {
        if (prefix.isEmpty()) {
            throw new IllegalArgumentException("prefix must not be empty");
        }
        positive("maxQueuedBytes", maxQueuedBytes);
        positive("maxInboundBytes", maxInboundBytes);
        positive("maxMessageBytes", maxMessageBytes);
        if (holdFor.isNegative()) {
            throw new IllegalArgumentException("holdFor must not be negative: " + holdFor);
        }
        if (maxMessageBytes > maxQueuedBytes || maxMessageBytes > maxInboundBytes) {
            throw new IllegalArgumentException(
                    "maxMessageBytes must be more neither than maxQueuedBytes nor than maxInboundBytes: "
                            + maxMessageBytes + " > " + Math.min(maxQueuedBytes, maxInboundBytes));
        }
    }

    private static void positive(String option, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException(option + " must be more than zero: " + value);
        }
    }

    /**
     * The defaults: prefix {@code socket.io}, 16 MiB that wait to be published, for ten seconds while Redis is away, 64
     * MiB that have come in, and messages of 16 MiB.
     *
     * @throws IllegalArgumentException if that is no address of a Redis
     */
    public static RedisOptions at(String uri) {
        return at(RedisURI.create(uri));
    }

    /** The same, with whatever else Lettuce knows of an address. */
    public static RedisOptions at(RedisURI uri) {
        return new RedisOptions(
                uri, false, Optional.empty(), "socket.io", 16 << 20, Duration.ofSeconds(10), 64 << 20, 16 << 20);
    }

    /** The same, which is a node of a Redis Cluster. */
    public RedisOptions asCluster() {
        return new RedisOptions(uri, true, ssl, prefix, maxQueuedBytes, holdFor, maxInboundBytes, maxMessageBytes);
    }

    /** The same with these keys and certificates. */
    public RedisOptions withSsl(SslOptions value) {
        return new RedisOptions(
                uri, cluster, Optional.of(value), prefix, maxQueuedBytes, holdFor, maxInboundBytes, maxMessageBytes);
    }

    /** The same with channels that begin so. */
    public RedisOptions withPrefix(String value) {
        return new RedisOptions(uri, cluster, ssl, value, maxQueuedBytes, holdFor, maxInboundBytes, maxMessageBytes);
    }

    /** The same with this bound on what waits to be published. */
    public RedisOptions withMaxQueuedBytes(long value) {
        return new RedisOptions(uri, cluster, ssl, prefix, value, holdFor, maxInboundBytes, maxMessageBytes);
    }

    /** The same with this patience while Redis is away; none with zero. */
    public RedisOptions withHoldFor(Duration value) {
        return new RedisOptions(uri, cluster, ssl, prefix, maxQueuedBytes, value, maxInboundBytes, maxMessageBytes);
    }

    /** The same with this bound on what has come in and waits. */
    public RedisOptions withMaxInboundBytes(long value) {
        return new RedisOptions(uri, cluster, ssl, prefix, maxQueuedBytes, holdFor, value, maxMessageBytes);
    }

    /** The same with this bound on a message. */
    public RedisOptions withMaxMessageBytes(int value) {
        return new RedisOptions(uri, cluster, ssl, prefix, maxQueuedBytes, holdFor, maxInboundBytes, value);
    }
}
