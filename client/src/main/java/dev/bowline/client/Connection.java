package dev.bowline.client;

import dev.bowline.core.engine.CloseReason;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.OpenPacket;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.engine.RemoteProtocolException;
import dev.bowline.core.engine.TransportName;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.PacketDecoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The half of a {@link Manager} that moves: which engine is the current one, what became of it, and when
 * to try again. Confined to the loop, except where a method says otherwise.
 *
 * <p>The order of the events is part of the contract with the application, and the reference's: Sockets
 * learn of an incident before the Manager's own listeners, unless a Socket caused it. So that it can be read in
 * one place, the file is long.
 */
final class Connection implements Engine.Listener, Reconnector.Actions {
    private static final System.Logger LOG = System.getLogger(Connection.class.getName());

    /**
     * How long, at the end of all, a server is waited for that has not answered the handshake: so long that it can be
     * told that nobody comes, and no longer, since it may not be there at all.
     */
    private static final Duration LAST_PATIENCE = Duration.ofMillis(500);

    /** How old an attempt must be for a network that is back to make it worth while to begin it anew. */
    private static final Duration STALE = Duration.ofSeconds(1);

    private static final String OFFLINE = "network connection lost";

    private final Manager manager;
    private final ManagerOptions options;
    private final Loop loop;
    private final Handlers handlers;
    private final Transport.Factory transports;
    private final Reconnector reconnector;

    private PacketDecoder decoder;
    private final Set<Engine> living = new LinkedHashSet<>();
    private Loop.@Nullable Timer connectTimer;
    private long attemptBegan;

    /** Whether the last connection began on a WebSocket, or came to one, and nothing has gone wrong with it since. */
    private boolean webSocketWorked;

    /** Whether the application says that there is no network. */
    private boolean offline;

    /** Whether the connection was given up by {@link #close}, until there is one again. */
    private boolean left;

    /** Written on the loop, read by any thread. */
    private volatile Manager.State state = Manager.State.CLOSED;

    private volatile @Nullable Engine engine;
    private volatile @Nullable OpenPacket handshake;

    /** Bytes of events between the call of emit and the engine; any thread. */
    private final AtomicLong waitingBytes = new AtomicLong();

    Connection(Manager manager, ManagerOptions options, Loop loop, Handlers handlers, Transport.Factory transports) {
        this.manager = manager;
        this.options = options;
        this.loop = loop;
        this.handlers = handlers;
        this.transports = transports;
        this.reconnector = new Reconnector(options.reconnection(), options.random(), loop, this);
        this.decoder = newDecoder();
        handlers.onRelief(() -> loop.execute(() -> onCurrent(Engine::resume)));
    }

    private PacketDecoder newDecoder() {
        return new PacketDecoder(options.maxAttachments(), PacketDecoder.DEFAULT_MAX_DEPTH);
    }

    // ---- views, for any thread

    Manager.State state() {
        return state;
    }

    @Nullable
    OpenPacket handshake() {
        return handshake;
    }

    @Nullable
    TransportName transport() {
        Engine current = engine;
        return current == null || state != Manager.State.OPEN ? null : current.transport();
    }

    /**
     * Makes room for an event that is to be sent.
     *
     * @throws IllegalStateException if there is none
     */
    void reserve(long bytes) {
        Engine current = engine;
        long written = current == null ? 0 : current.queuedBytes();
        if (waitingBytes.addAndGet(bytes) + written > options.maxBufferedBytes()) {
            waitingBytes.addAndGet(-bytes);
            throw new IllegalStateException(
                    "more than maxBufferedBytes wait to be sent: " + options.maxBufferedBytes());
        }
    }

    void release(long bytes) {
        waitingBytes.addAndGet(-bytes);
    }

    // ---- what Sockets and the Manager ask for

    /** Connects, unless that is under way or done. */
    void open() {
        boolean planned = offline && reconnector.resume();
        offline = false;
        if (!planned && !reconnector.underWay()) {
            begin();
        }
    }

