package dev.bowline.client;

import dev.bowline.core.engine.CloseReason;

/** Why a Socket lost its connection, in the words of the reference, and whether it comes back by itself. */
public enum DisconnectReason {
    /** The server threw this client out. It does not come back unless {@link Socket#connect} is called. */
    SERVER_DISCONNECT("io server disconnect", false),
    /** {@link Socket#disconnect} was called. */
    CLIENT_DISCONNECT("io client disconnect", false),
    /** {@link Manager#disconnect} was called: the connection below all Sockets was given up. */
    FORCED_CLOSE("forced close", false),
    /** The server's heartbeat stopped. */
    PING_TIMEOUT("ping timeout", true),
    /** The connection was closed: by the server, or cut somewhere. */
    TRANSPORT_CLOSE("transport close", true),
    /** The connection broke: a request failed or was refused. */
    TRANSPORT_ERROR("transport error", true),
    /** The server sent something that is no packet. */
    PARSE_ERROR("parse error", true);

    private final String text;
    private final boolean comesBack;

    DisconnectReason(String text, boolean comesBack) {
        this.text = text;
        this.comesBack = comesBack;
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

    /** The reference's words, for example {@code io server disconnect}. */
    public String text() {
        return text;
    }

    /** Whether the Manager tries to connect again by itself, where reconnection is enabled. */
    public boolean comesBack() {
        return comesBack;
    }

    @Override
    public String toString() {
        return text;
    }
}
