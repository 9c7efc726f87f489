package dev.bowline.server;

import dev.bowline.adapter.BroadcastOptions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A way to emit to one client: with a time limit for the acknowledgement, or without waiting for the client
 * to read. Immutable, safe for any thread.
 */
public final class Emitter {
    private final EmitTarget target;
    private final Duration timeout;
    private final boolean droppable;
    private final boolean compress;

    Emitter(EmitTarget target, Duration timeout) {
        this(target, timeout, false, true);
    }

    private Emitter(EmitTarget target, Duration timeout, boolean droppable, boolean compress) {
        this.target = target;
        this.timeout = timeout;
        this.droppable = droppable;
        this.compress = compress;
    }

    /** The same with this time limit for acknowledgements, from the call of emit on. */
    public Emitter timeout(Duration limit) {
        return new Emitter(target, checked(limit), droppable, compress);
    }

    static Duration checked(Duration limit) {
        if (limit.isNegative() || limit.isZero()) {
            throw new IllegalArgumentException("timeout must be more than zero: " + limit);
        }
        return limit;
    }

    /**
     * The same for events that are worth something only now (volatile, in the words of Socket.IO): they are dropped
     * where they cannot be written at once.
     */
    public Emitter droppable() {
        return new Emitter(target, timeout, true, compress);
    }

    /** The same, and whether compressing it is worth its while. Default true; it matters to long-polling only. */
    public Emitter compress(boolean worthIt) {
        return new Emitter(target, timeout, droppable, worthIt);
    }

    /** As {@link Socket#emit}. */
    public void emit(String event, @Nullable Object... args) {
        target.emit(this, event, args);
    }

    /** As {@link Socket#emitWithAck}. */
    public <T> CompletableFuture<@Nullable T> emitWithAck(String event, Class<T> type, @Nullable Object... args) {
        return target.emitWithAck(this, event, type, args);
    }

    Duration timeout() {
        return timeout;
    }

    boolean isDroppable() {
        return droppable;
    }

    /** This way, to those. */
    BroadcastOptions to(BroadcastOptions whom) {
        BroadcastOptions options = whom.compress(compress);
        return droppable ? options.asDroppable() : options;
    }
}
