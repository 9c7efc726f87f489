package dev.bowline.client;

import dev.bowline.core.packet.Args;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;

/**
 * A way to emit through one Socket: with a time limit for acknowledgements, without waiting for a
 * connection, or uncompressed. Immutable, safe for any thread.
 */
public final class Emitter {
    private final SocketSession session;
    private final Optional<Duration> timeout;
    private final boolean droppable;
    private final boolean compress;

    Emitter(SocketSession session, Optional<Duration> timeout, boolean droppable, boolean compress) {
        this.session = session;
        this.timeout = timeout;
        this.droppable = droppable;
        this.compress = compress;
    }

    /**
     * The same with this time limit for acknowledgements, from the call of emit on; with {@link
     * ManagerBuilder#retries}, that of each try.
     */
    public Emitter timeout(Duration limit) {
        if (limit.isZero() || limit.isNegative()) {
            throw new IllegalArgumentException("timeout must be more than zero: " + limit);
        }
        return new Emitter(session, Optional.of(limit), droppable, compress);
    }

    /**
     * The same for events that are worth something only now (volatile, in the words of Socket.IO): they are
     * dropped where they cannot be written at once, which includes a Socket that is not connected.
     */
    public Emitter droppable() {
        return new Emitter(session, timeout, true, compress);
    }

    /**
     * The same, and whether compressing it is worth its while; by default it is. A transport is told so, but those on
     * the JDK's HttpClient compress nothing that they send: its WebSocket has no permessage-deflate.
     */
    public Emitter compress(boolean worthIt) {
        return new Emitter(session, timeout, droppable, worthIt);
    }

    boolean isDroppable() {
        return droppable;
    }

    boolean isCompressing() {
        return compress;
    }

    /** As {@link Socket#emit}. */
    public void emit(String event, @Nullable Object... args) {
        boolean queued = session.retries() && !droppable;
        session.emit(event, args, this, queued ? Acks.Pending.unasked(timeout) : null);
    }

    /** As {@link Socket#emitWithAck(String, Class, Object...)}. */
    public <T> CompletableFuture<T> emitWithAck(String event, Class<T> type, @Nullable Object... args) {
        return request(
                event,
                args,
                answer -> type == Args.class ? type.cast(answer) : answer.size() == 0 ? null : answer.get(0, type));
    }

    /** As {@link Socket#emitWithAck(String, TypeReference, Object...)}. */
    public <T> CompletableFuture<T> emitWithAck(String event, TypeReference<T> type, @Nullable Object... args) {
        return request(event, args, answer -> answer.size() == 0 ? null : answer.get(0, type));
    }

    private interface Binding<T> {
        @Nullable
        T bind(Args answer);
    }

    @SuppressWarnings("NullAway") // a JSON null, or no argument at all, completes a future of any type
    private <T> CompletableFuture<T> request(String event, @Nullable Object[] args, Binding<T> binding) {
        CompletableFuture<T> future = new CompletableFuture<>();
        Acks.Pending ack = Acks.Pending.of(future, timeout, binding::bind);
        try {
            session.emit(event, args, this, ack);
        } catch (IllegalStateException full) {
            future.completeExceptionally(full);
        }
        return future;
    }
}
