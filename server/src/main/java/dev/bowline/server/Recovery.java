package dev.bowline.server;

import java.time.Duration;
import java.util.Objects;

/**
 * How long, and how much, the server keeps of clients that are away, so that they come back as if they had not been:
 * under the same id, in the same rooms, with their data, and with every event that they missed (connection state
 * recovery). Immutable.
 *
 * @param within how long a client may be away, from the moment at which the server noticed
 * @param maxBytes what the events and the sessions of absent clients may cost together, in bytes of memory, objects
 *     included; beyond, the oldest go, and clients that would have needed them are new when they come
 * @param skipMiddlewares whether a client that comes back is let in without asking the middlewares
 */
public record Recovery(Duration within, long maxBytes, boolean skipMiddlewares) {
    private static final long DEFAULT_BYTES = 64L << 20;
    private static final long LEAST_BYTES = 64 << 10;

    public Recovery {
        Objects.requireNonNull(within, "recovery.within must not be null");
        if (within.isNegative() || within.isZero()) {
            throw new IllegalArgumentException("recovery.within must be more than zero: " + within);
        }
        if (maxBytes < LEAST_BYTES) {
            throw new IllegalArgumentException(
                    "recovery.maxBytes must not be less than " + LEAST_BYTES + ": " + maxBytes);
        }
    }

    /** Clients may be away for that long; 64 MiB are kept, and middlewares are asked again. */
    public static Recovery within(Duration away) {
        return new Recovery(away, DEFAULT_BYTES, false);
    }

    /** The same with another bound on memory. */
    public Recovery withMaxBytes(long bytes) {
        return new Recovery(within, bytes, skipMiddlewares);
    }

    /** The same, and who comes back is let in without asking the middlewares. */
    public Recovery skippingMiddlewares() {
        return new Recovery(within, maxBytes, true);
    }
}
