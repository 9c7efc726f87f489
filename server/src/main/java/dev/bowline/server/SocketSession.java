package dev.bowline.server;

import dev.bowline.adapter.AnswerListener;
import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.FreshReason;
import dev.bowline.adapter.Receiver;
import dev.bowline.adapter.SessionAwareAdapter;
import dev.bowline.adapter.SocketDetails;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.Args;
import dev.bowline.core.packet.DeliveryId;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.PacketEncoder;
import dev.bowline.core.packet.Payload;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The half of a {@link Socket} that moves: the way in, what arrives and waits for handlers, and the one way out.
 * To its namespace's adapter it is the socket itself.
 * Longer than the house likes, because the way of a packet in and out is not to be torn apart.
 *
 * <p>What says so is confined to the event loop of the connection; all else may be called from any thread.
 */
final class SocketSession implements Receiver, EmitTarget {
    private enum State {
        /** The middlewares have not spoken: nobody hears of it. */
        KNOCKING,
        /** It is in. */
        CONNECTED,
        /** It is out; nothing brings it back. */
        DISCONNECTED
    }

    private static final System.Logger LOG = System.getLogger(SocketSession.class.getName());

    private final Connection connection;
    private final Namespace namespace;
    // A socket that comes back takes over the order of the one before: its handlers follow those that still run.
    private volatile SerialExecutor handlers;

    private final Queue<WaitingEvent> events; // the connection may take them away
    private final Listeners listeners = new Listeners();
    private final PendingAcks acks;
    private final Socket socket;
    private final @Nullable Comeback comeback; // where sessions are kept

    // Written on the loop before the socket is in; read by any thread.
    private volatile String id;
    private volatile @Nullable HeardOnce heardOnce; // once it is needed
    private volatile RecoveryOutcome outcome = RecoveryOutcome.fresh(FreshReason.NOT_ASKED);

    private final AtomicReference<State> state = new AtomicReference<>(State.KNOCKING);
    private volatile boolean deaf;

    // Guarded by the state, like the way in and the way out; what was joined before the socket was let in.
    private Set<String> joinedWhileKnocking = Set.of();

    // On the loop: what lets its handlers run, once it is in.
    private Runnable beginHandlers = () -> {};

    // Events that wait for handlers; the pause is changed on the loop only.
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean pausing;

    // Written before the socket is in; zero where nobody watches.
    private long joinedAt;

    // Events that went out and whose listeners have not been told yet.
    private final AtomicInteger toldOutgoing = new AtomicInteger();

    /** A socket at the door of a namespace, which {@link Namespace#enter counts} it already. */
    SocketSession(
            Connection connection,
            Namespace namespace,
            Handshake handshake,
            SerialExecutor handlers,
            Queue<WaitingEvent> events) {
        this.connection = connection;
        this.namespace = namespace;
        this.handlers = handlers;
        this.events = events;
        this.acks = new PendingAcks(namespace.codec(), connection);
        this.comeback = Comeback.of(namespace, connection.dialect(), handshake);
        this.id = comeback == null ? Ids.next() : comeback.id().orElseGet(Ids::next);
        this.socket = new Socket(this, Comeback.forApplication(comeback, handshake));
    }

    @Override
    public String id() {
        return id;
    }

    Socket socket() {
        return socket;
    }

    Namespace namespace() {
        return namespace;
    }

    Connection connection() {
        return connection;
    }

    Listeners listeners() {
        return listeners;
    }

    boolean connected() {
        return state.get() == State.CONNECTED;
    }

    RecoveryOutcome recovery() {
        return outcome;
    }

    // ---- The way in -----------------------------------------------------------------------------

    /** Asks the middlewares. On the loop. */
    void knock() {
        connection.server().socketBegins();
        if (comeback != null && comeback.skipsMiddlewares()) {
            connection.accept(this);
        } else {
            askMiddlewares();
        }
    }

