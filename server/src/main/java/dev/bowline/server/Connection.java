package dev.bowline.server;

import dev.bowline.core.engine.CloseReason;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.EngineSession;
import dev.bowline.core.engine.OutboundPolicy;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.engine.RemoteProtocolException;
import dev.bowline.core.engine.TransportName;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.PacketDecoder;
import dev.bowline.core.packet.PacketEncoder;
import dev.bowline.core.packet.Payload;
import dev.bowline.server.transport.EngineConnection;
import dev.bowline.server.transport.InboundMemory;
import dev.bowline.server.transport.TransportLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One client: splits what arrives over its Engine.IO session into namespaces (socket.io-protocol, "Exchange
 * protocol").
 *
 * <p>Confined to the session's event loop, save what says otherwise. Once the
 * session has closed, no map of the server knows the connection or its sockets. The file is long because all that a
 * client's sockets share, what waits for them included, is kept in one place.
 */
final class Connection implements EngineSession.Listener {
    private static final int PACKET_COST = 128;
    private static final System.Logger LOG = System.getLogger(Connection.class.getName());

    private final SocketIoServer server;
    private final EngineConnection engine;
    private final PacketDecoder decoder;
    private final Dialect dialect;
    private final Executor threads;
    private final Executor answers;
    private @Nullable SerialExecutor matching; // once it is needed
    private final boolean failsAtLimit;
    private final OutboundReports outboundReports;
    private final Map<String, SocketSession> sockets = new LinkedHashMap<>(2); // in the order in which they came in
    private final Map<String, Integer> entering = new HashMap<>(2); // with what their CONNECT costs
    private final Map<String, Order> orders = new HashMap<>(2);
    private int authBytes; // of those who are in, or enter
    private TransportLoop.@Nullable Timer connectTimer;
    private List<SocketSession> lost = List.of();
    private int pausing;
    private long pausedAt;
    private boolean shuttingDown;

    // What waits for handlers and middlewares, any thread; the pause is changed on the loop only.
    private final AtomicLong waitingBytes = new AtomicLong();
    private volatile boolean pausedForBytes;
    private volatile long attachmentBytes;
    private final InboundMemory.Holding holding;

    // Null where nobody watches.
    private final @Nullable Observers observers;
    private final @Nullable ConnectionInfo info;
    private boolean over;

    /** The order of one namespace's handlers, kept while a socket there, or one that has left, still needs it. */
    private static final class Order {
        private SerialExecutor handlers;
        private final Queue<WaitingEvent> events = new ConcurrentLinkedQueue<>();
        private int sockets;

        Order(Executor threads) {
            handlers = new SerialExecutor(threads);
        }
    }

    Connection(SocketIoServer server, EngineConnection engine) {
        this.server = server;
        this.engine = engine;
        this.decoder = new PacketDecoder(
                server.options().maxAttachments(), server.options().maxJsonDepth());
        this.dialect = Dialect.of(engine.codec().revision());
        this.threads = server.threads(engine::execute);
        this.answers = server.answers(engine::execute);
        OutboundPolicy policy = server.options().outboundPolicy();
        this.failsAtLimit = policy == OutboundPolicy.FAIL;
        this.outboundReports = new OutboundReports(policy, threads, server::outboundLimit);
        this.holding = engine.inboundMemory()
                .holding(() -> waitingBytes.get() + attachmentBytes, () -> engine.execute(this::sendAway));
        this.connectTimer = newConnectTimer();
        this.observers = server.observers();
        this.info =
                observers == null ? null : new ConnectionInfo(observers.nextConnection(), engine, System.nanoTime());
        server.opened(this);
    }

    /** Those who watch, or null. Any thread. */
    @Nullable
    Observers observers() {
        return observers;
    }

    /** What they see. Any thread, where somebody watches. */
    ConnectionInfo info() {
        return Objects.requireNonNull(info, "nobody watches");
    }

    private void tell(BiConsumer<ServerListener, ConnectionInfo> news) {
        if (observers != null) {
            observers.tell(listener -> news.accept(listener, info()));
        }
    }

    SocketIoServer server() {
        return server;
    }

    EngineConnection engine() {
        return engine;
    }

    /** How the client enters and is refused. */
    Dialect dialect() {
        return dialect;
    }

    /** Where what is awaited of the client is completed: handlers may wait for it. */
    Executor answers() {
        return answers;
    }

    /** Whether this event is not sent because the client does not read, and the policy is to fail. Any thread. */
    boolean refuses(PacketGroup.Kind kind) {
        return failsAtLimit && kind == PacketGroup.Kind.EVENT && engine.isOverLimit();
    }

    /**
     * An event was refused: that is told. Any thread, under a lock too.
     *
     * @return whether the caller now owes the engine a drain
     */
    boolean refused(int bytes) {
        return engine.enqueue(() -> limitReached(1, bytes));
    }

    /** Any thread. */
    void send(Packet packet) {
        engine.send(PacketEncoder.encode(packet));
    }

    // ---- What arrives ---------------------------------------------------------------------------

    @Override
    public void opened() {
        tell(ServerListener::connectionOpened);
        dialect.enteredUnasked().ifPresent(this::connect);
    }

    @Override
    public void message(EnginePacket message) {
        if (over) {
            return;
        }
        if (observers != null) {
            int bytes = message.data().length();
            tell((listener, connection) -> listener.messageReceived(connection, bytes));
        }
        Packet packet;
        try {
            packet = decoder.add(message);
            countAttachments();
        } catch (RemoteProtocolException invalid) {
            over = true;
            countAttachments();
            LOG.log(System.Logger.Level.DEBUG, "Invalid packet: {0}", invalid.getMessage());
            List.copyOf(sockets.values()).forEach(socket -> socket.failed(invalid));
            engine.close();
            return;
        }
        if (packet == null) {
            return;
        }
        if (packet.type() == Packet.Type.CONNECT) {
            connect(dialect.asked(packet, server.codec()));
            return;
        }
        SocketSession socket = sockets.get(packet.namespace());
        if (socket != null && packet.type() == Packet.Type.DISCONNECT) {
            left(socket);
        }
        if (socket == null || !socket.receive(packet)) {
            breakOff();
        }
    }

    /** The client did what its state does not allow: everyone is told, and the session closes. */
    private void breakOff() {
        over = true;
        DisconnectReason reason =
                engine.canCloseAtOnce() ? DisconnectReason.FORCED_CLOSE : DisconnectReason.FORCED_SERVER_CLOSE;
        List.copyOf(sockets.values()).forEach(socket -> socket.end(reason));
        engine.close();
    }

    private void connect(Packet packet) {
        String name = packet.namespace();
        if (sockets.containsKey(name)) {
            breakOff();
            return;
        }
        if (!entering.containsKey(name)
                && sockets.size() + entering.size() >= server.options().cap(Cap.NAMESPACES)) {
            refuse(name, server.codec().writeValue(Map.of("message", "Too many namespaces")));
            tellRefused(name, ServerListener.EntryRefusal.TOO_MANY_NAMESPACES);
            return;
        }
        if (entering.containsKey(name)) {
            return;
        }
        if (packet.payload().byteLength() > server.options().cap(Cap.AUTH_BYTES) - authBytes) {
            refuse(name, server.codec().writeValue(Map.of("message", "Too large auth")));
            tellRefused(name, ServerListener.EntryRefusal.AUTH_TOO_LARGE);
            return;
        }
        int cost = costOf(packet);
        entering.put(name, cost);
        authBytes += packet.payload().byteLength();
        engine.judged(true);
        bytesArrived(cost);
        var handshake = new Handshake(engine.handshake(), Instant.now(), server.codec(), packet.payload());
        Optional<Namespace> known = server.registry().enterNow(name);
        if (known.isPresent() || !server.registry().mayAppear(name)) {
            knock(name, known, handshake);
            return;
        }
        // Whoever decides whether it is to exist may take long; one question of a client at a time.
        if (matching == null) {
            matching = new SerialExecutor(threads);
        }
        matching.execute(() -> {
            Optional<Namespace> found = server.registry().enter(name, handshake);
            engine.execute(() -> knock(name, found, handshake));
        });
    }

    private void knock(String name, Optional<Namespace> namespace, Handshake handshake) {
        if (namespace.isEmpty()) {
            decided(name);
            authBytes -= handshake.authBytes();
            refuse(name, server.codec().writeValue(Map.of("message", "Invalid namespace")));
            tellRefused(name, ServerListener.EntryRefusal.UNKNOWN_NAMESPACE);
        } else if (over) {
            decided(name);
            namespace.get().exit();
        } else {
            // A client that comes back to a namespace is heard after its last socket there has been told gone.
            Order order = orders.computeIfAbsent(name, key -> new Order(threads));
            order.sockets++;
            new SocketSession(this, namespace.get(), handshake, order.handlers, order.events).knock();
        }
    }

    // ---- What becomes of those who knock --------------------------------------------------------

    /**
     * The middlewares let the socket pass: only now does anyone else learn of it. A client that comes back to its
     * session is in once it has taken what it missed, and the sockets of other namespaces what was handed over to them.
     */
    void accept(SocketSession socket) {
        if (socket.comesBack() && engine.isOpen()) {
            engine.whenTaken(() -> enter(socket));
        } else {
            enter(socket);
        }
    }

    private void enter(SocketSession socket) {
        String name = socket.namespace().name();
        if (!engine.isOpen()) {
            decided(name);
            turnAway(socket);
            return;
        }
        switch (socket.enter()) {
            case IN -> {
                decided(name);
                stopConnectTimer();
                engine.joined();
                sockets.put(name, socket);
                socket.isIn();
            }
            case LATER -> {
                // Who takes what it missed has all the time it needs, and who takes nothing has not come in.
                if (connectTimer != null) {
                    stopConnectTimer();
                    connectTimer = newConnectTimer();
                }
                engine.whenTaken(() -> enter(socket));
            }
            case OVERTAKEN -> {
                decided(name);
                turnAway(socket);
                retire();
            }
            case ASKED -> {
                // The middlewares will say.
            }
        }
    }

    private TransportLoop.Timer newConnectTimer() {
        return engine.loop()
                .schedule(
                        () -> engine.execute(this::connectTimedOut),
                        server.options().connectTimeout().toNanos());
    }

    /** A middleware refused the socket. */
    void refuse(SocketSession socket, Payload answer) {
        decided(socket.namespace().name());
        socket.isRefused();
        turnAway(socket);
        refuse(socket.namespace().name(), answer);
        tellRefused(socket.namespace().name(), ServerListener.EntryRefusal.MIDDLEWARE);
    }

    private void turnAway(SocketSession socket) {
        authBytes -= authBytes(socket);
        socket.turnAway();
        forgetHandlers(socket.namespace().name());
    }

    private static int authBytes(SocketSession socket) {
        return socket.socket().handshake().authBytes();
    }

    private void tellRefused(String namespace, ServerListener.EntryRefusal cause) {
        if (observers != null) {
            tell((listener, connection) -> listener.socketRefused(connection, namespace, cause));
        }
    }

    private void refuse(String namespace, Payload answer) {
        send(Packet.of(Packet.Type.CONNECT_ERROR, namespace, answer));
    }

    private void connectTimedOut() {
        if (connectTimer != null) {
            connectTimer = null;
            if (engine.canCloseAtOnce()) {
                engine.close();
            } else {
                // Nobody waits for the poll of a client to whom there is nothing to say.
                engine.closeNow();
            }
        }
    }

    private void stopConnectTimer() {
        if (connectTimer != null) {
            connectTimer.cancel();
            connectTimer = null;
        }
    }

    // ---- Ends -----------------------------------------------------------------------------------

    /** A socket has left its namespace; the connection stays. Any thread. */
    void forget(SocketSession socket) {
        engine.execute(() -> left(socket));
    }

    /** What it keeps waits from now on for its handlers to be told. Idempotent. */
    private void left(SocketSession socket) {
        if (sockets.remove(socket.namespace().name(), socket)) {
            authBytes -= authBytes(socket);
            bytesArrived(authBytes(socket));
        }
    }

    /** How many queues of handlers are kept: one for each namespace that the client is in or asks to enter. */
    int queueCount() {
        return orders.size();
    }

    /** A socket has told its handlers all that it had to tell. Any thread. */
    void told(SocketSession socket) {
        server.socketDone();
        engine.execute(() -> {
            bytesDone(authBytes(socket));
            forgetHandlers(socket.namespace().name());
        });
    }

    /** Otherwise a client could have a queue kept for every name that it has ever entered under. */
    private void forgetHandlers(String name) {
        Order order = orders.get(name);
        if (order != null && --order.sockets == 0) {
            orders.remove(name);
        }
    }

    /** A socket has come back, and with it the order of the handlers that it had before. On the loop. */
    void inherits(SocketSession socket, SerialExecutor handlers) {
        Order order = orders.get(socket.namespace().name());
        if (order != null) {
            order.handlers = handlers;
        }
    }

    /** Its client is back over another connection: this one is dead, and nobody has noticed. Any thread. */
    void retire() {
        engine.execute(() -> {
            over = true;
            List.copyOf(sockets.values()).forEach(socket -> socket.end(DisconnectReason.TAKEN_OVER));
            engine.closeNow();
        });
    }

    /** Runs the task on the loop when the handlers have done what waits for them now, or so long after. Any thread. */
    void afterHandlers(Duration patience, Runnable task) {
        engine.execute(() -> {
            CompletableFuture<Void> done = CompletableFuture.allOf(orders.values().stream()
                    .map(order -> CompletableFuture.runAsync(() -> {}, order.handlers))
                    .toArray(CompletableFuture<?>[]::new));
            var limit = server.timer().schedule(() -> done.complete(null), patience.toNanos(), TimeUnit.NANOSECONDS);
            var unused = done.thenRun(() -> {
                limit.cancel(false);
                engine.execute(task);
            });
        });
    }

    /**
     * Leaves because the server makes way for another, as soon as the client can be told. On the loop.
     *
     * @param onGone run once the client has been told, and has got what was sent before
     */
    void leave(Runnable onGone) {
        shuttingDown = engine.isOpen();
        engine.leave(onGone);
    }

    /** Throws every socket out, those too that were lost with the connection, then closes. Any thread. */
    void disconnectAll() {
        engine.execute(() -> {
            new ArrayList<>(sockets.values()).forEach(SocketSession::throwOut);
            lost.forEach(SocketSession::throwOut);
            engine.close();
        });
    }

    @Override
    public void moved() {
        tell((listener, connection) ->
                listener.connectionUpgraded(connection, TransportName.POLLING, TransportName.WEBSOCKET));
    }

    @Override
    public void pingAnswered(long nanos) {
        if (observers != null) {
            tell((listener, connection) -> listener.pingAnswered(connection, nanos));
        }
    }

    @Override
    public void limitReached(int packets, long bytes) {
        if (observers != null) {
            OutboundPolicy policy = server.options().outboundPolicy();
            tell((listener, connection) -> listener.outboundLimitReached(connection, policy, packets, bytes));
        }
        outboundReports.add(sockets.values().stream().map(SocketSession::socket).toList(), packets, bytes);
    }

    @Override
    public void closed(CloseReason reason, String detail) {
        LOG.log(System.Logger.Level.DEBUG, "Connection closed: {0} ({1})", reason, detail);
        stopConnectTimer();
        decoder.reset();
        over = true;
        countAttachments();
        DisconnectReason told = reason == CloseReason.FORCED_CLOSE && (shuttingDown || server.isClosing())
                ? DisconnectReason.SERVER_SHUTTING_DOWN
                : DisconnectReason.of(reason);
        lost = List.copyOf(sockets.values());
        lost.forEach(socket -> {
            left(socket);
            socket.end(told);
        });
        if (observers != null) {
            Duration lasted = Observers.since(info().openedAt());
            tell((listener, connection) -> listener.connectionClosed(connection, reason, lasted));
        }
        server.closed(this);
    }

    // ---- What waits -----------------------------------------------------------------------------

    /** What it costs to keep a packet, its objects included. */
    static int costOf(Packet packet) {
        return packet.byteLength() + PACKET_COST;
    }

    /** Something waits for handlers, or for middlewares. On the loop, before what will call {@link #bytesDone}. */
    void bytesArrived(int cost) {
        long waiting = waitingBytes.addAndGet(cost);
        holding.changed();
        if (!pausedForBytes && !over && waiting > server.options().maxQueuedBytes()) {
            pausedForBytes = true;
            pauseReading();
        }
    }

    /** It waits no more. Any thread. */
    void bytesDone(int cost) {
        long left = waitingBytes.addAndGet(-cost);
        holding.changed();
        if (pausedForBytes && left <= server.options().maxQueuedBytes() / 2) {
            engine.execute(this::resumeForBytes);
        }
    }

    private void resumeForBytes() {
        if (pausedForBytes && waitingBytes.get() <= server.options().maxQueuedBytes() / 2) {
            pausedForBytes = false;
            resumeReading();
        }
    }

    /** Completes what is awaited; until then the client's answer is kept. On the loop. */
    void answered(Packet ack, Runnable completion) {
        int cost = costOf(ack);
        bytesArrived(cost);
        answers.execute(() -> {
            try {
                completion.run();
            } finally {
                bytesDone(cost);
            }
        });
    }

    /** Whether a namespace takes the client in is known; until then its CONNECT is kept, even if the client has gone. */
    private void decided(String name) {
        Integer cost = entering.remove(name);
        if (cost != null) {
            bytesDone(cost);
        }
        engine.judged(!entering.isEmpty());
    }

    private void countAttachments() {
        long pending = decoder.pendingBytes();
        if (pending != attachmentBytes) {
            attachmentBytes = pending;
            holding.changed();
        }
    }

    /** Too much is held, and this client has held it for too long: what waits for handlers is forgotten. */
    private void sendAway() {
        over = true;
        orders.values().forEach(order -> order.events.forEach(WaitingEvent::take));
        engine.sendAway();
    }

    // ---- Back-pressure --------------------------------------------------------------------------

    /** A socket's handlers are behind: the client has to wait. */
    void pauseReading() {
        if (pausing++ == 0) {
            engine.read(false);
            pausedAt = observers == null ? 0 : System.nanoTime();
            tell(ServerListener::readingPaused);
        }
    }

    /** They have caught up. */
    void resumeReading() {
        if (--pausing == 0) {
            if (observers != null) {
                Duration paused = Observers.since(pausedAt);
                tell((listener, connection) -> listener.readingResumed(connection, paused));
            }
            engine.read(true);
        }
    }
}
