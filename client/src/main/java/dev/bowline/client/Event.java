package dev.bowline.client;

import dev.bowline.core.packet.Args;
import dev.bowline.core.packet.Payload;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JavaType;

/** An event with its arguments, as a handler sees it. Safe for any thread. */
public final class Event {
    private final String name;
    private final Args args;
    private final @Nullable Consumer<Object[]> acknowledge;
    private final AtomicBoolean acknowledged = new AtomicBoolean();

    Event(String name, Args args, @Nullable Consumer<Object[]> acknowledge) {
        this.name = name;
        this.args = args;
        this.acknowledge = acknowledge;
    }

    /** The name. */
    public String name() {
        return name;
    }

    /**
     * The arguments. The position in its log that a server with connection state recovery adds is taken off where it
     * is known for one; otherwise it is the last of them, a text.
     */
    public Args args() {
        return args;
    }

    /** Whether the sender waits for an acknowledgement. */
    public boolean expectsAck() {
        return acknowledge != null;
    }

    /**
     * Answers the sender. The first call counts, every further one does nothing, as does one where no answer is
     * expected; an answer after the connection was lost is dropped, since the sender has given up waiting.
     *
     * @throws IllegalArgumentException if an argument cannot be written as JSON
     */
    public void ack(@Nullable Object... answer) {
        if (acknowledge != null && acknowledged.compareAndSet(false, true)) {
            acknowledge.accept(answer);
        }
    }

    /** The first argument as this type; null where there is none. */
    @Nullable
    Object first(JavaType type) {
        return args.size() == 0 ? null : args.get(0, type);
    }

    /** The name and the number of arguments. */
    @Override
    public String toString() {
        return "Event[" + name + ", " + args + "]";
    }

    /** What waits to be sent: an event, already written as JSON. */
    static final class Outgoing {
        /** What a packet counts beyond its bytes, so that many empty ones are not free. */
        private static final int OVERHEAD = 64;

        final String name;
        final Payload payload;
        final boolean droppable;
        final boolean compress;
        final Acks.@Nullable Pending ack;

        Outgoing(String name, Payload payload, Emitter by, Acks.@Nullable Pending ack) {
            this.name = name;
            this.payload = payload;
            this.droppable = by.isDroppable();
            this.compress = by.isCompressing();
            this.ack = ack;
        }

        long size() {
            return sizeOf(payload);
        }

        static long sizeOf(Payload payload) {
            long size = (long) OVERHEAD + payload.json().length();
            for (var attachment : payload.attachments()) {
                size += attachment.length();
            }
            return size;
        }
    }
}