    private void askMiddlewares() {
        handlers.execute(() -> {
            Optional<Payload> refusal =
                    namespace.middlewares().refusal(socket, connection.dialect(), namespace.codec());
            if (refusal.isPresent()) {
                connection.engine().execute(() -> connection.refuse(this, refusal.get()));
            } else {
                connection.engine().execute(() -> connection.accept(this));
            }
        });
    }

    /** Whether its client claims a session, and seems to get it: it may have missed much. On the loop. */
    boolean comesBack() {
        return comeback != null && comeback.id().isPresent();
    }

    /** A middleware refused it. On the loop. */
    void isRefused() {
        if (comesBack()) {
            outcome = RecoveryOutcome.fresh(FreshReason.REFUSED_BY_MIDDLEWARE);
            tellOutcome();
        }
    }

    private void tellOutcome() {
        if (comeback == null) {
            return;
        }
        LOG.log(System.Logger.Level.DEBUG, "Recovery: {0}, {1} packets", outcome, outcome.replayed());
        Observers observers = connection.observers();
        if (observers != null) {
            observers.tell(listener -> listener.recoveryDecided(connection.info(), namespace.name(), outcome));
        }
    }

    /** A middleware refused it, or it left before one had spoken: it is nobody's, and says nothing any more. */
    void turnAway() {
        synchronized (state) {
            state.set(State.DISCONNECTED);
        }
        if (comeback != null) {
            comeback.giveUp();
        }
        acks.close();
        namespace.exit();
        connection.server().socketDone();
    }

    /**
     * Goes in, after the answer to CONNECT; a client that comes back to its session, after that and all that it missed,
     * part by part. On the loop.
     */
    Entrance enter() {
        SessionAwareAdapter.Step step = comeback == null ? SessionAwareAdapter.Step.LOST : resume(comeback);
        switch (step) {
            case MORE -> {
                return Entrance.LATER;
            }
            case GHOST -> {
                Objects.requireNonNull(comeback).ghost().retire();
                return Entrance.LATER;
            }
            case OVERTAKEN -> {
                return Entrance.OVERTAKEN;
            }
            case LOST -> {
                if (comeback != null && comeback.hasToBeAsked()) {
                    askMiddlewares();
                    return Entrance.ASKED;
                }
                enterAnew();
            }
            case IN -> {
                // As whom it was before.
            }
        }
        return Entrance.IN;
    }

    /**
     * It is in: takes its place in the order of handlers, so that nobody is told that it has gone before it was told
     * that it came. Guarded by the state, so that whoever takes over from it finds all that it has inherited.
     */
    private void begin() {
        Runnable catchUp = () -> {};
        if (comeback != null) {
            outcome = comeback.outcome();
            // What was heard of a client counts even if it is new; all else belongs to who has come back.
            Optional<Comeback.Kept> before = comeback.kept();
            before.ifPresent(kept -> heardOnce = kept.heardOnce());
            catchUp = before.filter(kept -> outcome.isRecovered())
                    .map(this::inherit)
                    .orElse(catchUp);
        }
        Runnable first = catchUp;
        beginHandlers = handlers.reserve(() -> {
            first.run();
            namespace.connectionHandlers().forEach(handler -> listeners.guarded(() -> handler.accept(socket)));
        });
    }

    /** Says what is left to do once the handlers of the socket before have run: they may put something into its data. */
    private Runnable inherit(Comeback.Kept before) {
        SocketData inherited = before.data().copy();
        socket.data().inherit(inherited);
        SerialExecutor theirs = before.handlers();
        if (theirs != null) {
            handlers = theirs;
            connection.inherits(this, theirs);
        }
        return () -> socket.data().catchUp(before.data(), inherited);
    }

    /** How far a client has come that asks to be let in. */
    enum Entrance {
        /** It is in. */
        IN,
        /** To be tried again once the client has taken what it was sent. */
        LATER,
        /** The middlewares decide. */
        ASKED,
        /** It is not to come in: its client is back, or about to be, over a newer connection. */
        OVERTAKEN
    }

