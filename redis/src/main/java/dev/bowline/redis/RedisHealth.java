package dev.bowline.redis;

/**
 * How a server stands with Redis. Immutable.
 *
 * @param state in a word
 * @param reason why it is so, in the words of whoever noticed; empty when all is well
 * @param queuedBytes what waits to be published, or for Redis to take it
 * @param inboundBytes what has come in and waits for this node
 * @param lost how many messages were said here and not brought to Redis, or perhaps not, since the beginning
 * @param dropped how many messages came from Redis and were dropped, being malformed, oversized or too many
 */
public record RedisHealth(State state, String reason, long queuedBytes, long inboundBytes, long lost, long dropped) {
    /** How it stands, in a word. */
    public enum State {
        /** All that is said is heard on all nodes. */
        UP,
        /** Redis does not answer in time; what is said waits within its bounds. */
        SLOW,
        /** There is no connection, and one is tried for again and again. This node's sockets are served as ever. */
        AWAY,
        /** It is over. */
        CLOSED
    }

    RedisHealth but(State otherState, String otherReason) {
        return new RedisHealth(otherState, otherReason, queuedBytes, inboundBytes, lost, dropped);
    }
}
