package dev.bowline.lab;

import java.time.Duration;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * Something that one end of a connection saw.
 *
 * @param at when, by {@link System#nanoTime}
 * @param kind what
 * @param namespace where, for what concerns a socket
 * @param id the socket's id, where it has one
 * @param text a reason, a message, or an event's name
 * @param data numbers and arguments
 */
record Happening(long at, Kind kind, String namespace, Optional<String> id, String text, JsonNode data) {
    /** The kinds, under the names of the JavaScript client. */
    enum Kind {
        CONNECT,
        DISCONNECT,
        CONNECT_ERROR,
        RECEIVED,
        OPEN,
        CLOSE,
        ERROR,
        RECONNECT_ATTEMPT,
        RECONNECT,
        RECONNECT_ERROR,
        RECONNECT_FAILED,
        PING,
        HANDSHAKE,
        TRANSPORT,
        UPGRADE
    }

    static Happening now(Kind kind, String namespace, String text) {
        return new Happening(System.nanoTime(), kind, namespace, Optional.empty(), text, MissingNode.getInstance());
    }

    Happening withId(String newId) {
        return new Happening(at, kind, namespace, Optional.of(newId), text, data);
    }

    Happening withData(JsonNode newData) {
        return new Happening(at, kind, namespace, id, text, newData);
    }

    /** The same, so long before. */
    Happening ago(Duration earlier) {
        return new Happening(at - earlier.toNanos(), kind, namespace, id, text, data);
    }

    /** Whether it is of that kind. */
    boolean is(Kind other) {
        return kind == other;
    }

    /** Whether it is of that kind and concerns that socket. */
    boolean is(Kind other, String socketId) {
        return kind == other && id.isPresent() && id.get().equals(socketId);
    }
}