    private SessionAwareAdapter.Step resume(Comeback returning) {
        synchronized (state) {
            SessionAwareAdapter.Step step = returning.resume(this, joinedWhileKnocking, new Return());
            if (step == SessionAwareAdapter.Step.IN) {
                begin();
                state.set(State.CONNECTED);
                joinedWhileKnocking = Set.of();
                namespace.show(this);
            }
            return step;
        }
    }

    private void enterAnew() {
        if (comeback != null && comeback.isLost()) {
            id = Ids.next();
        }
        connection.send(welcome());
        synchronized (state) {
            begin();
            state.set(State.CONNECTED);
            namespace.show(this);
            if (comeback == null) {
                namespace.adapter().add(this);
            } else {
                comeback.begin(this);
            }
            namespace.adapter().join(id, joinedWhileKnocking);
            joinedWhileKnocking = Set.of();
        }
    }

    private Packet welcome() {
        Optional<String> pid = Optional.ofNullable(comeback).map(Comeback::pid);
        return Packet.of(
                Packet.Type.CONNECT, namespace.name(), connection.dialect().welcome(id, pid, namespace.codec()));
    }

    /** What it missed goes into the mailbox, and the answer to CONNECT behind it. */
    private final class Return implements SessionAwareAdapter.Handover {
        @Override
        public void missed(PacketGroup packets) {
            // Whoever is on the loop at this moment empties the mailbox when he has done.
            connection.engine().enqueue(packets);
        }

        @Override
        public void complete() {
            connection.engine().enqueue(PacketEncoder.encode(welcome()));
        }
    }

    /** Its client is back over another connection, and it was not noticed yet that this one is dead. Any thread. */
    private void retire() {
        end(DisconnectReason.TAKEN_OVER);
        connection.retire();
    }

    /** It is in, and the connection knows it: others are told. On the loop. */
    void isIn() {
        Observers observers = connection.observers();
        joinedAt = observers == null ? 0 : System.nanoTime();
        tellOutcome();
        if (observers != null) {
            observers.tell(listener -> listener.socketJoined(connection.info(), socket));
        }
        beginHandlers.run();
        beginHandlers = () -> {};
    }

    /**
     * Joins rooms: all of them, or none.
     *
     * @throws IllegalArgumentException if a name is too long
     * @throws IllegalStateException if there would be too many
     */
    void join(Collection<String> rooms) {
        int maxLength = connection.server().options().cap(Cap.ROOM_NAME);
        for (String room : rooms) {
            if (room.length() > maxLength) {
                throw new IllegalArgumentException(
                        "a room's name must not be longer than maxRoomNameLength: " + room.length());
            }
        }
        Set<String> wanted = new LinkedHashSet<>(rooms);
        synchronized (state) {
            if (state.get() == State.KNOCKING) {
                checkCount(joinedWhileKnocking, wanted, 0);
                wanted.addAll(joinedWhileKnocking);
                joinedWhileKnocking = wanted;
                return;
            }
        }
        if (!connected()) {
            // Another socket of its session may be in, under the same id.
            return;
        }
        checkCount(namespace.adapter().rooms(id), wanted, 1);
        namespace.adapter().join(id, wanted);
    }

    private void checkCount(Set<String> joined, Set<String> wanted, int own) {
        int most = connection.server().options().cap(Cap.ROOMS);
        long count = joined.size()
                - own
                + wanted.stream().filter(room -> !joined.contains(room)).count();
        if (count > most) {
            throw new IllegalStateException("a socket must not be in more rooms than maxRoomsPerSocket: " + most);
        }
    }

    void leave(String room) {
        synchronized (state) {
            if (joinedWhileKnocking.contains(room)) {
                joinedWhileKnocking = new LinkedHashSet<>(joinedWhileKnocking);
                joinedWhileKnocking.remove(room);
            }
        }
        if (connected()) {
            namespace.adapter().leave(id, room);
        } else if (comeback != null && state.get() == State.DISCONNECTED) {
            // It is away, and to come back without it.
            comeback.forget(id, room);
        }
    }

