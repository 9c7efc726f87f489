package dev.bowline.server.transport;

/**
 * Why a request is not served (engine.io, "connection_error"): the code and message of the reference,
 * and the HTTP status of its answer.
 *
 * @param code 0 to 5
 * @param message what the client is told
 * @param status the HTTP status of a plain request; a refused WebSocket upgrade is always 400
 */
public record Refusal(int code, String message, int status) {
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

    /** The application does not allow the request, and says why. */
    public static Refusal forbidden(String message) {
        return new Refusal(4, message, 403);
    }

    /** The body of the answer to a plain request. */
    public String json() {
        var json = tools.jackson.databind.json.JsonMapper.shared().createObjectNode();
        return json.put("code", code).put("message", message).toString();
    }
}
