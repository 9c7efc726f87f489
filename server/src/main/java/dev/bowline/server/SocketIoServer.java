package dev.bowline.server;

import dev.bowline.core.packet.JsonCodec;
import dev.bowline.server.transport.EngineServer;
import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.Refusal;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A Socket.IO v5 server, which knows nothing of how bytes arrive: attach it to a port with a transport
 * module, for example {@code NettyServer.bind(io, 3000)}.
 *
 * <p>The server's own methods concern its main namespace, {@code /}. Safe for any thread.
 */
public final class SocketIoServer implements AutoCloseable {
    private final ServerOptions options;
    private final JsonCodec codec;
    private final Map<String, Namespace> namespaces = new ConcurrentHashMap<>();
    private final Namespace main;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final Optional<HandlerThreads> ownThreads;
    private final EngineServer engine;
    private volatile boolean closing;

    private SocketIoServer(ServerOptions options) {
        this.options = options;
        this.codec = options.jsonMapper().map(JsonCodec::new).orElseGet(JsonCodec::new);
        this.main = of("/");
        this.ownThreads = options.dispatch().kind() == Dispatch.Kind.OWN_THREADS
                ? Optional.of(new HandlerThreads())
                : Optional.empty();
        this.engine = new EngineServer(options.engine(), this::allow, connection -> new Connection(this, connection));
    }

    /** A server with the default options. */
    public static SocketIoServer create() {
        return create(ServerOptions.defaults());
    }

    /** A server. */
    public static SocketIoServer create(ServerOptions options) {
        return new SocketIoServer(options);
    }

    /** The namespace of that name, which from now on exists; a slash is put before it where it is missing. */
    public Namespace of(String name) {
        String full = name.startsWith("/") ? name : "/" + name;
        return namespaces.computeIfAbsent(full, key -> new Namespace(key, codec));
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

    /** Sends an event to every socket of the main namespace. */
    public void emit(String event, @Nullable Object... args) {
        main.emit(event, args);
    }

    /** Selects the members of a room of the main namespace. */
    public BroadcastOperator to(String room) {
        return main.to(room);
    }

    /** The same as {@link #to(String)}. */
    public BroadcastOperator in(String room) {
        return main.to(room);
    }

    /** Selects everyone in the main namespace but the members of a room. */
    public BroadcastOperator except(String room) {
        return main.except(room);
    }

    /** The number of connected clients, whatever namespaces they are in. */
    public int connectionCount() {
        return engine.sessionCount();
    }

    /** What a transport module attaches to. */
    public EngineServer engine() {
        return engine;
    }

    /**
     * Ends every connection with {@code server shutting down}, so that clients come back by themselves when there
     * is a server again, and lets no other in. Releases the threads of handlers once they have run. Idempotent.
     */
    @Override
    public void close() {
        closing = true;
        engine.close();
        releaseThreads();
    }

    private void releaseThreads() {
        if (closing && connections.isEmpty()) {
            ownThreads.ifPresent(HandlerThreads::close);
        }
    }

    private CompletionStage<Optional<Refusal>> allow(HttpRequestHead request) {
        return options.allowRequest()
                .map(verdict ->
                        CompletableFuture.supplyAsync(() -> verdict.apply(request), threads(ForkJoinPool.commonPool())))
                .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty()));
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

    Optional<Namespace> find(String name) {
        return Optional.ofNullable(namespaces.get(name));
    }

    void opened(Connection connection) {
        connections.add(connection);
    }

    void closed(Connection connection) {
        connections.remove(connection);
        releaseThreads();
    }

    /** Where the handlers of a connection run. */
    Executor threads(Executor loop) {
        return switch (options.dispatch().kind()) {
            case OWN_THREADS -> ownThreads.orElseThrow();
            case EXECUTOR -> options.dispatch().executor().orElseThrow();
            case EVENT_LOOP -> loop;
        };
    }
}
