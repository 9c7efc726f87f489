package dev.bowline.server;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A way to emit to one client: with a time limit for the acknowledgement, or without waiting for the client
 * to read. Immutable, safe for any thread.
 */
public final class Emitter {
    private final Socket socket;
    private final Duration timeout;
    private final boolean droppable;

    Emitter(Socket socket, Duration timeout, boolean droppable) {
        this.socket = socket;
        this.timeout = timeout;
        this.droppable = droppable;
    }

    /** The same with this time limit for acknowledgements, from the call of emit on. */
    public Emitter timeout(Duration limit) {
        if (limit.isNegative() || limit.isZero()) {
            throw new IllegalArgumentException("timeout must be more than zero: " + limit);
        }
        return new Emitter(socket, limit, droppable);
    }

    /**
     * The same for events that are worth something only now (volatile, in the words of Socket.IO): they are dropped
     * where they cannot be written at once.
     */
    public Emitter droppable() {
        return new Emitter(socket, timeout, true);
    }

    /** As {@link Socket#emit}. */
    public void emit(String event, @Nullable Object... args) {
        socket.emit(droppable, event, args);
    }

    /** As {@link Socket#emitWithAck}. */
    public <T> CompletableFuture<@Nullable T> emitWithAck(String event, Class<T> type, @Nullable Object... args) {
        return socket.emitWithAck(timeout, droppable, event, type, args);
    }
}
