package dev.bowline.redis;

/**
 * What a cluster over Redis Streams has in common, besides {@link RedisOptions#prefix}, which is that of its channels.
 * Immutable.
 *
 * @param streamName the stream, or what the names of several begin with
 * @param streamCount how many streams share the namespaces. With more than one, in a cluster with servers of Node, see
 *     {@code docs/cluster.md} for names of namespaces that reach nobody
 * @param maxLength about how many messages a stream keeps
 * @param sharded whether what is not kept goes over sharded pub/sub: Node's {@code useShardedPubSub}
 */
public record StreamOptions(String streamName, int streamCount, int maxLength, boolean sharded) {
    /** As Node's: one stream {@code socket.io} of 10,000 messages. */
    public static final StreamOptions DEFAULTS = new StreamOptions("socket.io", 1, 10_000, false);

    public StreamOptions {
        if (streamName.isEmpty()) {
            throw new IllegalArgumentException("streamName must not be empty");
        }
        if (streamCount < 1) {
            throw new IllegalArgumentException("streamCount must be at least 1: " + streamCount);
        }
        if (maxLength < 1) {
            throw new IllegalArgumentException("maxLength must be at least 1: " + maxLength);
        }
    }

    /** The same with this stream. */
    public StreamOptions withStreamName(String value) {
        return new StreamOptions(value, streamCount, maxLength, sharded);
    }

    /** The same with so many streams. */
    public StreamOptions withStreamCount(int value) {
        return new StreamOptions(streamName, value, maxLength, sharded);
    }

    /** The same with streams of that length. */
    public StreamOptions withMaxLength(int value) {
        return new StreamOptions(streamName, streamCount, value, sharded);
    }

    /** The same over sharded pub/sub. */
    public StreamOptions asSharded() {
        return new StreamOptions(streamName, streamCount, maxLength, true);
    }

    /**
     * The stream of a namespace. Node takes the remainder as JavaScript does, which keeps the sign of the hash: what a
     * server says in such a namespace goes to a stream of a negative number.
     */
    String streamOf(String namespace) {
        return streamCount == 1 ? streamName : streamName + '-' + namespace.hashCode() % streamCount;
    }
}
