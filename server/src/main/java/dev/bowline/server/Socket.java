package dev.bowline.server;

import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.core.packet.Args;
import dev.bowline.core.packet.ArgumentException;
import dev.bowline.core.packet.Packet;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A client in a namespace.
 *
 * <p>Every method may be called from any thread. Handlers run one after the other, in the order in which
 * their events came, off the event loop; they may block. When more than {@code maxQueuedEvents} wait, the
 * server stops reading from the client.
 *
 * <p>The file is long because it is the whole of what an application sees of a client; what moves is in
 * {@link SocketSession}.
 */
public final class Socket {
    private final SocketSession session;
    private final Handshake handshake;
    private final SocketData data = new SocketData();

    Socket(SocketSession session, Handshake handshake) {
        this.session = session;
        this.handshake = handshake;
    }

    // ---- Who it is ------------------------------------------------------------------------------

    /** Its id: random, new with every connection, and also the name of its own room. */
    public String id() {
        return session.id();
    }

    /** Where it is. */
    public Namespace namespace() {
        return session.namespace();
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
        return session.connected();
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
        session.listeners().add(event, handler, false);
        return this;
    }

    /** Calls the handler with all arguments of the next such event. */
    public Socket onceEvent(String event, EventHandler handler) {
        session.listeners().add(event, handler, true);
        return this;
    }

    /**
     * Answers each such event: what the handler returns is the acknowledgement, and if it is a
     * {@link CompletionStage}, then what that completes with. A handler that fails sends none.
     */
    public <T, R> Socket onRequest(String event, Class<T> type, Function<T, R> handler) {
        return onEvent(event, (args, ack) -> Listeners.answer(handler.apply(first(args, type)), ack));
    }

    /** Answers each such event from its first two arguments. */
    public <A, B, R> Socket onRequest(String event, Class<A> first, Class<B> second, BiFunction<A, B, R> handler) {
        return onEvent(
                event, (args, ack) -> Listeners.answer(handler.apply(at(args, 0, first), at(args, 1, second)), ack));
    }

    /** Removes the handlers of an event. */
    public Socket off(String event) {
        session.listeners().removeAll(event);
        return this;
    }

    /** Calls the handler with every event, before the event's own handlers. */
    public Socket onAny(AnyHandler handler) {
        session.listeners().addAny(handler);
        return this;
    }

    /** Removes a handler of every event. */
    public Socket offAny(AnyHandler handler) {
        session.listeners().removeAny(handler);
        return this;
    }

    /** Calls the handler when the socket has left, with the reason and the rooms that it was in. */
    public Socket onDisconnecting(BiConsumer<DisconnectReason, Set<String>> handler) {
        session.listeners().addDisconnecting(handler);
        return this;
    }

    /** Calls the handler when the socket has left, after those of {@link #onDisconnecting}. */
    public Socket onDisconnect(Consumer<DisconnectReason> handler) {
        session.listeners().addDisconnect(handler);
        return this;
    }

    /** Calls the handler when the client sent what cannot be read: an invalid packet, or an argument of a wrong type. */
    public Socket onError(Consumer<Exception> handler) {
        session.listeners().addError(handler);
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
        return new Emitter(this, session.connection().server().options().ackTimeout(), false);
    }

    void emit(boolean droppable, String event, @Nullable Object[] args) {
        session.send(packet(event, args), droppable);
    }

    <T> CompletableFuture<@Nullable T> emitWithAck(
            Duration timeout, boolean droppable, String event, Class<T> type, @Nullable Object[] args) {
        return session.ask(packet(event, args), droppable, type, timeout);
    }

    private Packet packet(String event, @Nullable Object[] args) {
        Namespace namespace = session.namespace();
        return Packet.of(Packet.Type.EVENT, namespace.name(), namespace.codec().writeEvent(event, args));
    }

    // ---- Rooms and others -----------------------------------------------------------------------

    /** Joins a room. Without effect once the socket has left. */
    public void join(String room) {
        joinAll(List.of(room));
    }

    /** Joins rooms. */
    public void joinAll(Collection<String> rooms) {
        session.join(rooms);
    }

    /** Leaves a room. */
    public void leave(String room) {
        session.leave(room);
    }

    /** The rooms that it is in, its own among them; none once it has left. */
    public Set<String> rooms() {
        return session.namespace().adapter().rooms(session.id());
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
        return new BroadcastOperator(session.namespace(), new BroadcastOptions(Set.of(), Set.of(session.id()), false));
    }

    // ---- Ends -----------------------------------------------------------------------------------

    /** Throws the client out of this namespace. It is told, and does not come back by itself. */
    public void disconnect() {
        disconnect(false);
    }

    /** Throws the client out of this namespace, or out of all of them and closes the connection. */
    public void disconnect(boolean closeConnection) {
        if (closeConnection) {
            session.connection().disconnectAll();
        } else {
            session.throwOut();
        }
    }

    /**
     * Closes the connection under this socket and the client's others, without a word of Socket.IO: the client sees
     * {@code transport close} and comes back by itself, under a new id.
     */
    public void closeConnection() {
        session.connection().engine().close();
    }

    private static <T> T first(Args args, Class<T> type) {
        return at(args, 0, type);
    }

    @SuppressWarnings("NullAway") // JSON null and a missing argument reach a handler that does not ask, as in Node.
    private static <T> T at(Args args, int index, Class<T> type) {
        return index < args.size() ? args.get(index, type) : null;
    }
}
