package dev.bowline.server;

import dev.bowline.core.packet.Args;

/** Decides whether an event of a socket reaches its handlers. */
@FunctionalInterface
public interface EventMiddleware {
    /**
     * Lets the event pass by returning, stops it by throwing. Runs off the event loop, after the handlers of the
     * socket's earlier events; may block.
     *
     * @throws Exception to stop the event: {@link Socket#onError} hears of it, no handler does, and the client gets
     *     no acknowledgement
     */
    void accept(String event, Args args) throws Exception;
}
