package dev.bowline.server.transport;

import dev.bowline.core.engine.EngineSession;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.engine.ProtocolRevision;
import dev.bowline.core.engine.SessionSettings;
import dev.bowline.core.engine.TransportName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The Engine.IO server behind a {@code SocketIoServer}: judges requests in the order of the reference and
 * keeps the open sessions by their ids. Safe for any thread.
 */
public final class EngineServer {
    /**
     * What the engine needs to know.
     *
     * @param path the path prefix of every request, with its trailing slash if there is one
     * @param transports the enabled transports, the preferred one first
     * @param revisions the revisions of the protocol that clients may speak
     * @param allowUpgrades whether a handshake announces upgrades
     * @param http what HTTP is to look like
     * @param session times and limits
     * @param limits how many may come in
     * @param maxInboundBytes how much may be held of what clients have not finished, or handlers not heard
     * @param initialPacket what each session sends right behind its handshake, if anything
     */
    public record Settings(
            String path,
            List<TransportName> transports,
            Set<ProtocolRevision> revisions,
            boolean allowUpgrades,
            HttpRules http,
            SessionSettings session,
            AdmissionLimits limits,
            long maxInboundBytes,
            Optional<PacketGroup> initialPacket) {
        public Settings {
            transports = List.copyOf(transports);
            revisions = Set.copyOf(revisions);
        }
    }

    private static final System.Logger LOG = System.getLogger(EngineServer.class.getName());

    /** What asks for polling through script elements, which is not served. */
    private static final String JSONP = "j";

    /** The application's part in a handshake, each of which may take as long as it likes. */
    public interface Gatekeeper {
        /** Why the application does not allow the request, or empty. */
        CompletionStage<Optional<Refusal>> allow(HttpRequestHead request);

        /** The id and the first headers of the session that the request opens. */
        CompletionStage<Admission> admit(HttpRequestHead request);

        /** The request was refused, by whatever rule; returns at once. */
        void refused(HttpRequestHead request, Refusal refusal);
    }

    private final Settings settings;
    private final Gatekeeper gatekeeper;
    private final Function<EngineConnection, EngineSession.Listener> listeners;
    private final Patience patience = new Patience();
    private final InboundMemory inboundMemory;
    private final Turnstile turnstile;
    private final LatePolls latePolls = new LatePolls(System::nanoTime);
    private final Map<String, EngineConnection> sessions = new ConcurrentHashMap<>();
    private final AtomicInteger ports = new AtomicInteger();
    private final AtomicBoolean originWarned = new AtomicBoolean();
    private volatile boolean admitting = true;
    private volatile boolean closed;

    /**
     * An engine without sessions.
     *
     * @param gatekeeper the application's own verdict on handshakes
     * @param listeners makes the listener of each new session
     */
    public EngineServer(
            Settings settings, Gatekeeper gatekeeper, Function<EngineConnection, EngineSession.Listener> listeners) {
        this.settings = settings;
        this.gatekeeper = gatekeeper;
        this.inboundMemory = new InboundMemory(settings.maxInboundBytes());
        this.turnstile = new Turnstile(settings.limits(), System::nanoTime);
        this.listeners = listeners;
    }

    /** What the engine was told. */
    public Settings settings() {
        return settings;
    }

    /** Where everything is counted that is held of what clients sent. */
    public InboundMemory inboundMemory() {
        return inboundMemory;
    }

    /** The session of that id. */
    public Optional<EngineConnection> find(String sid) {
        return Optional.ofNullable(sessions.get(sid));
    }

    /**
     * Whether the request, whose session is not there, is the poll that the client's own close has overtaken on another
     * link: it is to be answered with a noop, as if it had come first. True once for such a session, and only shortly
     * after its end.
     */
    public boolean takesLatePoll(HttpRequestHead request) {
        return request.method().equals("GET")
                && !request.upgrade()
                && TransportName.POLLING.text().equals(request.query().get("transport"))
                && latePolls.take(request.query().getOrDefault("sid", ""), request.revision());
    }

