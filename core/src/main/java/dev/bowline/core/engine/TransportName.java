package dev.bowline.core.engine;

import java.util.Optional;

/** A transport of Engine.IO, under its name on the wire. */
public enum TransportName {
    /** HTTP long-polling. */
    POLLING("polling"),
    /** WebSocket. */
    WEBSOCKET("websocket");

    private final String text;

    TransportName(String text) {
        this.text = text;
    }

    /** The transport of that name, if there is one. */
    public static Optional<TransportName> of(String text) {
        return POLLING.text.equals(text)
                ? Optional.of(POLLING)
                : WEBSOCKET.text.equals(text) ? Optional.of(WEBSOCKET) : Optional.empty();
    }

    /** The name on the wire. */
    public String text() {
        return text;
    }

    @Override
    public String toString() {
        return text;
    }
}
