package dev.bowline.server;

import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.Receiver;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.Args;
import dev.bowline.core.packet.ArgumentException;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.PacketEncoder;
import dev.bowline.core.packet.Payload;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * A client in a namespace.
 *
 * <p>Every method may be called from any thread. Handlers run one after the other, in the order in which
 * their events came, off the event loop; they may block. When more than {@code maxQueuedEvents} wait, the
 * server stops reading from the client.
 *
 * <p>The file is long because it is the whole of what an application sees of a client.
 */
public final class Socket {
    private static final System.Logger LOG = System.getLogger(Socket.class.getName());

    private static final Map<String, Object> REFUSED = Map.of("message", "Refused");

    private enum State {
        /** The middlewares have not spoken: nobody hears of it. */
        KNOCKING,
        /** It is in. */
        CONNECTED,
        /** It is out; nothing brings it back. */
        DISCONNECTED
    }

    private final String id = Ids.next();
    private final Connection connection;
    private final Namespace namespace;
    private final Handshake handshake;
    private final SocketData data = new SocketData();
    private final SerialExecutor handlers;
    private final Listeners listeners = new Listeners();
    private final List<BiConsumer<DisconnectReason, Set<String>>> disconnectingHandlers = new CopyOnWriteArrayList<>();
    private final List<Consumer<DisconnectReason>> disconnectHandlers = new CopyOnWriteArrayList<>();
    private final List<Consumer<Exception>> errorHandlers = new CopyOnWriteArrayList<>();
    private final PendingAcks acks;
    private final Receiver receiver = new Mailbox();

    private final AtomicReference<State> state = new AtomicReference<>(State.KNOCKING);
    private volatile boolean deaf;

    // Guarded by itself, like the way in and the way out; what was joined before the socket was let in.
    private final Set<String> joinedWhileKnocking = new LinkedHashSet<>();

    // Events that wait for handlers; the pause is changed on the loop only.
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong waitingBytes = new AtomicLong();
    private volatile boolean pausing;

    Socket(Connection connection, Namespace namespace, Payload auth, SerialExecutor handlers) {
        this.connection = connection;
        this.namespace = namespace;
        this.handlers = handlers;
        this.acks = new PendingAcks(connection.threads());
        this.handshake = new Handshake(
                connection.engine().handshake(),
                Instant.now(),
                auth.isAbsent()
                        ? JsonNodeFactory.instance.objectNode()
                        : namespace.codec().value(auth),
                namespace.codec().mapper());
    }

    // ---- Who it is ------------------------------------------------------------------------------

    /** Its id: random, new with every connection, and also the name of its own room. */
    public String id() {
        return id;
    }

    /** Where it is. */
    public Namespace namespace() {
        return namespace;
    }

    /** What the client said when it came. */
    public Handshake handshake() {
        return handshake;
    }

    /** What the application keeps with it. */
    public SocketData data() {
        return data;
    }

    /** Whether it is in: not in a middleware, and not once it has left. */
    public boolean connected() {
        return state.get() == State.CONNECTED;
    }

    // ---- What it hears --------------------------------------------------------------------------

    /** Calls the handler with the first argument of each such event; with null if there is none or it is null. */
    public <T> Socket on(String event, Class<T> type, Consumer<T> handler) {
        return onEvent(event, (args, ack) -> handler.accept(first(args, type)));
    }

    /** Calls the handler with the first two arguments of each such event. */
    public <A, B> Socket on(String event, Class<A> first, Class<B> second, BiConsumer<A, B> handler) {
        return onEvent(event, (args, ack) -> handler.accept(at(args, 0, first), at(args, 1, second)));
    }

    /** Calls the handler with all arguments of each such event. */
    public Socket onEvent(String event, EventHandler handler) {
        listeners.add(event, handler, false);
        return this;
    }

    /** Calls the handler with all arguments of the next such event. */
    public Socket onceEvent(String event, EventHandler handler) {
        listeners.add(event, handler, true);
        return this;
    }

    /**
     * Answers each such event: what the handler returns is the acknowledgement, and if it is a
     * {@link CompletionStage}, then what that completes with. A handler that fails sends none.
     */
    public <T, R> Socket onRequest(String event, Class<T> type, Function<T, R> handler) {
        return onEvent(event, (args, ack) -> answer(handler.apply(first(args, type)), ack));
    }

