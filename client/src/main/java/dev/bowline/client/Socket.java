package dev.bowline.client;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.packet.ReservedEvents;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;

/**
 * One namespace of a server, as this client sees it: events go both ways while it is connected, and what
 * is emitted while it is not waits for that.
 *
 * <p>Every method may be called from any thread. Handlers run one after the other, in the order in which
 * their events came, on the Manager's executor for handlers; futures are completed beside that order, so a
 * handler may wait for one. The state of the protocol is confined to the Manager's loop; what
 * {@link #connected}, {@link #active} and the like return is its last published value.
 */
public final class Socket {
    // Called by the session, on the Manager's executor for handlers; safe for any thread.
    final Map<String, Listeners<Event>> events = new ConcurrentHashMap<>();
    final Listeners<Event> any = new Listeners<>("any");
    final Listeners<Event> anyOutgoing = new Listeners<>("any outgoing");
    final Listeners<Socket> connects = new Listeners<>("connect");
    final Listeners<ConnectError> connectErrors = new Listeners<>("connect_error");
    final Listeners<DisconnectReason> disconnects = new Listeners<>("disconnect");
    final Listeners<DeliveryFailure> deliveryFailures = new Listeners<>("delivery failure");
    volatile @Nullable Supplier<? extends Map<String, ?>> auth;

    private final Manager manager;
    private final String namespace;
    private final Loop loop;
    private final SocketSession session;
    private final Emitter emitter;

    Socket(
            Manager manager,
            String namespace,
            ManagerOptions options,
            Loop loop,
            Handlers handlers,
            Connection connection) {
        this.manager = manager;
        this.namespace = namespace;
        this.loop = loop;
        this.auth = options.auth();
        this.session = new SocketSession(this, options, loop, handlers, connection);
        this.emitter = new Emitter(session, options.ackTimeout(), false, true);
    }

    SocketSession session() {
        return session;
    }

    /** The Manager that this Socket belongs to. */
    public Manager manager() {
        return manager;
    }

    /** The namespace, beginning with a slash. */
    public String namespace() {
        return namespace;
    }

    /** The id that the server gave this Socket, while it is connected. */
    public Optional<String> id() {
        return Optional.ofNullable(session.id());
    }

    /** Whether the server has let this Socket in. */
    public boolean connected() {
        return session.connected();
    }

    /**
     * Whether this Socket is connected, or will be when the Manager is: from {@link #connect} to {@link
     * #disconnect}, the server's DISCONNECT or its refusal.
     */
    public boolean active() {
        return session.active();
    }

    /** Whether the present connection took up the last one, with its id and all that was missed. */
    public boolean recovered() {
        return session.recovered();
    }

    /** What this Socket shows the server at each attempt, instead of {@link ManagerBuilder#auth}. */
    public Socket auth(Supplier<? extends Map<String, ?>> newAuth) {
        auth = newAuth;
        return this;
    }

    /**
     * Connects, and from then on comes back by itself. Does nothing if that is done or under way.
     *
     * @throws IllegalStateException if the Manager was closed
     */
    public Socket connect() {
        manager.checkNotClosed();
        loop.execute(session::connect);
        return this;
    }

    /** Leaves the namespace after what was emitted before, and does not come back until {@link #connect}. */
    public Socket disconnect() {
        loop.execute(session::leave);
        return this;
    }

    // ---- handlers

    /**
     * Calls the handler with the first argument of each such event; with null where that is null or
     * missing. An argument that is not of the type is logged, and the handler is not called.
     */
    public <T> Registration on(String event, Class<T> type, Consumer<? super T> handler) {
        return listeners(event).add(received -> handler.accept(first(received, type)));
    }

    /** The same for a type with parameters. */
    public <T> Registration on(String event, TypeReference<T> type, Consumer<? super T> handler) {
        return listeners(event).add(received -> handler.accept(first(received, type)));
    }

    /** As {@link #on(String, Class, Consumer)}, for the next such event only. */
    public <T> Registration once(String event, Class<T> type, Consumer<? super T> handler) {
        return listeners(event).add(received -> handler.accept(first(received, type)), true);
    }

    /** The same for a type with parameters. */
    public <T> Registration once(String event, TypeReference<T> type, Consumer<? super T> handler) {
        return listeners(event).add(received -> handler.accept(first(received, type)), true);
    }

    /** Calls the handler with each such event: all its arguments, and its acknowledgement. */
    public Registration onEvent(String event, Consumer<Event> handler) {
        return listeners(event).add(handler);
    }

    /** As {@link #onEvent}, for the next such event only. */
    public Registration onceEvent(String event, Consumer<Event> handler) {
        return listeners(event).add(handler, true);
    }

    /**
     * Answers each such event with the handler's result, or with that of the {@link CompletionStage} which
     * it returns. Where either fails there is no answer.
     */
    public <T> Registration onRequest(String event, Class<T> type, Function<? super T, ?> handler) {
        return listeners(event).add(received -> answer(received, handler.apply(first(received, type))));
    }

