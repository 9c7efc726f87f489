package dev.bowline.server;

import dev.bowline.core.packet.Args;

/** Sees every event of a socket. */
@FunctionalInterface
public interface AnyHandler {
    /** An event arrived. Runs before the event's own handlers, on their thread. */
    void handle(String event, Args args) throws Exception;
}