    /** Answers each such event from its first two arguments. */
    public <A, B, R> Socket onRequest(String event, Class<A> first, Class<B> second, BiFunction<A, B, R> handler) {
        return onEvent(event, (args, ack) -> answer(handler.apply(at(args, 0, first), at(args, 1, second)), ack));
    }

    /** Removes the handlers of an event. */
    public Socket off(String event) {
        listeners.removeAll(event);
        return this;
    }

    /** Calls the handler with every event, before the event's own handlers. */
    public Socket onAny(AnyHandler handler) {
        listeners.addAny(handler);
        return this;
    }

    /** Removes a handler of every event. */
    public Socket offAny(AnyHandler handler) {
        listeners.removeAny(handler);
        return this;
    }

    /** Calls the handler when the socket has left, with the reason and the rooms that it was in. */
    public Socket onDisconnecting(BiConsumer<DisconnectReason, Set<String>> handler) {
        disconnectingHandlers.add(handler);
        return this;
    }

    /** Calls the handler when the socket has left, after those of {@link #onDisconnecting}. */
    public Socket onDisconnect(Consumer<DisconnectReason> handler) {
        disconnectHandlers.add(handler);
        return this;
    }

    /** Calls the handler when the client sent what cannot be read: an invalid packet, or an argument of a wrong type. */
    public Socket onError(Consumer<Exception> handler) {
        errorHandlers.add(handler);
        return this;
    }

    // ---- What it says ---------------------------------------------------------------------------

    /**
     * Sends an event to this client. Without effect once the socket has left.
     *
     * @throws IllegalArgumentException if the event's name is reserved, or an argument cannot be written as JSON
     */
    public void emit(String event, @Nullable Object... args) {
        emit(false, event, args);
    }

    /**
     * Sends an event and awaits the client's acknowledgement, at most {@code ackTimeout}.
     *
     * @return its first argument, or null if it has none; fails with {@link java.util.concurrent.TimeoutException},
     *     with {@link ArgumentException} if it is of another type, and with {@link DisconnectedException} when the
     *     socket leaves. Completes beside the socket's handlers, which may wait for it; on the event loop only where
     *     {@link Dispatch#onEventLoop} was asked for.
     */
    public <T> CompletableFuture<@Nullable T> emitWithAck(String event, Class<T> type, @Nullable Object... args) {
        return emitter().emitWithAck(event, type, args);
    }

    /** Says how long the acknowledgement of an emit is awaited. */
    public Emitter timeout(Duration limit) {
        return emitter().timeout(limit);
    }

    /** Emits what is dropped unless it can be written at once: volatile events. */
    public Emitter droppable() {
        return emitter().droppable();
    }

    private Emitter emitter() {
        return new Emitter(this, connection.server().options().ackTimeout(), false);
    }

    void emit(boolean droppable, String event, @Nullable Object[] args) {
        send(packet(event, args), droppable);
    }

    <T> CompletableFuture<@Nullable T> emitWithAck(
            Duration timeout, boolean droppable, String event, Class<T> type, @Nullable Object[] args) {
        long ackId = namespace.nextAckId();
        Packet packet = packet(event, args).withId(ackId);
        CompletableFuture<@Nullable T> future =
                acks.await(ackId, type, timeout, connection.engine().loop());
        send(packet, droppable);
        return future;
    }

    /** What a middleware emits goes out before the answer to CONNECT; what nobody awaits waits for nothing. */
    private void send(Packet packet, boolean droppable) {
        if (droppable ? connected() : state.get() != State.DISCONNECTED) {
            PacketGroup encoded = PacketEncoder.encode(packet);
            connection.engine().send(droppable ? encoded.asDroppable() : encoded);
        }
    }

    private Packet packet(String event, @Nullable Object[] args) {
        return Packet.of(Packet.Type.EVENT, namespace.name(), namespace.codec().writeEvent(event, args));
    }

    // ---- Rooms and others -----------------------------------------------------------------------

    /** Joins a room. Without effect once the socket has left. */
    public void join(String room) {
        joinAll(List.of(room));
    }

    /** Joins rooms. */
    public void joinAll(Collection<String> rooms) {
        synchronized (joinedWhileKnocking) {
            if (state.get() == State.KNOCKING) {
                joinedWhileKnocking.addAll(rooms);
                return;
            }
        }
        namespace.adapter().join(id, Set.copyOf(rooms));
    }

    /** Leaves a room. */
    public void leave(String room) {
        synchronized (joinedWhileKnocking) {
            joinedWhileKnocking.remove(room);
        }
        namespace.adapter().leave(id, room);
    }

