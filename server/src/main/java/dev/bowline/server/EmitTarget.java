package dev.bowline.server;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The one client that an {@link Emitter} emits to, wherever in the cluster it is. Safe for any thread. */
interface EmitTarget {
    void emit(Emitter how, String event, @Nullable Object[] args);

    <T> CompletableFuture<@Nullable T> emitWithAck(Emitter how, String event, Class<T> type, @Nullable Object[] args);
}