    /** The rooms that it is in. */
    Set<String> rooms() {
        return connected() ? namespace.adapter().rooms(id) : Set.of();
    }

    // ---- What arrives ---------------------------------------------------------------------------

    /** Takes a packet; says whether the socket's state allows it. On the loop. */
    boolean receive(Packet packet) {
        switch (packet.type()) {
            case EVENT -> dispatch(packet);
            case ACK -> acks.complete(packet);
            case DISCONNECT -> end(DisconnectReason.CLIENT_NAMESPACE_DISCONNECT);
            case CONNECT, CONNECT_ERROR -> {
                return false;
            }
        }
        return true;
    }

    private void dispatch(Packet packet) {
        HeardOnce once = DeliveryId.isDeliveryId(packet.id()) ? heardOnce() : null;
        if (!connected() || (once != null && !once.isFirst(packet.id(), this))) {
            return;
        }
        int most = connection.server().options().maxQueuedEvents();
        int cost = Connection.costOf(packet);
        connection.bytesArrived(cost);
        if (waiting.incrementAndGet() >= most && !pausing) {
            pausing = true;
            connection.pauseReading();
        }
        long arrivedAt = connection.observers() == null ? 0 : System.nanoTime();
        long deliveryId = packet.id();
        var event = new WaitingEvent(packet);
        events.add(event);
        handlers.execute(() -> {
            try {
                events.remove(event);
                Packet next = event.take();
                boolean handled = next != null && handle(next, arrivedAt, once);
                if (!handled && once != null) {
                    once.failed(deliveryId);
                }
            } finally {
                connection.bytesDone(cost);
                if (waiting.decrementAndGet() <= most / 2 && pausing) {
                    connection.engine().execute(this::resume);
                }
            }
        });
    }

    private HeardOnce heardOnce() {
        HeardOnce once = heardOnce;
        if (once == null) {
            once = new HeardOnce();
            heardOnce = once;
        }
        return once;
    }

    private void resume() {
        if (pausing) {
            pausing = false;
            connection.resumeReading();
        }
    }

    /** Says whether it went well, or need not be tried again. */
    private boolean handle(Packet packet, long arrivedAt, @Nullable HeardOnce once) {
        if (deaf) {
            return true;
        }
        Observers observers = connection.observers();
        long begunAt = observers == null ? 0 : System.nanoTime();
        Args args = namespace.codec().args(packet);
        Ack ack = !packet.hasId()
                ? answers -> {}
                : once == null
                        ? acknowledgement(packet.id())
                        : new RetriedAck(once, packet.id(), this, namespace.codec());
        String event = namespace.codec().eventName(packet);
        Throwable failure = listeners.heard(event, args, ack);
        if (observers != null) {
            var handled = new ServerListener.HandledEvent(
                    socket,
                    event,
                    packet.byteLength(),
                    begunAt - arrivedAt,
                    System.nanoTime() - begunAt,
                    Optional.ofNullable(failure));
            observers.tell(listener -> listener.eventHandled(handled));
        }
        return failure == null;
    }

    private Ack acknowledgement(long ackId) {
        AtomicBoolean sent = new AtomicBoolean();
        return answers -> {
            Payload answer = namespace.codec().write(answers);
            if (sent.compareAndSet(false, true)) {
                acknowledge(ackId, answer);
            }
        };
    }

    /** Sends an acknowledgement. Any thread. */
    void acknowledge(long ackId, Payload answer) {
        deliver(PacketEncoder.encode(new Packet(Packet.Type.ACK, namespace.name(), ackId, answer)));
    }

    /** The client sent what cannot be read. */
    void failed(Exception cause) {
        handlers.execute(() -> listeners.failed(cause));
    }

    // ---- What goes out --------------------------------------------------------------------------