    /** The rooms that it is in, its own among them; none once it has left. */
    public Set<String> rooms() {
        return namespace.adapter().rooms(id);
    }

    /** Selects the members of a room, without this socket. */
    public BroadcastOperator to(String room) {
        return broadcast().to(room);
    }

    /** The same as {@link #to(String)}. */
    public BroadcastOperator in(String room) {
        return broadcast().to(room);
    }

    /** Selects everyone but the members of a room and this socket. */
    public BroadcastOperator except(String room) {
        return broadcast().except(room);
    }

    /** Selects everyone but this socket. */
    public BroadcastOperator broadcast() {
        return new BroadcastOperator(namespace, new BroadcastOptions(Set.of(), Set.of(id), false));
    }

    // ---- Ends -----------------------------------------------------------------------------------

    /** Throws the client out of this namespace. It is told, and does not come back by itself. */
    public void disconnect() {
        disconnect(false);
    }

    /** Throws the client out of this namespace, or out of all of them and closes the connection. */
    public void disconnect(boolean closeConnection) {
        if (closeConnection) {
            connection.disconnectAll();
            return;
        }
        if (end(DisconnectReason.SERVER_NAMESPACE_DISCONNECT)) {
            // It has been forgotten before the client can learn of it.
            connection.send(Packet.of(Packet.Type.DISCONNECT, namespace.name(), Payload.NONE));
        }
    }

    /**
     * Closes the connection under this socket and the client's others, without a word of Socket.IO: the client sees
     * {@code transport close} and comes back by itself, under a new id.
     */
    public void closeConnection() {
        connection.engine().close();
    }

    // ---- For the connection, on its event loop --------------------------------------------------

    Receiver receiver() {
        return receiver;
    }

    /** Asks the middlewares. */
    void knock() {
        handlers.execute(() -> {
            try {
                for (Middleware middleware : namespace.middlewares()) {
                    middleware.accept(this);
                }
            } catch (ConnectionRefusedException refusal) {
                refused(refusal(refusal));
                return;
            } catch (Exception | Error failure) {
                LOG.log(System.Logger.Level.WARNING, "A middleware failed; the client is refused", failure);
                refused(namespace.codec().writeValue(REFUSED));
                return;
            }
            Payload answer = namespace.codec().writeValue(Map.of("sid", id));
            connection.engine().execute(() -> connection.accept(this, answer));
        });
    }

    private void refused(Payload answer) {
        connection.engine().execute(() -> connection.refuse(this, answer));
    }

    private Payload refusal(ConnectionRefusedException refusal) {
        Map<String, Object> error = new LinkedHashMap<>(REFUSED);
        Optional.ofNullable(refusal.getMessage()).ifPresent(message -> error.put("message", message));
        refusal.data().ifPresent(data -> error.put("data", data));
        try {
            return namespace.codec().writeValue(error);
        } catch (IllegalArgumentException unwritable) {
            LOG.log(System.Logger.Level.WARNING, "The data of a refusal cannot be written; it is left out", unwritable);
            error.remove("data");
            return namespace.codec().writeValue(error);
        }
    }

    /** A middleware refused it, or it left before one had spoken: it is nobody's, and says nothing any more. */
    void turnAway() {
        synchronized (joinedWhileKnocking) {
            state.compareAndSet(State.KNOCKING, State.DISCONNECTED);
        }
        acks.close();
    }

    /** It is in; CONNECT has been queued. */
    void enter() {
        synchronized (joinedWhileKnocking) {
            state.set(State.CONNECTED);
            namespace.add(this);
            namespace.adapter().join(id, joinedWhileKnocking);
        }
        handlers.execute(() -> namespace.connectionHandlers().forEach(handler -> guarded(() -> handler.accept(this))));
    }

    /** Takes a packet; says whether the socket's state allows it. */
    boolean receive(Packet packet) {
        switch (packet.type()) {
            case EVENT -> dispatch(packet);
            case ACK -> acks.complete(packet.id(), namespace.codec().args(packet));
            case DISCONNECT -> end(DisconnectReason.CLIENT_NAMESPACE_DISCONNECT);
            case CONNECT, CONNECT_ERROR -> {
                return false;
            }
        }
        return true;
    }

