package dev.bowline.server;

import java.io.Serial;

/**
 * An emit failed because its client does not read, under {@link dev.bowline.core.engine.OutboundPolicy#FAIL}. Nothing
 * was sent.
 */
public final class OutboundLimitException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    OutboundLimitException(long limit) {
        super("the client does not read: more than maxQueuedBytes wait for it: " + limit);
    }
}
