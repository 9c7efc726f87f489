package dev.bowline.server.transport;

/**
 * How messages are compressed over WebSocket where the client offers it (RFC 7692). Immutable.
 *
 * <p>A connection that keeps its context costs some 300 KB of native memory, one that keeps none on either side less
 * between its messages, and compresses worse.
 *
 * @param threshold messages of fewer bytes are sent as they are
 * @param serverNoContextTakeover whether the server starts each message afresh
 * @param clientNoContextTakeover whether clients are asked to do so
 */
public record PerMessageDeflate(int threshold, boolean serverNoContextTakeover, boolean clientNoContextTakeover) {
    /** Below this number of bytes compression is not worth its while. */
    public static final int DEFAULT_THRESHOLD = 1024;

    public PerMessageDeflate {
        if (threshold < 0) {
            throw new IllegalArgumentException("perMessageDeflate threshold must not be negative: " + threshold);
        }
    }

    /** A threshold of 1024 bytes, and contexts that are kept. */
    public static PerMessageDeflate defaults() {
        return new PerMessageDeflate(DEFAULT_THRESHOLD, false, false);
    }

    /** The same with another threshold, in bytes. */
    public PerMessageDeflate withThreshold(int bytes) {
        return new PerMessageDeflate(bytes, serverNoContextTakeover, clientNoContextTakeover);
    }

    /** The same without contexts that are kept between messages, on either side. */
    public PerMessageDeflate withoutContextTakeover() {
        return new PerMessageDeflate(threshold, true, true);
    }
}
