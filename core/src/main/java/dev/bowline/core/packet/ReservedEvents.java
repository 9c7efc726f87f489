package dev.bowline.core.packet;

import java.util.Set;

/** The event names that belong to the protocol: neither side emits them, and a decoder refuses them. */
public final class ReservedEvents {
    /** All of them; {@code error}, {@code message} and {@code connection} are not among them. */
    public static final Set<String> NAMES =
            Set.of("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener");

    private ReservedEvents() {}

    /**
     * Refuses an event that must not be emitted.
     *
     * @throws IllegalArgumentException if the name is reserved
     */
    public static void check(String event) {
        if (NAMES.contains(event)) {
            throw new IllegalArgumentException('"' + event + "\" is a reserved event name");
        }
    }
}