    /** The same for a type with parameters. */
    public <T> Registration onRequest(String event, TypeReference<T> type, Function<? super T, ?> handler) {
        return listeners(event).add(received -> answer(received, handler.apply(first(received, type))));
    }

    private static void answer(Event received, @Nullable Object result) {
        if (result instanceof CompletionStage<?> later) {
            var unused = later.thenAccept(received::ack);
        } else {
            received.ack(result);
        }
    }

    /** Takes all handlers of an event away. */
    public Socket off(String event) {
        events.remove(event);
        return this;
    }

    /** Calls the handler with every event, before the handlers under its name. */
    public Registration onAny(Consumer<Event> handler) {
        return any.add(handler);
    }

    /** The same, before all others of its kind. */
    public Registration prependAny(Consumer<Event> handler) {
        return any.addFirst(handler);
    }

    /** Takes all handlers of every event away; {@link Registration#remove} takes one. */
    public Socket offAny() {
        any.clear();
        return this;
    }

    /** Calls the handler with every event of this side at the moment of sending; with each try, if there are several. */
    public Registration onAnyOutgoing(Consumer<Event> handler) {
        return anyOutgoing.add(handler);
    }

    /** The same, before all others of its kind. */
    public Registration prependAnyOutgoing(Consumer<Event> handler) {
        return anyOutgoing.addFirst(handler);
    }

    /** Takes all handlers of every event of this side away. */
    public Socket offAnyOutgoing() {
        anyOutgoing.clear();
        return this;
    }

    /** Called each time the server lets this Socket in, after the events that were missed or came first. */
    public Registration onConnect(Runnable handler) {
        return connects.add(handler);
    }

    /** Called when the server refuses this Socket, and when no connection can be made. */
    public Registration onConnectError(Consumer<ConnectError> handler) {
        return connectErrors.add(handler);
    }

    /** Called when the connection is lost or given up. */
    public Registration onDisconnect(Consumer<DisconnectReason> handler) {
        return disconnects.add(handler);
    }

    /**
     * Called with each event of {@link #emit} that is given up, with {@link ManagerBuilder#retries} only; without such
     * a handler that is logged. What became of {@link #emitWithAck} its future tells.
     */
    public Registration onDeliveryFailed(Consumer<DeliveryFailure> handler) {
        return deliveryFailures.add(handler);
    }

    private Listeners<Event> listeners(String event) {
        ReservedEvents.check(event);
        return events.computeIfAbsent(event, Listeners::new);
    }

    @SuppressWarnings("NullAway") // a JSON null, or no argument at all, reaches a handler of any type
    private static <T> T first(Event received, Class<T> type) {
        return received.args().size() == 0 ? null : received.args().get(0, type);
    }

    @SuppressWarnings("NullAway") // as above
    private static <T> T first(Event received, TypeReference<T> type) {
        return received.args().size() == 0 ? null : received.args().get(0, type);
    }

    // ---- emitting

    /**
     * Sends an event, or keeps it until this Socket is connected; with {@link ManagerBuilder#retries}, until it is
     * acknowledged.
     *
     * @param args anything that Jackson writes; {@code byte[]}, {@link java.nio.ByteBuffer} and {@link
     *     Bytes} travel as binary, wherever they stand
     * @throws IllegalArgumentException if the name is reserved, or an argument cannot be written as JSON, or holds an
     *     object with {@code "_placeholder": true} while there is a binary value
     * @throws IllegalStateException if more wait than {@link ManagerBuilder#maxBufferedBytes} or {@link
     *     ManagerBuilder#maxBufferedPackets} allow, or the Manager was closed
     */
    public void emit(String event, @Nullable Object... args) {
        emitter.emit(event, args);
    }

    /**
     * Sends an event and completes with the first argument of the acknowledgement; {@code Args.class} asks
     * for all of them.
     *
     * <p>Fails with a {@link java.util.concurrent.TimeoutException}, with a {@link DisconnectedException}
     * when the connection is lost after the event was sent, or with what {@link #emit} throws when no room
     * is left. With {@link ManagerBuilder#retries}, the first two are told of the last try only.
     */
    public <T> CompletableFuture<T> emitWithAck(String event, Class<T> type, @Nullable Object... args) {
        return emitter.emitWithAck(event, type, args);
    }

    /** The same for a type with parameters. */
    public <T> CompletableFuture<T> emitWithAck(String event, TypeReference<T> type, @Nullable Object... args) {
        return emitter.emitWithAck(event, type, args);
    }

    /** Emits with a time limit for acknowledgements. */
    public Emitter timeout(Duration limit) {
        return emitter.timeout(limit);
    }

    /** Emits what need not arrive: {@link Emitter#droppable}. */
    public Emitter droppable() {
        return emitter.droppable();
    }

    /** Emits what is, or is not, worth compressing: {@link Emitter#compress}. */
    public Emitter compress(boolean worthIt) {
        return emitter.compress(worthIt);
    }
}
