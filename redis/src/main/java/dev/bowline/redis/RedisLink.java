package dev.bowline.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One server's link to Redis, which all of its namespaces share: it comes up when Redis does, subscribes to what is
 * wanted then, and says how it stands. Safe for any thread; nothing here waits for Redis but its own thread.
 */
final class RedisLink implements AutoCloseable {
    /** How Redis tells channels apart. */
    enum Kind {
        /** By their names. */
        CHANNEL,
        /** By a pattern of names. */
        PATTERN,
        /** By their names, each in the part of a Redis Cluster that it belongs to. */
        SHARD
    }

    /** Takes what comes on a channel, on a thread that must not be kept. */
    @FunctionalInterface
    interface Taker {
        void take(String channel, byte[] message);
    }

    private static final System.Logger LOG = System.getLogger(RedisLink.class.getName());
    private static final Duration TRY_AGAIN = Duration.ofMillis(500);
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long DEAD_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final RedisOptions options;
    private final Wire.Maker maker;
    private final Outbox outbox;
    private final Inbox inbox;
    private final Complaints lost = new Complaints("Messages are not brought to Redis", System::nanoTime);
    private final Complaints dropped = new Complaints("Messages from Redis are dropped", System::nanoTime);
    private final Subscriptions subscriptions;
    private final CompletableFuture<Void> up = new CompletableFuture<>();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread made = new Thread(task, "bowline-redis");
        made.setDaemon(true);
        return made;
    });

    private volatile @Nullable Wire wire;
    private volatile RedisHealth.State state = RedisHealth.State.AWAY;
    private volatile String reason = "not connected yet";
    private volatile boolean closed;

    // Of the link's own thread.
    private @Nullable CompletableFuture<String> ping;
    private long pingedAt;

    RedisLink(RedisOptions options) {
        this.options = options;
        this.maker = new Wire.Maker(options);
        this.outbox = new Outbox(
                options.maxQueuedBytes(),
                options.holdFor(),
                System::nanoTime,
                () -> lost.add("Redis is " + state + (reason.isEmpty() ? "" : ": " + reason)));
        this.inbox = new Inbox(options.maxInboundBytes(), () -> dropped.add("more than maxInboundBytes wait"));
        this.subscriptions = new Subscriptions(options.maxMessageBytes(), dropped);
        thread.execute(this::connect);
        thread.scheduleWithFixedDelay(this::look, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    RedisOptions options() {
        return options;
    }

    /** Completes when Redis has been there for the first time. */
    CompletionStage<Void> up() {
        return up.minimalCompletionStage();
    }

    RedisHealth health() {
        return new RedisHealth(state, reason, outbox.bytes(), inbox.bytes(), lost.count(), dropped.count());
    }

    // ---- Connecting -----------------------------------------------------------------------------

    private void connect() {
        if (closed) {
            return;
        }
        try {
            Wire made = maker.connect();
            made.listen(subscriptions.listener(() -> wire == made), new States(made));
            wire = made;
            restored(made);
        } catch (RuntimeException failure) {
            changed(RedisHealth.State.AWAY, causeOf(failure));
            thread.schedule(this::connect, TRY_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    static String causeOf(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }

    /** On the link's thread: subscribes to everything, and when Redis has it, all goes on. */
    private void restored(Wire made) {
        if (closed || wire != made || !made.isOpen()) {
            return;
        }
        subscriptions.subscribeAll(made).whenComplete((done, failure) -> {
            if (failure != null) {
                changed(RedisHealth.State.AWAY, causeOf(failure));
            } else if (wire == made && made.isOpen()) {
                outbox.open(true);
                changed(RedisHealth.State.UP, "");
                up.complete(null);
                if (!made.isOpen()) {
                    broken(made, "the connection is lost");
                }
            }
        });
    }

    private void broken(Wire broken, String why) {
        if (wire == broken && !closed) {
            outbox.open(false);
            changed(RedisHealth.State.AWAY, why);
        }
    }

    private void changed(RedisHealth.State now, String why) {
        RedisHealth.State before = state;
        if (closed) {
            return;
        }
        state = now;
        reason = why;
        if (before != now) {
            boolean expected = now == RedisHealth.State.UP || now == RedisHealth.State.CLOSED;
            var level = expected ? System.Logger.Level.INFO : System.Logger.Level.WARNING;
            LOG.log(level, "Redis is {0}{1}", now, why.isEmpty() ? "" : ": " + why);
        }
    }

    /** On the link's thread, every half second: whether Redis answers, and what has waited for too long. */
    private void look() {
        outbox.sweep();
        Wire now = wire;
        if (now == null || closed) {
            return;
        }
        if (!now.isOpen()) {
            ping = null;
            return;
        }
        if (state == RedisHealth.State.AWAY) {
            restored(now);
        }
        CompletableFuture<String> asked = ping;
        if (asked == null || asked.isDone()) {
            if (state == RedisHealth.State.SLOW && asked != null && !asked.isCompletedExceptionally()) {
                changed(RedisHealth.State.UP, "");
            }
            pingedAt = System.nanoTime();
            ping = now.commands().ping().toCompletableFuture();
        } else {
            long waited = System.nanoTime() - pingedAt;
            if (waited > DEAD_NANOS) {
                broken(now, "no answer to PING for " + TimeUnit.NANOSECONDS.toSeconds(waited) + " s");
                ping = null;
                now.close();
                connect();
            } else if (waited > SLOW_NANOS && state == RedisHealth.State.UP) {
                changed(RedisHealth.State.SLOW, "no answer to PING for 2 s");
            }
        }
    }

    // ---- Subscriptions --------------------------------------------------------------------------

    /** Passes on what comes there from now on, as far as Redis is there; and again whenever it is. */
    void subscribe(Kind kind, String name, Taker taker) {
        subscriptions.add(kind, name, taker);
        Wire now = wire;
        if (now != null && !closed) {
            Subscriptions.subscribe(now, kind, name).whenComplete((done, failure) -> {
                if (failure != null) {
                    broken(now, causeOf(failure)); // and then it is tried again
                }
            });
        }
    }

    void unsubscribe(Kind kind, String name) {
        subscriptions.remove(kind, name);
        Wire now = wire;
        if (now != null && !closed) {
            Subscriptions.unsubscribe(now, kind, name);
        }
    }

    private final class States implements RedisConnectionStateListener {
        private final Wire of;

        States(Wire of) {
            this.of = of;
        }

        @Override
        public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
            try {
                thread.execute(() -> restored(of));
            } catch (RejectedExecutionException over) {
                LOG.log(System.Logger.Level.DEBUG, "Redis came back to a link that is closed");
            }
        }

        @Override
        public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
            broken(of, "the connection is lost");
        }
    }

    // ---- What goes out, and what comes in -------------------------------------------------------

    /** Sends in the order of calls, as far as Redis is there and there is room. */
    void send(int bytes, Function<RedisClusterAsyncCommands<String, byte[]>, CompletionStage<?>> command) {
        if (bytes > options.maxMessageBytes()) {
            lost.add("larger than maxMessageBytes: " + bytes);
            return;
        }
        outbox.offer(bytes, () -> command.apply(there().commands()));
    }

    /** One more connection, for a thread that may wait for it. */
    StatefulConnection<String, byte[]> anotherConnection() {
        return maker.another();
    }

    /** Asks Redis, on behalf of somebody who waits. */
    <T> CompletionStage<T> ask(Function<Wire, CompletionStage<T>> question) {
        try {
            return question.apply(there()).toCompletableFuture().copy().orTimeout(SLOW_NANOS, TimeUnit.NANOSECONDS);
        } catch (RuntimeException away) {
            return CompletableFuture.failedFuture(away);
        }
    }

    private Wire there() {
        Wire now = wire;
        if (now == null || closed) {
            throw new IllegalStateException("Redis is " + state + ": " + reason);
        }
        return now;
    }

    /** Hands something to the node's thread. */
    void receive(int bytes, Runnable task) {
        inbox.offer(bytes, task);
    }

    /** A message from Redis is dropped. */
    void drop(String why) {
        dropped.add(why);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        changed(RedisHealth.State.CLOSED, "");
        closed = true;
        outbox.open(false);
        thread.shutdownNow();
        inbox.close();
        Wire last = wire;
        if (last != null) {
            last.close();
        }
        maker.close();
    }
}