    /** Tries now what would be tried later. */
    void retryNow() {
        offline = false;
        if (reconnector.resume() || left) {
            return;
        }
        if (state == Manager.State.OPENING && loop.now() - attemptBegan >= STALE.toNanos()) {
            Engine stale = engine;
            forget();
            begin();
            if (stale != null) {
                stale.close();
            }
        } else if (state == Manager.State.CLOSED && manager.sessions().stream().anyMatch(SocketSession::active)) {
            begin();
        }
    }

    /** There is no network: what there is leads nowhere, and nothing is attempted. */
    void onOffline() {
        offline = true;
        reconnector.pause();
        Engine dead = engine;
        if (dead == null) {
            return;
        }
        transports.renew();
        if (state == Manager.State.OPENING) {
            failOpening(new TransportException(OFFLINE, null));
        } else {
            LOG.log(System.Logger.Level.DEBUG, OFFLINE);
            lose(CloseReason.TRANSPORT_CLOSE, true);
        }
        dead.abort();
    }

    boolean isOpen() {
        return state == Manager.State.OPEN;
    }

    /** Gives the connection up, and every plan to come back. */
    void close() {
        left = true;
        reconnector.stop();
        Engine current = engine;
        if (current != null) {
            lose(CloseReason.FORCED_CLOSE, false);
            current.close();
        }
    }

    /** A Socket left; the last one closes the door. */
    void release() {
        if (manager.sessions().stream().noneMatch(SocketSession::active)) {
            close();
        }
    }

    /**
     * Gives up what there is, for good.
     *
     * @return completes when nothing is left behind
     */
    CompletableFuture<Void> closeForGood() {
        close();
        if (living.stream().anyMatch(engine -> !engine.named())) {
            Loop.Timer patience = loop.schedule(
                    LAST_PATIENCE,
                    () -> List.copyOf(living).stream()
                            .filter(engine -> !engine.named())
                            .forEach(Engine::abort));
            var unused = released().whenComplete((nothing, failure) -> patience.cancel());
        }
        return released();
    }

    private CompletableFuture<Void> released() {
        return CompletableFuture.allOf(living.stream().map(Engine::released).toArray(CompletableFuture<?>[]::new));
    }

    /** Whether the packets were taken; only packets that may be dropped are not, while the connection is open. */
    boolean send(PacketGroup group) {
        Engine current = engine;
        if (current == null || state != Manager.State.OPEN || !current.send(group)) {
            return false;
        }
        // Events are refused earlier. What is left are answers to a server that asks but does not read.
        if (current.queuedBytes() / 2 > options.maxBufferedBytes()) {
            fail(current, CloseReason.TRANSPORT_ERROR, "the server does not read its acknowledgements");
        }
        return true;
    }

    boolean heartbeatExpired() {
        Engine current = engine;
        return current != null && current.heartbeatExpired();
    }

    /** The server broke a rule of the layer above. */
    void fail(String detail) {
        onCurrent(current -> fail(current, CloseReason.PARSE_ERROR, detail));
    }

    // ---- transitions

    private void begin() {
        if (state != Manager.State.CLOSED) {
            return;
        }
        List<TransportName> candidates = new ArrayList<>(options.transports());
        if (options.rememberUpgrade() && webSocketWorked && candidates.remove(TransportName.WEBSOCKET)) {
            candidates.add(0, TransportName.WEBSOCKET);
        }
        left = false;
        attemptBegan = loop.now();
        Engine next = new Engine(options, candidates, loop, transports, this);
        engine = next;
        state = Manager.State.OPENING;
        living.add(next);
        var unused = next.released().whenComplete((nothing, failure) -> loop.execute(() -> living.remove(next)));
        options.connectTimeout().ifPresent(timeout -> connectTimer = loop.schedule(timeout, () -> onTimeout(next)));
        next.start();
    }

    private void onTimeout(Engine late) {
        if (late == engine && state == Manager.State.OPENING) {
            transports.renew();
            failOpening(new TransportException("timeout", null));
            late.close();
        }
    }

