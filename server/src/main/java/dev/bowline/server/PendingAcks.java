package dev.bowline.server;

import dev.bowline.core.packet.Args;
import dev.bowline.core.packet.ArgumentException;
import dev.bowline.server.transport.TransportLoop;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The acknowledgements that one socket still awaits. Each ends once: by the answer, by its time, or by the
 * socket's end. Safe for any thread; futures complete on the threads of handlers, never on an event loop.
 */
final class PendingAcks {
    private record Pending<T>(CompletableFuture<@Nullable T> future, Class<T> type) {
        void complete(Args args) {
            try {
                future.complete(args.size() == 0 ? null : args.get(0, type));
            } catch (ArgumentException mismatch) {
                future.completeExceptionally(mismatch);
            }
        }
    }

    private final Executor threads;
    private final Map<Long, Pending<?>> pending = new ConcurrentHashMap<>();
    private volatile boolean closed;

    PendingAcks(Executor threads) {
        this.threads = threads;
    }

    <T> CompletableFuture<@Nullable T> await(long id, Class<T> type, Duration timeout, TransportLoop loop) {
        CompletableFuture<@Nullable T> future = new CompletableFuture<>();
        pending.put(id, new Pending<>(future, type));
        TransportLoop.Timer timer =
                loop.schedule(() -> fail(id, new TimeoutException("operation has timed out")), timeout.toNanos());
        var unused = future.whenComplete((answer, failure) -> {
            timer.cancel();
            pending.remove(id);
        });
        if (closed) {
            failAll();
        }
        return future;
    }

    /** The client answered; an answer that nobody awaits (any more) is ignored. */
    void complete(long id, Args args) {
        Pending<?> ack = pending.remove(id);
        if (ack != null) {
            threads.execute(() -> ack.complete(args));
        }
    }

    /** The socket is gone: whoever still waits is told. */
    void close() {
        closed = true;
        failAll();
    }

    private void failAll() {
        pending.keySet().forEach(id -> fail(id, new DisconnectedException()));
    }

    private void fail(long id, Exception cause) {
        Pending<?> ack = pending.remove(id);
        if (ack != null) {
            threads.execute(() -> ack.future().completeExceptionally(cause));
        }
    }
}
