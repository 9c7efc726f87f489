package dev.bowline.server;

import dev.bowline.core.packet.Args;

/** How the arguments of an event reach typed handlers. */
final class Arguments {
    private Arguments() {}

    /** One of them as this type. */
    @SuppressWarnings("NullAway") // JSON null and a missing argument reach a handler that does not ask, as in Node.
    static <T> T at(Args args, int index, Class<T> type) {
        return index < args.size() ? args.get(index, type) : null;
    }
}
