package dev.bowline.lab;

import dev.bowline.core.engine.TransportName;
import java.util.List;

/** How a client may reach the server. */
enum Mode {
    WEBSOCKET("websocket"),
    POLLING("polling"),
    UPGRADE("upgrade");

    private final String text;

    Mode(String text) {
        this.text = text;
    }

    /** The transports, the first to try first. */
    List<TransportName> transports() {
        return switch (this) {
            case WEBSOCKET -> List.of(TransportName.WEBSOCKET);
            case POLLING -> List.of(TransportName.POLLING);
            case UPGRADE -> List.of(TransportName.POLLING, TransportName.WEBSOCKET);
        };
    }

    /** Whether a settled connection ends up on WebSocket. */
    boolean settlesOnWebSocket() {
        return this != POLLING;
    }

    @Override
    public String toString() {
        return text;
    }
}