    @Override
    public void emit(Emitter how, String event, @Nullable Object[] args) {
        send(how, packet(event, args));
    }

    @Override
    public <T> CompletableFuture<@Nullable T> emitWithAck(
            Emitter how, String event, Class<T> type, @Nullable Object[] args) {
        Packet packet = packet(event, args);
        int most = connection.server().options().cap(Cap.PENDING_ACKS);
        if (acks.count() >= most) {
            return CompletableFuture.failedFuture(
                    new IllegalStateException("no more acknowledgements may be awaited than maxPendingAcks: " + most));
        }
        long ackId = namespace.nextAckId();
        CompletableFuture<@Nullable T> future =
                acks.await(ackId, type, how.timeout(), connection.engine().loop());
        try {
            send(how, packet.withId(ackId));
        } catch (OutboundLimitException full) {
            acks.fail(ackId, full);
        }
        return future;
    }

    private Packet packet(String event, @Nullable Object[] args) {
        return Packet.of(Packet.Type.EVENT, namespace.name(), namespace.codec().writeEvent(event, args));
    }

    /**
     * What a middleware emits goes out before the answer to CONNECT; what nobody awaits waits for nothing.
     *
     * @throws OutboundLimitException if the client does not read, and the policy is to fail
     */
    private void send(Emitter how, Packet packet) {
        State now = state.get();
        if (how.isDroppable() && now != State.CONNECTED) {
            return;
        }
        Comeback keeper = packet.hasId() ? null : comeback;
        if (now == State.DISCONNECTED && keeper == null) {
            return;
        }
        if (now == State.CONNECTED
                && connection.refuses(how.isDroppable() ? PacketGroup.Kind.DROPPABLE : PacketGroup.Kind.EVENT)) {
            if (connection.refused(PacketEncoder.encode(packet).byteLength())) {
                connection.engine().drain();
            }
            throw new OutboundLimitException(connection.server().options().maxQueuedBytes());
        }
        if (keeper != null && now != State.KNOCKING) {
            // Also once it has left: its client finds that when it comes back.
            tellSent(packet, keeper.emit(id, packet, how));
            return;
        }
        PacketGroup encoded = keeper == null
                ? PacketEncoder.encode(packet)
                : PacketEncoder.encodeWithOffset(packet, keeper.offsetAtTheDoor());
        tellSent(packet, encoded);
        goesOut(packet);
        deliver(how.to(BroadcastOptions.EVERYONE).flagged(encoded));
    }

    private void tellSent(Packet packet, PacketGroup encoded) {
        Observers observers = connection.observers();
        if (observers != null) {
            String event = namespace.codec().eventName(packet);
            int bytes = encoded.byteLength();
            observers.tell(listener -> listener.eventSent(socket, event, bytes));
        }
    }

    private void deliver(PacketGroup group) {
        connection.engine().send(group);
        if (isBehind()) {
            awaitRoom(group.byteLength());
        }
    }

    @Override
    public boolean enqueue(Packet packet, PacketGroup encoded) {
        if (connection.refuses(encoded.kind())) {
            acks.fail(
                    packet.id(),
                    new OutboundLimitException(connection.server().options().maxQueuedBytes()));
            return connection.refused(encoded.byteLength());
        }
        return connection.engine().enqueue(encoded);
    }

    @Override
    public boolean isListenedTo() {
        return !listeners.anyOutgoing().isEmpty();
    }

    /** Those who hear of what goes out do so like all handlers, in the socket's order, and never under an emit. */
    @Override
    public void goesOut(Packet packet) {
        if (!isListenedTo()) {
            return;
        }
        if (toldOutgoing.incrementAndGet() > connection.server().options().maxQueuedEvents()) {
            toldOutgoing.decrementAndGet();
            return;
        }
        handlers.execute(() -> {
            toldOutgoing.decrementAndGet();
            listeners.said(
                    namespace.codec().eventName(packet), namespace.codec().args(packet));
        });
    }