    private void failOpening(TransportException failure) {
        LOG.log(System.Logger.Level.DEBUG, () -> "could not connect: " + failure.summary());
        webSocketWorked = false;
        forget();
        manager.sessions().forEach(session -> session.onError(failure));
        handlers.call(manager.errors, failure);
        reconnector.failed(failure);
    }

    private void fail(Engine current, CloseReason reason, String detail) {
        LOG.log(System.Logger.Level.DEBUG, () -> reason + ": " + detail);
        lose(reason, true);
        current.close();
    }

    private void lose(CloseReason reason, boolean comeBack) {
        LOG.log(System.Logger.Level.DEBUG, () -> "connection closed: " + reason);
        forget();
        reconnector.reset();
        manager.sessions().forEach(session -> session.onClose(reason));
        handlers.call(manager.closes, reason);
        if (comeBack) {
            reconnector.begin();
        }
    }

    /** The current engine is none any more; whatever it still says is not heard. */
    private void forget() {
        if (connectTimer != null) {
            connectTimer.cancel();
            connectTimer = null;
        }
        engine = null;
        handshake = null;
        state = Manager.State.CLOSED;
        decoder = newDecoder();
    }

    private void onCurrent(Consumer<Engine> action) {
        Engine current = engine;
        if (current != null) {
            action.accept(current);
        }
    }

    // ---- the engine's happenings

    @Override
    public void opened(Engine source, OpenPacket opened) {
        if (source != engine) {
            return;
        }
        if (connectTimer != null) {
            connectTimer.cancel();
            connectTimer = null;
        }
        handshake = opened;
        state = Manager.State.OPEN;
        webSocketWorked = source.transport() == TransportName.WEBSOCKET;
        handlers.call(manager.opens, manager);
        manager.sessions().forEach(SocketSession::onOpen);
        reconnector.succeeded();
    }

    @Override
    public void message(Engine source, EnginePacket message) {
        if (source != engine) {
            return;
        }
        Packet packet;
        try {
            packet = decoder.add(message);
        } catch (RemoteProtocolException malformed) {
            fail(source, CloseReason.PARSE_ERROR, String.valueOf(malformed.getMessage()));
            return;
        }
        if (packet == null) {
            return;
        }
        if (!manager.packets.isEmpty()) {
            handlers.execute(Event.Outgoing.sizeOf(packet.payload()), () -> manager.packets.call(packet));
        }
        manager.find(packet.namespace()).ifPresent(session -> session.onPacket(packet));
        if (handlers.isFull()) {
            source.hold();
            if (!handlers.isFull()) {
                source.resume();
            }
        }
    }

    @Override
    public void ping(Engine source) {
        if (source == engine) {
            handlers.call(manager.pings, manager);
        }
    }

    @Override
    public void upgraded(Engine source, TransportName transport) {
        if (source == engine) {
            webSocketWorked = true;
            handlers.call(manager.upgrades, transport);
        }
    }

    @Override
    public void closed(Engine source, CloseReason reason, TransportException failure) {
        if (source != engine) {
            return;
        }
        if (state == Manager.State.OPEN && reason != CloseReason.FORCED_CLOSE) {
            // What broke one link may have broken the pooled ones, without a word: they would cost the next
            // attempt its whole time.
            transports.renew();
        }
        if (state == Manager.State.OPENING) {
            failOpening(failure);
            return;
        }
        if (reason == CloseReason.TRANSPORT_ERROR) {
            webSocketWorked = false;
            manager.sessions().forEach(session -> session.onError(failure));
            handlers.call(manager.errors, failure);
        }
        lose(reason, true);
    }

    // ---- the reconnector's doings

    @Override
    public void attempt(int number) {
        handlers.call(manager.reconnectAttempts, number);
        begin();
    }

    @Override
    public void reconnected(int number) {
        handlers.call(manager.reconnects, number);
    }

    @Override
    public void attemptFailed(TransportException failure) {
        handlers.call(manager.reconnectErrors, failure);
    }

    @Override
    public void gaveUp() {
        handlers.call(manager.reconnectFailures, manager);
    }
}