    private void dispatch(Packet packet) {
        ServerOptions options = connection.server().options();
        int size = packet.byteLength();
        long bytes = waitingBytes.addAndGet(size);
        int events = waiting.incrementAndGet();
        if (!pausing && (events >= options.maxQueuedEvents() || bytes > options.maxQueuedBytes())) {
            pausing = true;
            connection.pauseReading();
        }
        handlers.execute(() -> {
            try {
                handle(packet);
            } finally {
                long bytesLeft = waitingBytes.addAndGet(-size);
                int left = waiting.decrementAndGet();
                if (pausing && left <= options.maxQueuedEvents() / 2 && bytesLeft <= options.maxQueuedBytes() / 2) {
                    connection.engine().execute(this::resume);
                }
            }
        });
    }

    private void resume() {
        if (pausing) {
            pausing = false;
            connection.resumeReading();
        }
    }

    private void handle(Packet packet) {
        if (deaf) {
            return;
        }
        String event = namespace.codec().eventName(packet);
        Args args = namespace.codec().args(packet);
        Ack ack = packet.hasId() ? acknowledgement(packet.id()) : answers -> {};
        for (AnyHandler handler : listeners.any()) {
            guarded(() -> handler.handle(event, args));
        }
        for (EventHandler handler : listeners.take(event)) {
            guarded(() -> handler.handle(args, ack));
        }
    }

    /** User code, which may throw anything. */
    private interface Guarded {
        void run() throws Exception;
    }

    private void guarded(Guarded code) {
        try {
            code.run();
        } catch (ArgumentException mismatch) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    "An event had an argument of the wrong type: {0}",
                    mismatch.getMessage());
            errorHandlers.forEach(handler -> handler.accept(mismatch));
        } catch (Throwable failure) { // also errors: the next handler is not to blame
            LOG.log(System.Logger.Level.WARNING, "A handler failed", failure);
        }
    }

    private Ack acknowledgement(long ackId) {
        AtomicBoolean sent = new AtomicBoolean();
        return answers -> {
            Packet packet = new Packet(
                    Packet.Type.ACK, namespace.name(), ackId, namespace.codec().write(answers));
            if (sent.compareAndSet(false, true)) {
                connection.send(packet);
            }
        };
    }

    private static void answer(@Nullable Object result, Ack ack) {
        if (result instanceof CompletionStage<?> stage) {
            stage.whenComplete((value, failure) -> {
                if (failure == null) {
                    ack.send(value);
                } else {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "A handler failed; the client gets no acknowledgement",
                            failure);
                }
            });
        } else {
            ack.send(result);
        }
    }

    private static <T> T first(Args args, Class<T> type) {
        return at(args, 0, type);
    }

    @SuppressWarnings("NullAway") // JSON null and a missing argument reach a handler that does not ask, as in Node.
    private static <T> T at(Args args, int index, Class<T> type) {
        return index < args.size() ? args.get(index, type) : null;
    }

    /** The client sent what cannot be read. */
    void failed(Exception cause) {
        handlers.execute(() -> errorHandlers.forEach(handler -> guarded(() -> handler.accept(cause))));
    }

    /**
     * The one way out, taken once: leaves all rooms and the namespace at once, fails what is awaited, then tells the
     * application, after the events that came before, which it still hears unless it was thrown out. Any thread.
     *
     * @return whether it was in
     */
    boolean end(DisconnectReason reason) {
        synchronized (joinedWhileKnocking) {
            // Never between the steps of enter(), which would put it back.
            if (!state.compareAndSet(State.CONNECTED, State.DISCONNECTED)) {
                return false;
            }
        }
        deaf = reason == DisconnectReason.SERVER_NAMESPACE_DISCONNECT;
        Set<String> rooms = rooms();
        namespace.remove(this);
        connection.forget(this);
        connection.engine().execute(this::resume);
        acks.close();
        handlers.execute(() -> {
            disconnectingHandlers.forEach(handler -> guarded(() -> handler.accept(reason, rooms)));
            disconnectHandlers.forEach(handler -> guarded(() -> handler.accept(reason)));
            listeners.clear();
        });
        return true;
    }

    /** The socket as its namespace's adapter sees it. */
    private final class Mailbox implements Receiver {
        @Override
        public String id() {
            return id;
        }

        @Override
        public boolean enqueue(PacketGroup packet) {
            return connection.engine().enqueue(packet);
        }

        @Override
        public Executor loop() {
            return connection.engine().loop();
        }

        @Override
        public void drain() {
            connection.engine().drain();
        }
    }
}
