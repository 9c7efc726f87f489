package dev.bowline.client;

import dev.bowline.core.engine.CloseReason;
import dev.bowline.core.engine.OpenPacket;
import dev.bowline.core.engine.TransportName;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.PacketEncoder;
import dev.bowline.core.packet.Payload;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection to one server, shared by the {@link Socket}s of its namespaces, and the way back when it
 * is lost.
 *
 * <p>It connects when the first Socket does, and closes when the last one leaves. Every method may be
 * called from any thread. The protocol runs on a serial loop of its own; handlers run one after the other
 * on another executor, so one that blocks delays other handlers of this Manager, but never a heartbeat.
 * While 10,000 events, or {@link ManagerBuilder#maxBufferedBytes}, wait for handlers, nothing more is
 * read; if that lasts, the connection ends with a ping timeout.
 */
public final class Manager implements AutoCloseable {
    /** Where the connection stands. */
    public enum State {
        /** There is none; one may be planned. */
        CLOSED,
        /** One is being made. */
        OPENING,
        /** There is one. */
        OPEN
    }

    private static final Duration CLOSE_MARGIN = Duration.ofSeconds(2);

    final Listeners<Manager> opens = new Listeners<>("open");
    final Listeners<CloseReason> closes = new Listeners<>("close");
    final Listeners<TransportException> errors = new Listeners<>("error");
    final Listeners<Packet> packets = new Listeners<>("packet");
    final Listeners<Manager> pings = new Listeners<>("ping");
    final Listeners<TransportName> upgrades = new Listeners<>("upgrade");
    final Listeners<Integer> reconnectAttempts = new Listeners<>("reconnect_attempt");
    final Listeners<Integer> reconnects = new Listeners<>("reconnect");
    final Listeners<TransportException> reconnectErrors = new Listeners<>("reconnect_error");
    final Listeners<Manager> reconnectFailures = new Listeners<>("reconnect_failed");

    private final ManagerOptions options;
    private final Loop loop;
    private final Handlers handlers;
    private final Transport.Factory transports;
    private final Connection connection;
    private final @Nullable ScheduledExecutorService ownScheduler;
    private final @Nullable ExecutorService ownThreads;
    private final ConcurrentSkipListMap<String, Socket> sockets = new ConcurrentSkipListMap<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    Manager(ManagerOptions options) {
        this.options = options;
        this.ownScheduler = options.scheduler() == null ? newScheduler() : null;
        ScheduledExecutorService scheduler = ownScheduler != null ? ownScheduler : options.scheduler();
        this.loop = new Loop(Objects.requireNonNull(scheduler), new Loop.SleeplessClock());
        this.ownThreads = Handlers.ownThreads();
        Executor forHandlers = options.handlers() != null ? options.handlers() : ownThreads;
        this.handlers = new Handlers(forHandlers, options.maxBufferedBytes());
        this.transports = new HttpTransports(options, loop, ownThreads);
        this.connection = new Connection(this, options, loop, handlers, transports);
    }

    /** For tests: on a loop and transports of theirs. */
    Manager(ManagerOptions options, Loop loop, Executor handlerThreads, Transport.Factory transports) {
        this.options = options;
        this.ownScheduler = null;
        this.ownThreads = null;
        this.loop = loop;
        this.handlers = new Handlers(handlerThreads, options.maxBufferedBytes());
        this.transports = transports;
        this.connection = new Connection(this, options, loop, handlers, transports);
    }

    private static ScheduledExecutorService newScheduler() {
        ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "bowline-client-loop");
            thread.setDaemon(true);
            return thread;
        });
        scheduler.setRemoveOnCancelPolicy(true);
        scheduler.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return scheduler;
    }

    /** A Manager with the default options. */
    public static Manager create(URI uri) {
        return builder(uri).build();
    }

    /** The options of a Manager for this server: {@code http}, {@code https}, {@code ws} or {@code wss}, host, port, query. */
    public static ManagerBuilder builder(URI uri) {
        return new ManagerBuilder(uri);
    }

    /** The Socket of the namespace {@code /}. */
    public Socket socket() {
        return socket("/");
    }

    /**
     * The Socket of a namespace, always the same one. It does not connect by itself.
     *
     * @param namespace its name; a slash is put before it if it has none
     * @throws IllegalArgumentException if the name holds a comma or a control character
     */
    public Socket socket(String namespace) {
        String name = namespace.startsWith("/") ? namespace : "/" + namespace;
        PacketEncoder.encode(Packet.of(Packet.Type.CONNECT, name, Payload.NONE));
        return sockets.computeIfAbsent(name, same -> new Socket(this, same, options, loop, handlers, connection));
    }

    List<SocketSession> sessions() {
        return sockets.values().stream().map(Socket::session).toList();
    }

    Optional<SocketSession> find(String namespace) {
        return Optional.ofNullable(sockets.get(namespace)).map(Socket::session);
    }

    /** Where the connection stands. */
    public State state() {
        return connection.state();
    }

    /** What the server said of the connection, while there is one. Its session id is a secret. */
    public Optional<OpenPacket> handshake() {
        return Optional.ofNullable(connection.handshake());
    }

    /** What carries messages at present, while there is a connection. */
    public Optional<TransportName> transport() {
        return Optional.ofNullable(connection.transport());
    }

    /**
     * Connects without any Socket; does nothing if that is done or under way.
     *
     * @throws IllegalStateException if this Manager was closed
     */
    public Manager connect() {
        checkNotClosed();
        loop.execute(connection::open);
        return this;
    }

    /**
     * Gives the connection up, and every plan to come back, for all Sockets: they see {@code forced close},
     * the server {@code transport close}. They return together on {@link #connect}.
     */
    public void disconnect() {
        loop.execute(connection::close);
    }

    /**
     * Tries now what would be tried after a delay, as the first attempt of a new round: for an application that knows
     * that the network, or the server, is there again. An attempt that has been under way for more than a second is
     * begun anew, since it may wait for an answer to what was lost. After {@link #onReconnectFailed} it tries again if
     * a Socket is {@linkplain Socket#active active}; after {@link #disconnect} it does nothing, nor while connected.
     */
    public Manager retryNow() {
        loop.execute(connection::retryNow);
        return this;
    }

    /**
     * Tells that this machine has no network. The connection, if there is one, is lost at once, with {@code transport
     * close}, instead of after {@code pingInterval + pingTimeout}, and an attempt under way fails. No further one is
     * made until {@link #online}, {@link #retryNow} or a {@code connect()}, whatever {@link Reconnection} says.
     */
    public Manager offline() {
        loop.execute(connection::onOffline);
        return this;
    }

    /** Tells that this machine has a network (again): the same as {@link #retryNow}. */
    public Manager online() {
        return retryNow();
    }

    /**
     * Disconnects every Socket and releases the connection with all timers and threads of this Manager's
     * own. Waits until that is done and what handlers were to be told is told, for little longer than {@link
     * ManagerBuilder#closeTimeout} at most. When it returns no handler is called any more; one that still runs is left
     * to itself. A handler may call this, and is the last one then. A server that has not answered the handshake is
     * waited for half a second at most, to be told.
     *
     * <p>On Java 17 the HttpClient's one thread ends, with its idle connections, when the garbage collector finds it,
     * and an attempt to open a WebSocket ends with {@link ManagerBuilder#connectTimeout}. Must not be called by a task
     * of a scheduler that was handed in. Idempotent.
     */
    @Override
    public void close() {
        long deadline =
                System.nanoTime() + options.closeTimeout().plus(CLOSE_MARGIN).toNanos();
        if (closed.compareAndSet(false, true)) {
            loop.execute(() -> {
                sessions().forEach(SocketSession::onManagerClosed);
                var unused = connection.closeForGood().whenComplete((nothing, failure) -> gone.complete(null));
            });
        }
        try {
            gone.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException stuck) {
            // Then whatever is left ends hard, below.
            gone.complete(null);
        }
        handlers.finish(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        loop.execute(this::end);
        transports.awaitEnd();
        if (ownThreads != null) {
            ownThreads.shutdown();
        }
    }

    /** On the loop, so that nothing of it is queued when its thread goes. */
    private void end() {
        transports.close();
        if (ownScheduler != null) {
            ownScheduler.shutdown();
        }
    }

    void checkNotClosed() {
        if (closed.get()) {
            throw new IllegalStateException("the Manager is closed");
        }
    }

    /** Called when a connection is made, before any Socket is connected. */
    public Registration onOpen(Runnable handler) {
        return opens.add(handler);
    }

    /** Called when a connection ends, after the Sockets that lose it, unless one of them asked for it. */
    public Registration onClose(Consumer<CloseReason> handler) {
        return closes.add(handler);
    }

    /** Called when no connection could be made, and when one broke. */
    public Registration onError(Consumer<TransportException> handler) {
        return errors.add(handler);
    }

    /**
     * Called with each packet of Socket.IO that comes, of any namespace, before the handlers of its event. What it
     * holds is the sender's, unchecked but for its syntax.
     */
    public Registration onPacket(Consumer<Packet> handler) {
        return packets.add(handler);
    }

    /** Called at each heartbeat of the server. */
    public Registration onPing(Runnable handler) {
        return pings.add(handler);
    }

    /** Called when messages begin to travel over another transport. */
    public Registration onUpgrade(Consumer<TransportName> handler) {
        return upgrades.add(handler);
    }

    /** Called when an attempt to come back begins, with its number, from 1. */
    public Registration onReconnectAttempt(IntConsumer handler) {
        return reconnectAttempts.add(handler::accept);
    }

    /** Called when an attempt to come back succeeded, with its number, before any Socket is connected. */
    public Registration onReconnect(IntConsumer handler) {
        return reconnects.add(handler::accept);
    }

    /** Called when an attempt to come back failed. */
    public Registration onReconnectError(Consumer<TransportException> handler) {
        return reconnectErrors.add(handler);
    }

    /** Called when no further attempt will be made; before {@link #onReconnectError} of the last one. */
    public Registration onReconnectFailed(Runnable handler) {
        return reconnectFailures.add(handler);
    }
}
