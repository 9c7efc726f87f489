package dev.bowline.server;

import dev.bowline.adapter.AdapterFactory;
import dev.bowline.adapter.Answers;
import dev.bowline.adapter.InMemoryAdapter;
import dev.bowline.adapter.RecoveryLog;
import dev.bowline.core.engine.OutboundPolicy;
import dev.bowline.core.engine.SessionSettings;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.server.transport.EngineServer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A Socket.IO v5 server, which knows nothing of how bytes arrive: attach it to a port with a transport
 * module, for example {@code NettyServer.bind(io, 3000)}.
 *
 * <p>The server's own methods concern its main namespace, {@code /}. Safe for any thread. The file is long because it
 * is the way in to everything; what it does itself is little.
 */
public final class SocketIoServer implements Broadcaster, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(SocketIoServer.class.getName());

    private static final Duration LEAST_SWEEP_PAUSE = Duration.ofMillis(50);
    private static final Duration MOST_SWEEP_PAUSE = Duration.ofSeconds(10);

    private final ServerOptions options;
    private final JsonCodec codec;
    private final @Nullable Observers observers;
    private final ScheduledExecutorService timer;
    private final Namespaces namespaces;
    private final Namespace main;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final List<Consumer<OutboundLimit>> outboundLimitHandlers = new CopyOnWriteArrayList<>();
    private final Optional<HandlerThreads> ownThreads;
    private final Optional<RecoveryLog> recoveryLog;
    private final Gate gate;
    private final EngineServer engine;
    private final AtomicInteger socketsWithHandlers = new AtomicInteger();
    private final AtomicReference<@Nullable Drain> drain = new AtomicReference<>();
    private volatile boolean closing;

    private SocketIoServer(ServerOptions options, ScheduledExecutorService timer, LongSupplier nanoTime) {
        this.options = options;
        this.codec = options.jsonMapper().map(JsonCodec::new).orElseGet(JsonCodec::new);
        this.timer = timer;
        this.observers = Observers.of(options.listeners());
        this.ownThreads = options.dispatch().kind() == Dispatch.Kind.OWN_THREADS
                ? Optional.of(HandlerThreads.open(options.cap(Cap.HANDLER_THREADS)))
                : Optional.empty();
        this.recoveryLog = options.recovery().map(recovery -> recoveryLog(recovery, nanoTime));
        this.namespaces = new Namespaces(this);
        this.main = namespaces.of("/");
        this.gate = new Gate(options, threads(), observers);
        this.engine = new EngineServer(options.engine(), gate, connection -> new Connection(this, connection));
    }

    /** A server with the default options. */
    public static SocketIoServer create() {
        return create(ServerOptions.defaults());
    }

    /** A server. */
    public static SocketIoServer create(ServerOptions options) {
        return create(options, newTimer());
    }

    /** A server in another time. */
    static SocketIoServer create(ServerOptions options, ScheduledExecutorService timer) {
        return create(options, timer, System::nanoTime);
    }

    /** A server in another time. */
    static SocketIoServer create(ServerOptions options, ScheduledExecutorService timer, LongSupplier nanoTime) {
        return new SocketIoServer(options, timer, nanoTime);
    }

    private RecoveryLog recoveryLog(Recovery recovery, LongSupplier nanoTime) {
        SessionSettings session = options.session();
        // What was written to a link that had died unnoticed is needed for as long as it takes to notice.
        Duration maxAge = recovery.within().plus(session.pingInterval()).plus(session.pingTimeout());
        var log = new RecoveryLog(recovery.within(), maxAge, recovery.maxBytes(), nanoTime);
        long pause = Math.min(
                MOST_SWEEP_PAUSE.toNanos(),
                Math.max(LEAST_SWEEP_PAUSE.toNanos(), recovery.within().toNanos() / 4));
        var unused = timer.scheduleWithFixedDelay(log::sweep, pause, pause, TimeUnit.NANOSECONDS);
        return log;
    }

    /** What makes the adapter of each namespace. */
    AdapterFactory adapters() {
        return options.adapter()
                .orElseGet(() ->
                        recoveryLog.<AdapterFactory>map(log -> log::adapter).orElse(InMemoryAdapter::new));
    }

    /** For the time limits of broadcasts, whose receivers live on many event loops; its thread begins with the first. */
    private static ScheduledExecutorService newTimer() {
        var timer = new ScheduledThreadPoolExecutor(
                1,
                task -> {
                    Thread thread = new Thread(task, "bowline-timer");
                    thread.setDaemon(true);
                    return thread;
                },
                // Once the server is closed nobody is left who could answer, so nothing has to be timed.
                new ThreadPoolExecutor.DiscardPolicy());
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    /**
     * The namespace of that name, which from now on exists; a slash is put before it where it is missing. If it
     * matches the pattern of a parent, it is a child of it.
     */
    public Namespace of(String name) {
        return namespaces.of(name);
    }

    /**
     * The parent of all namespaces whose whole name matches the pattern, each of which comes to exist when a first
     * client asks for it. Namespaces that exist already are not concerned; of several parents the first counts.
     */
    public ParentNamespace of(Pattern pattern) {
        return add(new ParentNamespace(this, pattern));
    }

    /** The parent of all namespaces that the matcher wants when a first client asks for them. */
    public ParentNamespace of(NamespaceMatcher matcher) {
        return add(new ParentNamespace(this, matcher));
    }

    private ParentNamespace add(ParentNamespace parent) {
        namespaces.add(parent);
        return parent;
    }

    /** The namespaces that exist now, in no order. */
    public Collection<Namespace> namespaces() {
        return namespaces.all();
    }

    /**
     * Calls the handler with each namespace that comes to exist from now on, before any client can enter it; so it
     * may still add middlewares. Runs where the namespace is asked for: on the caller's thread of {@link #of(String)},
     * or off the event loop. If it throws, the namespace does not come to exist.
     */
    public SocketIoServer onNewNamespace(Consumer<Namespace> handler) {
        namespaces.onNew(Objects.requireNonNull(handler, "handler must not be null"));
        return this;
    }

    /** Adds a middleware to the main namespace. */
    public SocketIoServer use(Middleware middleware) {
        main.use(middleware);
        return this;
    }

    /** Calls the handler with each socket that the main namespace lets in. */
    public SocketIoServer onConnection(Consumer<Socket> handler) {
        main.onConnection(handler);
        return this;
    }

    /**
     * Calls the handler with each request that was refused before it came to a namespace. Runs off the event loop, one
     * after the other; when 1,000 wait for it, further ones are not told.
     */
    public SocketIoServer onConnectionError(Consumer<ConnectionError> handler) {
        gate.onError(Objects.requireNonNull(handler, "handler must not be null"));
        return this;
    }

    /**
     * Calls the handler when more than {@code maxQueuedBytes} wait for a client that does not read, after the
     * {@link OutboundPolicy} has been followed. Runs where handlers do, and may block; what happens to the same client
     * meanwhile is told in one.
     */
    public SocketIoServer onOutboundLimit(Consumer<OutboundLimit> handler) {
        outboundLimitHandlers.add(Objects.requireNonNull(handler, "handler must not be null"));
        return this;
    }

    /** Everyone in the main namespace. */
    @Override
    public BroadcastOperator broadcast() {
        return main.broadcast();
    }

    /** As {@link Namespace#serverSideEmit}, in the main namespace. */
    public void serverSideEmit(String event, @Nullable Object... args) {
        main.serverSideEmit(event, args);
    }

    /** As {@link Namespace#serverSideEmitWithAck(String, Class, Object...)}, in the main namespace. */
    public <T> CompletableFuture<Answers<@Nullable T>> serverSideEmitWithAck(
            String event, Class<T> type, @Nullable Object... args) {
        return main.serverSideEmitWithAck(event, type, args);
    }

    /** As {@link Namespace#onServerSideEvent}, in the main namespace. */
    public SocketIoServer onServerSideEvent(String event, EventHandler handler) {
        main.onServerSideEvent(event, handler);
        return this;
    }

    /** As {@link Namespace#onServerSide}, in the main namespace. */
    public <T> SocketIoServer onServerSide(String event, Class<T> type, Consumer<T> handler) {
        main.onServerSide(event, type, handler);
        return this;
    }

    /** Whether {@link #close} has been called: then it lets nobody in any more. */
    public boolean isClosed() {
        return closing;
    }

    /** The number of connected clients, whatever namespaces they are in. */
    public int connectionCount() {
        return engine.sessionCount();
    }

    /** The number of sessions that are kept for clients that are away; 0 where none are kept. */
    public int awaySessionCount() {
        return recoveryLog.map(RecoveryLog::awayCount).orElse(0);
    }

    /** What is kept for clients that are away, in bytes: at most {@link Recovery#maxBytes}. */
    public long recoveryBytes() {
        return recoveryLog.map(RecoveryLog::bytes).orElse(0L);
    }

    /** What a transport module attaches to. */
    public EngineServer engine() {
        return engine;
    }

    /**
     * Makes way for another server, without a herd of clients that come back at once. From now on no client is let in:
     * it is answered with 503, upon which it tries again, by then elsewhere. Those that are there stay, until their
     * connections are closed one after the other, in random order and evenly over the duration: their sockets are told
     * {@code server shutting down}, clients see {@code transport close} and come back by themselves.
     *
     * <p>What was sent before still goes out. A connection whose handlers are at work when its turn comes waits for
     * them, for 5 s at most. When everybody has gone and the handlers of disconnections have run, at the latest 10 s
     * after the duration, this server is {@linkplain #close closed}, and the future completes. It never fails. Ports are
     * yours to close then.
     *
     * <p>Another call joins the first, whatever its duration; {@link #close} ends it at once, and if that was called
     * before, there is nothing left to do.
     *
     * @param duration 0 for everybody at once
     * @throws IllegalArgumentException if it is negative, or more than 2<sup>31</sup>-1 ms
     */
    public CompletableFuture<Void> drain(Duration duration) {
        var mine = new Drain(this, duration);
        if (closing) {
            return CompletableFuture.completedFuture(null);
        }
        Drain first = drain.compareAndExchange(null, mine);
        if (first != null) {
            return first.done().copy();
        }
        engine.stopAdmitting();
        mine.begin(List.copyOf(connections));
        if (closing) {
            mine.serverClosed();
        }
        return mine.done().copy();
    }

    /**
     * Whether {@link #drain} has been called, or {@link #close}: a health check had better say so, since no client is
     * let in any more. Stays true.
     */
    public boolean isDraining() {
        return drain.get() != null || closing;
    }

    /**
     * Ends every connection with {@code server shutting down}, so that clients come back by themselves when there
     * is a server again, and lets no other in. Releases the threads of handlers once they have run. Ends a
     * {@link #drain}. Idempotent.
     */
    @Override
    public void close() {
        closing = true;
        engine.close();
        release();
        Drain running = drain.get();
        if (running != null) {
            running.serverClosed();
        }
    }

    /** Once the last connection has gone: what it still needed to leave in order. */
    private void release() {
        if (closing && connections.isEmpty()) {
            namespaces.close();
            timer.shutdownNow();
            ownThreads.ifPresent(HandlerThreads::close);
        }
    }

    boolean isClosing() {
        return closing;
    }

    ServerOptions options() {
        return options;
    }

    JsonCodec codec() {
        return codec;
    }

    Namespaces registry() {
        return namespaces;
    }

    /** What it keeps for clients that are away, if it does. */
    Optional<RecoveryLog> recoveryLog() {
        return recoveryLog;
    }

    ScheduledExecutorService timer() {
        return timer;
    }

    /** Those who watch, or null. */
    @Nullable
    Observers observers() {
        return observers;
    }

    void outboundLimit(OutboundLimit limit) {
        for (Consumer<OutboundLimit> handler : outboundLimitHandlers) {
            try {
                handler.accept(limit);
            } catch (Throwable failure) { // also errors: the next handler is not to blame
                LOG.log(System.Logger.Level.WARNING, "A handler failed", failure);
            }
        }
    }

    /** The connections that are open now. */
    Set<Connection> connections() {
        return Set.copyOf(connections);
    }

    /** The number of sockets, at the door or in a namespace, that have not told their handlers that they are gone. */
    int socketCount() {
        return socketsWithHandlers.get();
    }

    /** Whether there is no connection, and no handler of one that is gone has anything to do. */
    boolean isQuiet() {
        return connections.isEmpty() && socketCount() == 0;
    }

    /** A socket asks its middlewares; {@link #socketDone} follows. */
    void socketBegins() {
        socketsWithHandlers.incrementAndGet();
    }

    /** A socket's handlers have nothing more to do. Any thread. */
    void socketDone() {
        socketsWithHandlers.decrementAndGet();
    }

    void opened(Connection connection) {
        connections.add(connection);
    }

    void closed(Connection connection) {
        connections.remove(connection);
        release();
    }

    boolean runsHandlersOnLoops() {
        return options.dispatch().kind() == Dispatch.Kind.EVENT_LOOP;
    }

    /** Where user code runs that belongs to no connection: never on an event loop. */
    Executor threads() {
        return threads(ForkJoinPool.commonPool());
    }

    /** Where the handlers of a connection run. */
    Executor threads(Executor loop) {
        return where(HandlerThreads::handlers, loop);
    }

    /** Where what the application awaits of no connection, or of many, is completed: not behind handlers. */
    Executor answers() {
        return answers(ForkJoinPool.commonPool());
    }

    /** Where what the application awaits of a connection is completed. */
    Executor answers(Executor loop) {
        return where(HandlerThreads::answers, loop);
    }

    private Executor where(Function<HandlerThreads, Executor> own, Executor loop) {
        return switch (options.dispatch().kind()) {
            case OWN_THREADS -> own.apply(ownThreads.orElseThrow());
            case EXECUTOR -> options.dispatch().executor().orElseThrow();
            case EVENT_LOOP -> loop;
        };
    }
}
