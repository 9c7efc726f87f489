package dev.bowline.server;

import dev.bowline.adapter.Adapter;
import dev.bowline.adapter.Answer;
import dev.bowline.adapter.Answers;
import dev.bowline.adapter.RoomListener;
import dev.bowline.adapter.SessionAwareAdapter;
import dev.bowline.core.packet.Args;
import dev.bowline.core.packet.ArgumentException;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A part of the server with its own sockets, rooms, middlewares and handlers, reached over the same
 * connection as the others. Safe for any thread.
 */
public final class Namespace implements Broadcaster {
    /** What became of the wish that it be never cleaned up. */
    enum Kept {
        /** It would not have been anyway. */
        ALREADY,
        /** It was made for clients, and stays from now on. */
        FROM_NOW_ON,
        /** Its last socket has left, and nothing brings it back. */
        TOO_LATE
    }

    private final String name;
    private final SocketIoServer server;
    private final Optional<ParentNamespace> parent;
    private final Map<String, Socket> sockets = new ConcurrentHashMap<>();
    private final Middlewares middlewares = new Middlewares();
    private final List<Consumer<Socket>> connectionHandlers = new CopyOnWriteArrayList<>();
    private final AtomicLong ackIds = new AtomicLong();
    private final RoomEvents roomEvents;
    private final ServerSideEvents serverSideEvents;
    private final Adapter adapter;
    private final @Nullable SessionAwareAdapter sessions; // the same, where sessions are kept

    // Guarded by life: who is in, or asks to be let in.
    private final Object life = new Object();
    private boolean forClients;
    private int entered;
    private boolean over;

    Namespace(String name, SocketIoServer server, Optional<ParentNamespace> parent, boolean forClients) {
        this.name = name;
        this.server = server;
        this.parent = parent;
        this.forClients = forClients;
        this.roomEvents = new RoomEvents(server.threads());
        this.serverSideEvents = new ServerSideEvents(name, server.codec(), server.threads());
        parent.ifPresent(family -> {
            middlewares.addAll(family.middlewares());
            connectionHandlers.addAll(family.connectionHandlers());
        });
        this.adapter = server.adapters().create(new NamespaceContext(this, roomEvents, serverSideEvents));
        this.sessions = server.options().recovery().isEmpty() ? null : sessionAware(adapter);
    }

    /** Its name, beginning with a slash. */
    public String name() {
        return name;
    }

    /** Adds a middleware; those of a namespace run in the order in which they were added. */
    public Namespace use(Middleware middleware) {
        middlewares.add(Objects.requireNonNull(middleware, "middleware must not be null"));
        return this;
    }

    /** Calls the handler with each socket that was let in, before any of its events. It may block. */
    public Namespace onConnection(Consumer<Socket> handler) {
        connectionHandlers.add(Objects.requireNonNull(handler, "handler must not be null"));
        return this;
    }

    /**
     * Tells the listener how the rooms of this server change, from now on, off the event loop and one change after
     * the other. When 100,000 wait for it, further ones are dropped, of which {@link RoomListener#missed} tells.
     */
    public Namespace onRooms(RoomListener listener) {
        roomEvents.add(Objects.requireNonNull(listener, "listener must not be null"));
        return this;
    }

    // ---- Its sockets ----------------------------------------------------------------------------

    /** The sockets of this server that are connected now, in no order. */
    public Collection<Socket> sockets() {
        return List.copyOf(sockets.values());
    }

    /** The number of sockets of this server that are connected now. */
    public int socketCount() {
        return sockets.size();
    }

    /** The connected socket of that id, if it is on this server. */
    public Optional<Socket> socket(String id) {
        return Optional.ofNullable(sockets.get(id));
    }

    @Override
    public BroadcastOperator broadcast() {
        return new BroadcastOperator(Audience.of(this));
    }

    // ---- Other servers of the cluster -----------------------------------------------------------

    /**
     * Emits to this namespace of the other servers of the cluster, not of this one. With the adapter of a single
     * node there are none.
     *
     * @throws IllegalArgumentException if the event's name is {@code connect}, {@code connection} or
     *     {@code new_namespace}, or an argument cannot be written as JSON
     */
    public void serverSideEmit(String event, @Nullable Object... args) {
        adapter.serverSideEmit(serverSide(event, args));
    }

    /**
     * Emits to this namespace of the other servers, and gathers the first argument of the answer of each, at most for
     * {@code ackTimeout}; then what has come is the result, with the names of those who are silent.
     *
     * @throws IllegalArgumentException as {@link #serverSideEmit}
     */
    public <T> CompletableFuture<Answers<@Nullable T>> serverSideEmitWithAck(
            String event, Class<T> type, @Nullable Object... args) {
        return serverSideEmitWithAck(server.options().ackTimeout(), event, type, args);
    }

