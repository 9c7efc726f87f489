package dev.bowline.core.packet;

import org.jspecify.annotations.Nullable;

/**
 * An argument that the peer sent is not what the handler asked for.
 *
 * <p>The message is bounded and holds nothing of what the peer sent. The cause is what the code of the
 * wanted type threw, such as the constructor of a record; where JSON did not fit there is none.
 */
public final class ArgumentException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int index;

    ArgumentException(int index, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.index = index;
    }

    /** The index of the argument, from 0; the event's name does not count. */
    public int index() {
        return index;
    }
}
