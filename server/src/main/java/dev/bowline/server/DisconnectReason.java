package dev.bowline.server;

import dev.bowline.core.engine.CloseReason;

/** Why a socket is no longer connected, in the words of the reference. */
public enum DisconnectReason {
    /** The other side, or the network, closed the transport. The client comes back by itself. */
    TRANSPORT_CLOSE("transport close"),
    /** The transport failed. The client comes back by itself. */
    TRANSPORT_ERROR("transport error"),
    /** The client did not answer a ping within {@code pingTimeout}. It comes back by itself if it can. */
    PING_TIMEOUT("ping timeout"),
    /** The client sent something that is no Engine.IO packet. */
    PARSE_ERROR("parse error"),
    /** The server closed the connection: {@link Socket#closeConnection}, or an invalid Socket.IO packet. */
    FORCED_CLOSE("forced close"),
    /** The same, while the client had no request open through which it could be told. */
    FORCED_SERVER_CLOSE("forced server close"),
    /** The client is back over another connection, before the server noticed that this one was dead. */
    TAKEN_OVER("taken over"),
    /** The server was closed, or drained. The client comes back by itself when there is a server again. */
    SERVER_SHUTTING_DOWN("server shutting down"),
    /** The client called {@code disconnect()}. */
    CLIENT_NAMESPACE_DISCONNECT("client namespace disconnect"),
    /** The application called {@link Socket#disconnect}. The client does not come back by itself. */
    SERVER_NAMESPACE_DISCONNECT("server namespace disconnect");

    private final String text;

    DisconnectReason(String text) {
        this.text = text;
    }

    static DisconnectReason of(CloseReason reason) {
        return switch (reason) {
            case TRANSPORT_CLOSE -> TRANSPORT_CLOSE;
            case TRANSPORT_ERROR -> TRANSPORT_ERROR;
            case PING_TIMEOUT -> PING_TIMEOUT;
            case PARSE_ERROR -> PARSE_ERROR;
            case FORCED_CLOSE -> FORCED_CLOSE;
        };
    }

    /** Whether the client may come back to its session, where the server keeps it ({@link Recovery}). */
    boolean isRecoverable() {
        return switch (this) {
            case TRANSPORT_CLOSE,
                    TRANSPORT_ERROR,
                    PING_TIMEOUT,
                    FORCED_CLOSE,
                    FORCED_SERVER_CLOSE,
                    TAKEN_OVER,
                    SERVER_SHUTTING_DOWN -> true;
            case PARSE_ERROR, CLIENT_NAMESPACE_DISCONNECT, SERVER_NAMESPACE_DISCONNECT -> false;
        };
    }

    /** The words of the reference, for example {@code ping timeout}. */
    public String text() {
        return text;
    }

    @Override
    public String toString() {
        return text;
    }
}
