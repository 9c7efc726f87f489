package dev.bowline.server;

import dev.bowline.core.packet.Args;

/** Handles an event with whatever arguments it has. */
@FunctionalInterface
public interface EventHandler {
    /**
     * An event arrived. Runs off the event loop, after the handlers of the socket's earlier events.
     *
     * @param args its arguments, without the event's name
     * @param ack the client's wish for an answer; a call has no effect if it has none
     * @throws Exception to report a failure: it is logged, and the client gets no acknowledgement
     */
    void handle(Args args, Ack ack) throws Exception;
}
