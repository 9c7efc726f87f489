package dev.bowline.server;

import dev.bowline.adapter.FreshReason;
import dev.bowline.core.engine.TransportName;
import dev.bowline.core.packet.ArgumentException;
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

    /**
     * Its id: random, new with every connection that is not a {@link #recovered recovered} one, and also the name of its
     * own room. In a middleware, that of the session to which the client claims to belong; if the claim fails afterwards,
     * for example because the middleware took too long, the socket gets another before it is in.
     */
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

    /**
     * Whether it is the continuation of one that was lost: under the same id, in the same rooms, with its data, and with
     * everything that was emitted to it meanwhile. Known once it is in.
     */
    public boolean recovered() {
        return recovery().isRecovered();
    }

    /** The same, and if it is not, why. Of a server that keeps no sessions, always {@link FreshReason#NOT_ASKED}. */
    public RecoveryOutcome recovery() {
        return session.recovery();
    }

    /** The transport that carries its connection at this moment. */
    public TransportName transport() {
        return session.connection().engine().transport();
    }

    // ---- What it hears --------------------------------------------------------------------------

    /** Calls the handler with the first argument of each such event; with null if there is none or it is null. */
    public <T> Socket on(String event, Class<T> type, Consumer<T> handler) {
        return listen(event, handler, typed(type, handler), false);
    }

    /** Calls the handler with the first two arguments of each such event. */
    public <A, B> Socket on(String event, Class<A> first, Class<B> second, BiConsumer<A, B> handler) {
        return listen(event, handler, typed(first, second, handler), false);
    }

    /** Calls the handler with all arguments of each such event. */
    public Socket onEvent(String event, EventHandler handler) {
        return listen(event, handler, handler, false);
    }

    /** Calls the handler with the first argument of the event {@code message}, which {@code send} emits. */
    public <T> Socket onMessage(Class<T> type, Consumer<T> handler) {
        return on("message", type, handler);
    }

    /** Calls the handler with the first argument of the next such event. */
    public <T> Socket once(String event, Class<T> type, Consumer<T> handler) {
        return listen(event, handler, typed(type, handler), true);
    }

    /** Calls the handler with the first two arguments of the next such event. */
    public <A, B> Socket once(String event, Class<A> first, Class<B> second, BiConsumer<A, B> handler) {
        return listen(event, handler, typed(first, second, handler), true);
    }

    /** Calls the handler with all arguments of the next such event. */
    public Socket onceEvent(String event, EventHandler handler) {
        return listen(event, handler, handler, true);
    }

    /**
     * Answers each such event: what the handler returns is the acknowledgement, and if it is a
     * {@link CompletionStage}, then what that completes with. A handler that fails sends none.
     */
    public <T, R> Socket onRequest(String event, Class<T> type, Function<T, R> handler) {
        return listen(
                event,
                handler,
                (args, ack) -> Listeners.answer(handler.apply(Arguments.at(args, 0, type)), ack),
                false);
    }

    /** Answers each such event from its first two arguments. */
    public <A, B, R> Socket onRequest(String event, Class<A> first, Class<B> second, BiFunction<A, B, R> handler) {
        return listen(
                event,
                handler,
                (args, ack) -> Listeners.answer(
                        handler.apply(Arguments.at(args, 0, first), Arguments.at(args, 1, second)), ack),
                false);
    }

    private static <T> EventHandler typed(Class<T> type, Consumer<T> handler) {
        return (args, ack) -> handler.accept(Arguments.at(args, 0, type));
    }

    private static <A, B> EventHandler typed(Class<A> first, Class<B> second, BiConsumer<A, B> handler) {
        return (args, ack) -> handler.accept(Arguments.at(args, 0, first), Arguments.at(args, 1, second));
    }

    private Socket listen(String event, Object handler, EventHandler call, boolean once) {
        session.listeners().add(event, handler, call, once);
        return this;
    }

    /** Removes the handlers of an event. */
    public Socket off(String event) {
        session.listeners().removeAll(event);
        return this;
    }

    /**
     * Removes one handler of an event, whichever method put it there: the same object, so a method reference has to be
     * kept in a variable. Without effect if it is not there; of a handler that was put there twice, one is removed.
     */
    public Socket off(String event, Object handler) {
        session.listeners().remove(event, handler);
        return this;
    }

    // ---- All that it hears and says -------------------------------------------------------------

    /**
     * Adds a middleware, through which each event has to pass. They run in the order in which they were added, after
     * the handlers of every event and before the event's own.
     */
    public Socket use(EventMiddleware middleware) {
        session.listeners().middlewares().add(middleware);
        return this;
    }

    /** Calls the handler with every event, before middlewares and the event's own handlers. */
    public Socket onAny(AnyHandler handler) {
        session.listeners().any().add(handler);
        return this;
    }

    /** The same, before all others of its kind. */
    public Socket prependAny(AnyHandler handler) {
        session.listeners().any().addFirst(handler);
        return this;
    }

    /** Removes a handler of every event. */
    public Socket offAny(AnyHandler handler) {
        session.listeners().any().remove(handler);
        return this;
    }

    /**
     * Calls the handler with every event that goes out to this client, be it emitted to it or broadcast;
     * acknowledgements are none. It runs like all handlers of the socket, one after the other, so a moment after the
     * emit; when {@code maxQueuedEvents} wait for it, it is not told of further ones. What is dropped on the way,
     * because it is volatile or the client is gone, has been told.
     */
    public Socket onAnyOutgoing(AnyHandler handler) {
        session.listeners().anyOutgoing().add(handler);
        return this;
    }

    /** The same, before all others of its kind. */
    public Socket prependAnyOutgoing(AnyHandler handler) {
        session.listeners().anyOutgoing().addFirst(handler);
        return this;
    }

    /** Removes a handler of every event that goes out. */
    public Socket offAnyOutgoing(AnyHandler handler) {
        session.listeners().anyOutgoing().remove(handler);
        return this;
    }

    // ---- What becomes of it ---------------------------------------------------------------------

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

    /**
     * Calls the handler when the client sent what cannot be read, an invalid packet or an argument of a wrong type, and
     * when a middleware of {@link #use} stopped an event.
     */
    public Socket onError(Consumer<Exception> handler) {
        session.listeners().addError(handler);
        return this;
    }

    // ---- What it says ---------------------------------------------------------------------------

    /**
     * Sends an event to this client. Without effect once the socket has left.
     *
     * @throws IllegalArgumentException if the event's name is reserved, or an argument cannot be written as JSON, or
     *     holds an object with {@code "_placeholder": true} while there is a binary value
     */
    public void emit(String event, @Nullable Object... args) {
        emitter().emit(event, args);
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

    /** Emits the event {@code message}. */
    public void send(@Nullable Object... args) {
        emit("message", args);
    }

    /** Says how long the acknowledgement of an emit is awaited. */
    public Emitter timeout(Duration limit) {
        return emitter().timeout(limit);
    }

    /** Emits what is dropped unless it can be written at once: volatile events. */
    public Emitter droppable() {
        return emitter().droppable();
    }

    /** Says whether compressing what is emitted is worth its while. Default true; it matters to long-polling only. */
    public Emitter compress(boolean worthIt) {
        return emitter().compress(worthIt);
    }

    private Emitter emitter() {
        return new Emitter(session, session.connection().server().options().ackTimeout());
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
        return session.rooms();
    }

    /** Selects the members of a room, without this socket. */
    public BroadcastOperator to(String room) {
        return broadcast().to(room);
    }

    /** Selects the members of any of these rooms, without this socket. */
    public BroadcastOperator to(Collection<String> rooms) {
        return broadcast().to(rooms);
    }

    /** The same as {@link #to(String)}. */
    public BroadcastOperator in(String room) {
        return broadcast().to(room);
    }

    /** Selects everyone but the members of a room and this socket. */
    public BroadcastOperator except(String room) {
        return broadcast().except(room);
    }

    /** Selects everyone but the members of these rooms and this socket. */
    public BroadcastOperator except(Collection<String> rooms) {
        return broadcast().except(rooms);
    }

    /** Selects everyone of this server but this socket. */
    public BroadcastOperator local() {
        return broadcast().local();
    }

    /** Selects everyone but this socket. */
    public BroadcastOperator broadcast() {
        return session.namespace().broadcast().except(session.id());
    }

    // ---- Ends -----------------------------------------------------------------------------------

    /** Throws the client out of this namespace. It is told, and does not come back by itself. */
    public void disconnect() {
        disconnect(false);
    }

    /** Throws the client out of this namespace, or out of all of them and closes the connection. */
    public void disconnect(boolean closeConnection) {
        session.disconnect(closeConnection);
    }

    /**
     * Closes the connection under this socket and the client's others, without a word of Socket.IO: the client sees
     * {@code transport close} and comes back by itself, under a new id or, where the server keeps sessions, to its own.
     */
    public void closeConnection() {
        session.connection().engine().close();
    }
}