    @Override
    public Executor loop() {
        return connection.engine().loop();
    }

    @Override
    public void drain() {
        connection.engine().drain();
    }

    @Override
    public boolean isBehind() {
        return connection.engine().isBehind();
    }

    @Override
    public void awaitRoom(int bytes) {
        connection.engine().awaitRoom(handlers.isCaller(), bytes);
    }

    // ---- For broadcasts with acknowledgements, and the rest of the cluster ----------------------

    @Override
    public void expect(long ackId, AnswerListener listener) {
        acks.expect(ackId, new PendingAcks.Waiting() {
            @Override
            public void answered(Packet ack) {
                listener.answered(id, ack.payload());
            }

            @Override
            public void failed(Exception cause) {
                listener.silent(id);
            }
        });
    }

    @Override
    public void forget(long ackId) {
        acks.forget(ackId);
    }

    @Override
    public SocketDetails details() {
        return new LocalSocket(
                socket, namespace.adapter().rooms(id), namespace.codec().mapper());
    }

    // ---- Ends -----------------------------------------------------------------------------------

    @Override
    public void disconnect(boolean closeConnection) {
        // At once: before the loop gets to it, the client might have been lost, and be back.
        throwOut();
        if (closeConnection) {
            connection.disconnectAll();
        }
    }

    /** The application throws the client out. */
    void throwOut() {
        if (end(DisconnectReason.SERVER_NAMESPACE_DISCONNECT)) {
            // It has been forgotten before the client can learn of it.
            connection.send(Packet.of(Packet.Type.DISCONNECT, namespace.name(), Payload.NONE));
        } else if (comeback != null && state.get() == State.DISCONNECTED) {
            // It is away, and not to come back.
            comeback.forget(id);
        }
    }

    /**
     * The one way out, taken once: leaves all rooms and the namespace at once, fails what is awaited, then tells the
     * application, after the events that came before, which it still hears unless it was thrown out.
     *
     * @return whether it was in
     */
    boolean end(DisconnectReason reason) {
        synchronized (state) {
            // Never between the steps of enter(), which would put it back.
            if (!state.compareAndSet(State.CONNECTED, State.DISCONNECTED)) {
                return false;
            }
        }
        deaf = reason == DisconnectReason.SERVER_NAMESPACE_DISCONNECT;
        Observers observers = connection.observers();
        if (observers != null) {
            Duration lasted = Observers.since(joinedAt);
            observers.tell(listener -> listener.socketLeft(connection.info(), socket, reason, lasted));
        }
        boolean mayReturn;
        Runnable tellGone;
        synchronized (state) {
            Set<String> rooms = namespace.adapter().rooms(id);
            // Before its client can be back: who is told that it has come, is told afterwards.
            tellGone = handlers.reserve(() -> tellGone(reason, rooms));
            mayReturn = leaveTheNamespace(reason);
        }
        connection.forget(this);
        connection.engine().execute(this::resume);
        acks.close();
        tellGone.run();
        if (!mayReturn) {
            namespace.exit();
        }
        return true;
    }

    private void tellGone(DisconnectReason reason, Set<String> rooms) {
        synchronized (state) {
            // Its turn may have come before it had left.
        }
        try {
            listeners.left(reason, rooms);
        } finally {
            connection.told(this);
        }
    }

    /** Says whether the namespace has to stay, because the client may come back to its session there. */
    private boolean leaveTheNamespace(DisconnectReason reason) {
        boolean mayReturn = comeback != null && reason.isRecoverable();
        HeardOnce once = heardOnce;
        if (once != null) {
            once.left(this);
        }
        if (mayReturn) {
            SerialExecutor kept = connection.server().runsHandlersOnLoops() ? null : handlers;
            Objects.requireNonNull(comeback)
                    .suspend(this, new Comeback.Kept(socket.data(), once, kept), namespace::exit);
        } else {
            namespace.adapter().remove(this);
        }
        namespace.hide(this);
        return mayReturn;
    }
}
