package dev.bowline.server;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a middleware throws to refuse a socket and to tell the client why: message and data become the
 * client's {@code connect_error}.
 *
 * <p>Any other exception refuses as well, but its message stays here, because it was not written for
 * strangers: the client is told {@code Refused}.
 */
public class ConnectionRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable Object data;

    /** A refusal that the client sees as {@code err.message}. */
    public ConnectionRefusedException(String message) {
        super(message);
        this.data = null;
    }

    /** A refusal that the client sees as {@code err.message} and {@code err.data}; the data is written as JSON. */
    public ConnectionRefusedException(String message, Object data) {
        super(message);
        this.data = data;
    }

    /** What the client sees as {@code err.data}. */
    public Optional<Object> data() {
        return Optional.ofNullable(data);
    }
}
