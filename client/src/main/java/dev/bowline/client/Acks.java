package dev.bowline.client;

import dev.bowline.core.packet.Args;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The acknowledgements that one Socket waits for, but for those of the {@link RetryQueue}. Their ids begin with 0
 * and are not reset by a reconnection, so a late answer from before never finds a new question. Confined to the
 * loop.
 */
final class Acks {
    private final Loop loop;
    private final Handlers handlers;
    private final Map<Long, Pending> pending = new LinkedHashMap<>();
    private long nextId;

    Acks(Loop loop, Handlers handlers) {
        this.loop = loop;
        this.handlers = handlers;
    }

    /** One acknowledgement, from the call of emit on. */
    static final class Pending {
        final Optional<Duration> timeout;

        /** Whether the application waits for the answer. */
        final boolean asked;

        private final Consumer<Args> answer;
        private final Consumer<Throwable> failure;

        /** Confined to the loop: the id, once there is one. */
        long id = -1;

        private Loop.@Nullable Timer timer;

        private Pending(Optional<Duration> timeout, boolean asked, Consumer<Args> answer, Consumer<Throwable> failure) {
            this.timeout = timeout;
            this.asked = asked;
            this.answer = answer;
            this.failure = failure;
        }

        static <T extends @Nullable Object> Pending of(
                CompletableFuture<T> future, Optional<Duration> timeout, Function<Args, T> binding) {
            return new Pending(
                    timeout,
                    true,
                    args -> {
                        try {
                            future.complete(binding.apply(args));
                        } catch (RuntimeException mismatch) {
                            future.completeExceptionally(mismatch);
                        }
                    },
                    future::completeExceptionally);
        }

        /** One that only the {@link RetryQueue} waits for. */
        static Pending unasked(Optional<Duration> timeout) {
            return new Pending(timeout, false, args -> {}, failure -> {});
        }

        /** Hands the answer over, beside the order of handlers. */
        void complete(Handlers handlers, Args args) {
            handlers.executeBeside(() -> answer.accept(args));
        }

        /** The same with a failure. */
        void fail(Handlers handlers, Throwable cause) {
            handlers.executeBeside(() -> failure.accept(cause));
        }
    }

    /** Gives the acknowledgement its id and starts its time. */
    void register(Pending ack, Runnable onTimeout) {
        ack.id = nextId++;
        pending.put(ack.id, ack);
        ack.timeout.ifPresent(timeout -> ack.timer = loop.schedule(timeout, () -> {
            onTimeout.run();
            fail(ack, new TimeoutException("operation has timed out"));
        }));
    }

    /** The answer came. One that nobody waits for any more is ignored. */
    void answer(long id, Args args) {
        Pending ack = pending.remove(id);
        if (ack != null) {
            cancelTimer(ack);
            ack.complete(handlers, args);
        }
    }

    /** There will be no answer. */
    void fail(Pending ack, Throwable failure) {
        if (pending.remove(ack.id) != null) {
            cancelTimer(ack);
            ack.fail(handlers, failure);
        }
    }

    /** The connection is lost: what was sent will not be answered. */
    void failSent(Predicate<Pending> stillBuffered) {
        List<Pending> sent = new ArrayList<>(pending.values());
        sent.removeIf(stillBuffered);
        for (Pending ack : sent) {
            fail(ack, new DisconnectedException());
        }
    }

    private static void cancelTimer(Pending ack) {
        if (ack.timer != null) {
            ack.timer.cancel();
        }
    }
}
