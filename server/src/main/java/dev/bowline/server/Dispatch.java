package dev.bowline.server;

import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * Where handlers and middlewares run. In each case those of one socket run one after the other, in the
 * order in which their events came.
 */
public final class Dispatch {
    enum Kind {
        OWN_THREADS,
        EXECUTOR,
        EVENT_LOOP
    }

    private static final Dispatch DEFAULT = new Dispatch(Kind.OWN_THREADS, Optional.empty());
    private static final Dispatch EVENT_LOOP = new Dispatch(Kind.EVENT_LOOP, Optional.empty());

    private final Kind kind;
    private final Optional<Executor> executor;

    private Dispatch(Kind kind, Optional<Executor> executor) {
        this.kind = kind;
        this.executor = executor;
    }

    /**
     * On threads of the server's own, where they may block: virtual ones on Java 21 and later, else pooled ones, of
     * which {@code maxHandlerThreads} run at a time.
     */
    public static Dispatch onOwnThreads() {
        return DEFAULT;
    }

    /** On this executor, which the server does not shut down. It must run what it is given. */
    public static Dispatch on(Executor executor) {
        Objects.requireNonNull(executor, "dispatch executor must not be null");
        return new Dispatch(Kind.EXECUTOR, Optional.of(executor));
    }

    /**
     * On the event loop of the socket's connection, without a change of thread. For handlers that promise never
     * to block: while one does, no other client of that loop is served.
     */
    public static Dispatch onEventLoop() {
        return EVENT_LOOP;
    }

    Kind kind() {
        return kind;
    }

    Optional<Executor> executor() {
        return executor;
    }
}
