package dev.bowline.server;

import dev.bowline.server.transport.HttpRequestHead;
import java.util.Map;

/**
 * A request that was refused before it came to a namespace (engine.io, "connection_error").
 *
 * @param request the request
 * @param code 0 to 5, as {@link dev.bowline.server.transport.Refusal} has them
 * @param message what the client was told
 * @param context what is known of the cause, by names of the reference: {@code transport}, {@code sid}, {@code method},
 *     {@code name} and so on
 */
public record ConnectionError(HttpRequestHead request, int code, String message, Map<String, Object> context) {
    public ConnectionError {
        context = Map.copyOf(context);
    }
}
