package dev.bowline.server;

import dev.bowline.core.packet.Args;
import dev.bowline.core.packet.ArgumentException;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.server.transport.TransportLoop;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The acknowledgements that one socket still awaits. Each ends once: by the answer, by its time, or by the
 * socket's end. Safe for any thread; futures complete beside the handlers, who may wait for them, and never on an event
 * loop.
 */
final class PendingAcks {
    /** Who awaits one acknowledgement. Hears once, on any thread. */
    interface Waiting {
        void answered(Packet ack);

        /** No answer will come. */
        void failed(Exception cause);
    }

    private final JsonCodec codec;
    private final Connection connection;
    private final Map<Long, Waiting> waiting = new ConcurrentHashMap<>();
    private volatile boolean closed;

    PendingAcks(JsonCodec codec, Connection connection) {
        this.codec = codec;
        this.connection = connection;
    }

    /** Passes the acknowledgement of that id on. */
    void expect(long id, Waiting who) {
        waiting.put(id, who);
        if (closed) {
            failAll();
        }
    }

    /** How many are awaited. */
    int count() {
        return waiting.size();
    }

    /** Nobody waits for it any more. */
    void forget(long id) {
        waiting.remove(id);
    }

    /** The first argument of the acknowledgement of that id. */
    <T> CompletableFuture<@Nullable T> await(long id, Class<T> type, Duration timeout, TransportLoop loop) {
        CompletableFuture<@Nullable T> future = new CompletableFuture<>();
        TransportLoop.Timer timer =
                loop.schedule(() -> fail(id, new TimeoutException("operation has timed out")), timeout.toNanos());
        var unused = future.whenComplete((answer, failure) -> {
            timer.cancel();
            forget(id);
        });
        expect(id, new Waiting() {
            @Override
            public void answered(Packet ack) {
                connection.answered(ack, () -> complete(future, codec.args(ack), type));
            }

            @Override
            public void failed(Exception cause) {
                connection.answers().execute(() -> future.completeExceptionally(cause));
            }
        });
        return future;
    }

    private static <T> void complete(CompletableFuture<@Nullable T> future, Args args, Class<T> type) {
        try {
            future.complete(args.size() == 0 ? null : args.get(0, type));
        } catch (ArgumentException mismatch) {
            future.completeExceptionally(mismatch);
        }
    }

    /** The client answered; an answer that nobody awaits (any more) is ignored. */
    void complete(Packet ack) {
        Waiting who = waiting.remove(ack.id());
        if (who != null) {
            who.answered(ack);
        }
    }

    /** The socket is gone: whoever still waits is told. */
    void close() {
        closed = true;
        failAll();
    }

    private void failAll() {
        waiting.keySet().forEach(id -> fail(id, new DisconnectedException()));
    }

    /** Nobody will answer: whoever waits is told why. */
    void fail(long id, Exception cause) {
        Waiting who = waiting.remove(id);
        if (who != null) {
            who.failed(cause);
        }
    }
}
