package dev.bowline.server;

import dev.bowline.core.engine.TransportName;
import dev.bowline.server.transport.EngineConnection;
import dev.bowline.server.transport.HttpRequestHead;

/**
 * A client's connection as a {@link ServerListener} sees it: the same object from its opening to its end. Safe for any
 * thread.
 */
public final class ConnectionInfo {
    private final long number;
    private final EngineConnection engine;
    private final long openedAt;

    ConnectionInfo(long number, EngineConnection engine, long openedAt) {
        this.number = number;
        this.engine = engine;
        this.openedAt = openedAt;
    }

    /** Counts up within its server. It says nothing of the session's id, which is a secret. */
    public long number() {
        return number;
    }

    /** The request that opened it. */
    public HttpRequestHead request() {
        return engine.handshake();
    }

    /** The transport that carries it at this moment. */
    public TransportName transport() {
        return engine.transport();
    }

    long openedAt() {
        return openedAt;
    }

    @Override
    public String toString() {
        return "connection " + number;
    }
}
