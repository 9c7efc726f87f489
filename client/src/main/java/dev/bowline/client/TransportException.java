package dev.bowline.client;

import java.io.IOException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A connection that could not be made, or that broke, and what the server said to it. The message is the
 * reference's: {@code xhr poll error}, {@code xhr post error}, {@code websocket error}, {@code timeout}.
 */
public final class TransportException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String body;

    TransportException(String message, @Nullable Throwable cause) {
        this(message, 0, "", cause);
    }

    TransportException(String message, int status, String body, @Nullable Throwable cause) {
        super(message, cause);
        this.status = status;
        this.body = body;
    }

    /** The HTTP status of the answer, if there was one. */
    public OptionalInt status() {
        return status == 0 ? OptionalInt.empty() : OptionalInt.of(status);
    }

    /**
     * The beginning of the answer's body, at most 4 KiB, or an empty text: for 400 and 403 it is JSON with
     * {@code code} and {@code message}. The JDK shows no body of a refused WebSocket.
     */
    public String body() {
        return body;
    }

    /** The message and the status, for a log. */
    String summary() {
        return getMessage() + (status == 0 ? "" : " (HTTP status " + status + ")");
    }
}