    /** The number of open sessions that have not joined a namespace yet. */
    public int outsideCount() {
        return turnstile.outside();
    }

    /** The number of open sessions. */
    public int sessionCount() {
        return sessions.size();
    }

    /**
     * Judges a request by what can be told at once; the first rule that it breaks is the answer.
     *
     * @return why it is refused, or empty
     */
    public Optional<Refusal> verify(HttpRequestHead request) {
        Map<String, String> query = request.query();
        String named = query.getOrDefault("transport", "");
        Optional<TransportName> transport = TransportName.of(named).filter(settings.transports()::contains);
        if (transport.isEmpty() || query.containsKey(JSONP)) {
            return Optional.of(Refusal.TRANSPORT_UNKNOWN.because(Map.of("transport", named)));
        }
        if (request.upgrade() && !settings.http().allowsUpgrade(request)) {
            return Optional.of(originNotAllowed());
        }
        String sid = query.getOrDefault("sid", "");
        if (!sid.isEmpty()) {
            return verifySession(request, sid, transport.get());
        }
        if (!request.method().equals("GET")) {
            return Optional.of(Refusal.BAD_HANDSHAKE_METHOD.because(Map.of("method", request.method())));
        }
        if (transport.get() == TransportName.WEBSOCKET && !request.upgrade()) {
            return Optional.of(Refusal.BAD_REQUEST.because(Map.of("name", "TRANSPORT_HANDSHAKE_ERROR")));
        }
        return Optional.empty();
    }

