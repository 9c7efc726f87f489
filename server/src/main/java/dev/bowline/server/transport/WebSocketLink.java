package dev.bowline.server.transport;

import dev.bowline.core.engine.EnginePacket;

/** A WebSocket that carries a session, or probes for one. Called on its own event loop, except {@link #close}. */
public interface WebSocketLink {
    /** Puts a frame into the channel's buffer. */
    void write(EnginePacket packet);

    /** Lets the network have what was written. */
    void flush();

    /** How many bytes wait for the network. */
    long unsentBytes();

    /** Whether frames are read. */
    void read(boolean enabled);

    /** Sends an empty close frame behind what was written, and closes. Any thread; idempotent. */
    void close();

    /**
     * Runs the task once the connection is gone: after {@link #close} the peer has read what was written and has
     * answered, or has had its time.
     */
    void whenGone(Runnable task);
}
