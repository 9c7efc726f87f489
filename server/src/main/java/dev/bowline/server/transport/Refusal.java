package dev.bowline.server.transport;

import dev.bowline.core.engine.TransportName;
import java.util.Map;

/**
 * Why a request is not served (engine.io, "connection_error"): the code and message of the reference,
 * and the HTTP status of its answer.
 *
 * @param code 0 to 5
 * @param message what the client is told
 * @param status the HTTP status of a plain request; a refused WebSocket upgrade is 400 whatever it says, unless the
 *     client {@linkplain #isTemporary may come back later}
 * @param context what the server knows of the cause, and the client is not told
 */
public record Refusal(int code, String message, int status, Map<String, Object> context) {
    public Refusal {
        context = Map.copyOf(context);
    }

    /** A refusal of whose cause nothing more is known. */
    public Refusal(int code, String message, int status) {
        this(code, message, status, Map.of());
    }

    /** The transport is not known, or not enabled. */
    public static final Refusal TRANSPORT_UNKNOWN = new Refusal(0, "Transport unknown", 400);

    /** No session has this id (any more). */
    public static final Refusal SESSION_UNKNOWN = new Refusal(1, "Session ID unknown", 400);

    /** A handshake is a GET. */
    public static final Refusal BAD_HANDSHAKE_METHOD = new Refusal(2, "Bad handshake method", 400);

    /** The request does not fit the session. */
    public static final Refusal BAD_REQUEST = new Refusal(3, "Bad request", 400);

    /** The application does not allow the request. */
    public static final Refusal FORBIDDEN = new Refusal(4, "Forbidden", 403);

    /** A page of this origin may not open a WebSocket. */
    public static final Refusal ORIGIN_NOT_ALLOWED = new Refusal(4, "Origin not allowed", 403);

    /** The client speaks another revision of Engine.IO. */
    public static final Refusal UNSUPPORTED_PROTOCOL = new Refusal(5, "Unsupported protocol version", 400);

    /** There are as many connections as there may be; another node may have room. */
    public static final Refusal SERVER_FULL = new Refusal(3, "Server full", 503);

    /** The server makes way for another, or has done so; another node lets clients in. */
    public static final Refusal SHUTTING_DOWN = new Refusal(3, "Server shutting down", 503);

    /** There are as many connections of this address as there may be. */
    public static final Refusal TOO_MANY_CONNECTIONS = new Refusal(3, "Too many connections", 429);

    /** There have been too many handshakes within a second. */
    public static final Refusal TOO_MANY_HANDSHAKES = new Refusal(3, "Too many handshakes", 429);

    private static final int TOO_MANY_REQUESTS = 429;
    private static final int UNAVAILABLE = 503;

    /** Whether the same request may be welcome later: the answer names the status, and a {@code Retry-After}. */
    public boolean isTemporary() {
        return status == TOO_MANY_REQUESTS || status == UNAVAILABLE;
    }

    /** The application does not allow the request, and says why. */
    public static Refusal forbidden(String message) {
        return new Refusal(4, message, 403);
    }

    /** The request does not fit the transport that carries its session. */
    static Refusal transportMismatch(TransportName asked, TransportName carries) {
        return BAD_REQUEST.because(
                Map.of("name", "TRANSPORT_MISMATCH", "transport", asked.text(), "previousTransport", carries.text()));
    }

    /** The same, with what is known of the cause. */
    public Refusal because(Map<String, Object> cause) {
        return new Refusal(code, message, status, cause);
    }

    /** The body of the answer to a plain request. */
    public String json() {
        var json = tools.jackson.databind.json.JsonMapper.shared().createObjectNode();
        return json.put("code", code).put("message", message).toString();
    }
}