    /** Said once, and without the origin, which a client wrote: who moves here from Node would not know where to look. */
    private Refusal originNotAllowed() {
        if (originWarned.compareAndSet(false, true)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "A page of another origin was refused a WebSocket. If it is yours, name its origin in the option "
                            + "cors; see originCheck. This is said once.");
        }
        return Refusal.ORIGIN_NOT_ALLOWED;
    }

    private Optional<Refusal> verifySession(HttpRequestHead request, String sid, TransportName transport) {
        EngineConnection session = sessions.get(sid);
        if (session == null) {
            return Optional.of(Refusal.SESSION_UNKNOWN.because(Map.of("sid", sid)));
        }
        if (!request.upgrade() && transport != TransportName.POLLING) {
            return Optional.of(Refusal.transportMismatch(transport, session.transport()));
        }
        if (request.revision() != session.codec().revision()) {
            return Optional.of(Refusal.BAD_REQUEST.because(Map.of(
                    "name",
                    "PROTOCOL_MISMATCH",
                    "protocol",
                    request.revision().number(),
                    "previousProtocol",
                    session.codec().revision().number())));
        }
        return Optional.empty();
    }

    /**
     * Judges a handshake that {@link #verify} let pass by what the application says of it, on whatever thread
     * that takes.
     *
     * @return why it is refused, or what {@link #open} needs
     */
    public CompletionStage<Admission> admit(HttpRequestHead request) {
        if (!admitting) {
            return CompletableFuture.completedFuture(Admission.refused(Refusal.SHUTTING_DOWN));
        }
        Optional<Refusal> noRoom = turnstile.knock(request.remoteAddress());
        if (noRoom.isPresent()) {
            return CompletableFuture.completedFuture(Admission.refused(noRoom.get()));
        }
        CompletionStage<Optional<Refusal>> verdict = gatekeeper.allow(request);
        turnstile.asked();
        return verdict.thenCompose(refusal -> admit(request, refusal))
                .whenComplete((admission, failure) -> turnstile.decided());
    }

    private CompletionStage<Admission> admit(HttpRequestHead request, Optional<Refusal> refusal) {
        if (refusal.isPresent()) {
            return CompletableFuture.completedFuture(Admission.refused(refusal.get()));
        }
        if (!isSupported(request)) {
            return CompletableFuture.completedFuture(Admission.refused(Refusal.UNSUPPORTED_PROTOCOL.because(
                    Map.of("protocol", request.revision().number()))));
        }
        return gatekeeper.admit(request).thenApply(this::stillWelcome);
    }

    /** The application may have taken its time. */
    private Admission stillWelcome(Admission admission) {
        if (admission.refusal().isPresent()) {
            return admission;
        }
        if (!admitting) {
            return Admission.refused(Refusal.SHUTTING_DOWN);
        }
        return sessions.containsKey(admission.sid()) ? Admission.refused(idRefused("the id is in use")) : admission;
    }

    /** No session can be opened, because of the id that it should have. */
    public static Refusal idRefused(String error) {
        return Refusal.BAD_REQUEST.because(Map.of("name", "ID_GENERATION_ERROR", "error", error));
    }

    /** Whoever answers a request with a refusal says so here. Any thread. */
    public void refused(HttpRequestHead request, Refusal refusal) {
        gatekeeper.refused(request, refusal);
    }

    private boolean isSupported(HttpRequestHead request) {
        return settings.revisions().contains(request.revision());
    }

    /**
     * Opens a session. On the loop that it is to live on.
     *
     * @param sid what {@link #admit} named
     * @param link the WebSocket that carries it, or null for polling, where the handshake is the first poll
     * @return empty if the server lets nobody in any more or has become full, or another session has come to have this id
     */
    public Optional<EngineConnection> open(
            HttpRequestHead request, String sid, TransportLoop loop, @Nullable WebSocketLink link) {
        if (!admitting) {
            return Optional.empty();
        }
        TransportName transport = link == null ? TransportName.POLLING : TransportName.WEBSOCKET;
        if (sessions.containsKey(sid) || !turnstile.enter(request.remoteAddress())) {
            return Optional.empty();
        }
        var connection = new EngineConnection(
                sid,
                settings.session(),
                transport,
                request,
                loop,
                patience,
                turnstile,
                latePolls,
                inboundMemory,
                listeners,
                () -> {
                    turnstile.leave(request.remoteAddress());
                    sessions.remove(sid);
                });
        sessions.put(sid, connection);
        connection.open(upgradesFrom(transport), settings.initialPacket(), link);
        if (closed) {
            connection.closeNow();
        } else if (!admitting) {
            connection.close();
        }
        return Optional.of(connection);
    }

    /** Why {@link #open} has not opened a session under that id. */
    public Refusal whyNotOpened(String sid) {
        if (!admitting) {
            return Refusal.SHUTTING_DOWN;
        }
        return sessions.containsKey(sid) ? Refusal.BAD_REQUEST : Refusal.SERVER_FULL;
    }

    private List<TransportName> upgradesFrom(TransportName transport) {
        if (!settings.allowUpgrades() || transport != TransportName.POLLING) {
            return List.of();
        }
        return settings.transports().stream()
                .filter(name -> name != TransportName.POLLING)
                .toList();
    }

    /** A port, or the like, serves the engine from now on. */
    public void attach() {
        ports.incrementAndGet();
    }

    /**
     * A port serves the engine no more.
     *
     * @return whether it was the last one
     */
    public boolean detach() {
        return ports.decrementAndGet() == 0;
    }

    /** Ends the sessions that live on such loops, at once. */
    public void closeNow(Predicate<TransportLoop> loops) {
        sessions.values().stream().filter(session -> loops.test(session.loop())).forEach(EngineConnection::closeNow);
    }

    /** Whether sessions may begin, as far as the limits allow. */
    public boolean isAdmitting() {
        return admitting;
    }

    /** Lets no other session begin; those that are there go on. Idempotent. */
    public void stopAdmitting() {
        admitting = false;
    }

    /** Ends every session at once, and lets no other begin. Idempotent. */
    public void close() {
        admitting = false;
        closed = true;
        sessions.values().forEach(EngineConnection::closeNow);
    }
}
