package dev.bowline.client;

import dev.bowline.core.packet.JsonCodec;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Why a Socket could not connect: the server refused it, or no connection could be made. Immutable.
 */
public final class ConnectError {
    private final String message;
    private final boolean refused;
    private final @Nullable Throwable cause;
    private final @Nullable JsonNode data;
    private final JsonCodec codec;

    private ConnectError(
            String message, boolean refused, @Nullable Throwable cause, @Nullable JsonNode data, JsonCodec codec) {
        this.message = message;
        this.refused = refused;
        this.cause = cause;
        this.data = data;
        this.codec = codec;
    }

    /** What a CONNECT_ERROR packet says: an object with {@code message} and {@code data}, or a text. */
    static ConnectError refused(JsonNode answer, JsonCodec codec) {
        String message = answer.isString()
                ? answer.stringValue()
                : answer.path("message").asString("");
        return new ConnectError(message, true, null, answer.get("data"), codec);
    }

    static ConnectError failed(Throwable cause, JsonCodec codec) {
        String message = cause.getMessage();
        return new ConnectError(message == null ? cause.toString() : message, false, cause, null, codec);
    }

    /** The server's words, or the failure's, for example {@code xhr poll error}. */
    public String message() {
        return message;
    }

    /** Whether the server said no. Then the Socket does not try again by itself. */
    public boolean refused() {
        return refused;
    }

    /**
     * What the server's middleware gave with its refusal, if anything, as this type.
     *
     * @throws tools.jackson.core.JacksonException if it is not of the type
     */
    public <T> Optional<T> data(Class<T> type) {
        return data == null || data.isNull()
                ? Optional.empty()
                : Optional.ofNullable(codec.mapper().treeToValue(data, type));
    }

    /** What went wrong on this side or on the way; usually a {@link TransportException}. */
    public Optional<Throwable> cause() {
        return Optional.ofNullable(cause);
    }

    /** Without the data, which is the server's. */
    @Override
    public String toString() {
        return "ConnectError[" + message + (refused ? ", refused" : "") + "]";
    }
}