    /** The same, with a limit of its own. */
    public <T> CompletableFuture<Answers<@Nullable T>> serverSideEmitWithAck(
            Duration timeout, String event, Class<T> type, @Nullable Object... args) {
        return adapter.serverSideEmitWithAck(serverSide(event, args), Emitter.checked(timeout))
                .<Answers<@Nullable T>>thenApplyAsync(answers -> bind(answers, type), server.answers())
                .toCompletableFuture();
    }

    private Payload serverSide(String event, @Nullable Object[] args) {
        ServerSideEvents.check(event);
        Object[] all = new Object[args.length + 1];
        all[0] = event;
        System.arraycopy(args, 0, all, 1, args.length);
        return codec().write(all);
    }

    /**
     * Calls the handler with each such event that another server emits to this one. Handlers run one after the other
     * off the event loop, at most 10,000 events waiting for them; beyond, one is dropped and logged.
     *
     * @throws IllegalArgumentException as {@link #serverSideEmit}
     */
    public Namespace onServerSideEvent(String event, EventHandler handler) {
        serverSideEvents.add(event, handler);
        return this;
    }

    /** Calls the handler with the first argument of each such event that another server emits to this one. */
    public <T> Namespace onServerSide(String event, Class<T> type, Consumer<T> handler) {
        return onServerSideEvent(event, (args, ack) -> handler.accept(Arguments.at(args, 0, type)));
    }

    /** The number of servers of the cluster that have this namespace, this one included. */
    public CompletableFuture<Integer> serverCount() {
        return adapter.serverCount()
                .thenApplyAsync(count -> count, server.answers())
                .toCompletableFuture();
    }

    // ---- Answers --------------------------------------------------------------------------------

    /** The first argument of each answer; who answers with something else has not answered. */
    <T> Answers<@Nullable T> bind(Answers<Answer> answers, Class<T> type) {
        List<@Nullable T> values = new ArrayList<>();
        Set<String> silent = new HashSet<>(answers.silentSockets());
        int unnamed = answers.unnamedSockets();
        for (Answer answer : answers.values()) {
            try {
                values.add(bind(answer, type));
            } catch (ArgumentException mismatch) {
                if (answer.socket().isPresent()) {
                    silent.add(answer.socket().get());
                } else {
                    unnamed++;
                }
            }
        }
        return new Answers<>(values, silent, unnamed, answers.silentNodes(), answers.unnamedNodes());
    }

    /** The first argument of an answer. */
    <T> @Nullable T bind(Answer answer, Class<T> type) {
        Args args = codec().args(new Packet(Packet.Type.ACK, name, 0, answer.args()));
        return args.size() == 0 ? null : args.get(0, type);
    }

    // ---- For the server -------------------------------------------------------------------------

    SocketIoServer server() {
        return server;
    }

    Adapter adapter() {
        return adapter;
    }

    JsonCodec codec() {
        return server.codec();
    }

    Middlewares middlewares() {
        return middlewares;
    }

    List<Consumer<Socket>> connectionHandlers() {
        return connectionHandlers;
    }

    /** Acknowledgement ids count up per namespace. */
    long nextAckId() {
        return ackIds.getAndIncrement();
    }

    private static SessionAwareAdapter sessionAware(Adapter adapter) {
        if (adapter instanceof SessionAwareAdapter aware) {
            return aware;
        }
        adapter.close();
        throw new IllegalArgumentException("recovery must not be set with an adapter that keeps no sessions: "
                + adapter.getClass().getName());
    }

    /** The adapter where sessions are kept, or null. */
    @Nullable
    SessionAwareAdapter sessions() {
        return sessions;
    }

    /** From now on it can be found. */
    void show(SocketSession session) {
        sockets.put(session.id(), session.socket());
    }

    /** And no more. */
    void hide(SocketSession session) {
        sockets.remove(session.id(), session.socket());
    }

    /** A socket asks to be let in; says whether it is not too late. Each that did is owed an {@link #exit}. */
    boolean enter() {
        synchronized (life) {
            if (!over) {
                entered++;
            }
            return !over;
        }
    }

    /** A socket has left, or was not let in. */
    void exit() {
        synchronized (life) {
            entered--;
            over = forClients && entered == 0 && server.options().cleanupEmptyChildNamespaces();
            if (!over) {
                return;
            }
        }
        server.registry().remove(this);
    }

    /** It is never to be cleaned up. */
    Kept keep() {
        synchronized (life) {
            if (over) {
                return Kept.TOO_LATE;
            }
            boolean wasForClients = forClients;
            forClients = false;
            return wasForClients ? Kept.FROM_NOW_ON : Kept.ALREADY;
        }
    }

    void close() {
        parent.ifPresent(family -> family.forget(this));
        adapter.close();
    }
}
