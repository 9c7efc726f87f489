package dev.bowline.server;

import org.jspecify.annotations.Nullable;

/** The answer to one event. The first call sends it, every further one does nothing. Safe for any thread. */
@FunctionalInterface
public interface Ack {
    /** Sends the acknowledgement with these arguments, also after the handler has returned. */
    void send(@Nullable Object... args);
}
