package dev.bowline.server;

import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.Claim;
import dev.bowline.adapter.FreshReason;
import dev.bowline.adapter.Receiver;
import dev.bowline.adapter.SessionAwareAdapter;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.Packet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a client of a server that keeps sessions claims when it comes, and what becomes of the claim. Confined to the
 * event loop of its connection, save what says otherwise.
 */
final class Comeback {
    private static final String PID = "pid";
    private static final String OFFSET = "offset";

    /**
     * What a socket leaves for the next one of its session; the order of its handlers only where they run on threads of
     * their own: on the event loop it would keep the dead connection.
     */
    record Kept(
            SocketData data,
            @Nullable HeardOnce heardOnce,
            @Nullable SerialExecutor handlers) {}

    private final SessionAwareAdapter sessions;
    private final boolean skipsMiddlewares;
    private final Claim claim;

    // Any thread may read it: the secret of the session that the client is in, once it is in one.
    private volatile String pid;

    private boolean lost;

    private Comeback(SessionAwareAdapter sessions, boolean skipsMiddlewares, Claim claim, String pid) {
        this.sessions = sessions;
        this.skipsMiddlewares = skipsMiddlewares;
        this.claim = claim;
        this.pid = pid;
    }

    /** What the client claims; null where no sessions are kept, or where it is too old to know of them. */
    static @Nullable Comeback of(Namespace namespace, Dialect dialect, Handshake handshake) {
        SessionAwareAdapter sessions = namespace.sessions();
        if (sessions == null || !dialect.comesBack()) {
            return null;
        }
        boolean skips = namespace
                .server()
                .options()
                .recovery()
                .map(Recovery::skipMiddlewares)
                .orElse(false);
        Optional<String> pid = text(handshake, PID);
        Claim claim = pid.map(secret -> sessions.claim(secret, text(handshake, OFFSET)))
                .orElseGet(() -> Claim.none(FreshReason.NOT_ASKED));
        return new Comeback(
                sessions, skips, claim, claim.id().isPresent() ? pid.orElseThrow() : sessions.pid(Ids.next()));
    }

    private static Optional<String> text(Handshake handshake, String field) {
        JsonNode value = handshake.auth().path(field);
        return value.isString() ? Optional.of(value.stringValue()) : Optional.empty();
    }

    /** What the application sees of the handshake. */
    static Handshake forApplication(@Nullable Comeback comeback, Handshake handshake) {
        return comeback == null ? handshake : handshake.without(PID, OFFSET);
    }

    /** The id under which the client comes back, as far as that is known. */
    Optional<String> id() {
        return claim.id();
    }

    /** The secret under which it may come back the next time. Any thread. */
    String pid() {
        return pid;
    }

    /** Whether it is let in without asking the middlewares; if its claim fails after that, they are asked. */
    boolean skipsMiddlewares() {
        return skipsMiddlewares && claim.id().isPresent();
    }

    /** Whether it is new after the middlewares were skipped: says so once. */
    boolean hasToBeAsked() {
        boolean asked = skipsMiddlewares && lost;
        lost = lost && !asked;
        return asked;
    }

    /** What is emitted to a client that is not in yet travels with this. Any thread. */
    String offsetAtTheDoor() {
        return sessions.position(claim);
    }

    /** Emits to the session, also while its client is away; says what went out. Any thread. */
    PacketGroup emit(String id, Packet packet, Emitter how) {
        return sessions.emit(id, packet, how.to(BroadcastOptions.EVERYONE));
    }

    /** Goes one step further; once it is {@code LOST}, the client is new. */
    SessionAwareAdapter.Step resume(SocketSession socket, Set<String> joins, SessionAwareAdapter.Handover handover) {
        SessionAwareAdapter.Step step = SessionAwareAdapter.Step.LOST;
        if (claim.id().isPresent()) {
            var limits = new SessionAwareAdapter.Limits(
                    socket.connection().engine().partBytes(),
                    socket.connection().server().options().cap(Cap.ROOMS));
            step = sessions.resume(claim, socket, joins, limits, handover);
            if (step == SessionAwareAdapter.Step.LOST) {
                lost = true;
                pid = sessions.pid(Ids.next());
            }
        }
        return step;
    }

    /** Its connection has gone, or it is not let in. */
    void giveUp() {
        sessions.giveUp(claim);
    }

    /** Whether the client seemed to come back, under the id of its session, and is new after all. */
    boolean isLost() {
        return lost;
    }

    /** The socket whose dead connection stands in the way. */
    SocketSession ghost() {
        Receiver ghost = claim.ghost();
        return (SocketSession) ghost;
    }

    /** The client is new. */
    void begin(SocketSession socket) {
        sessions.add(socket, pid);
    }

    RecoveryOutcome outcome() {
        return claim.reason().map(RecoveryOutcome::fresh).orElseGet(() -> RecoveryOutcome.recovered(claim.replayed()));
    }

    /** What the last socket of the session left, if anything is known of it. */
    Optional<Kept> kept() {
        return claim.keepsake().map(Kept.class::cast);
    }

    /** The socket is gone, and may come back. Any thread. */
    void suspend(SocketSession socket, Kept kept, Runnable onReleased) {
        HeardOnce heard = kept.heardOnce();
        String id = socket.id();
        sessions.suspend(socket, kept, heard == null ? 0 : heard.cost(), onReleased);
        if (heard != null) {
            // Nothing of this socket, or of the one before, which would be kept for as long.
            SessionAwareAdapter keeper = sessions;
            heard.chargeTo(bytes -> keeper.charge(id, bytes));
        }
    }

    /** Nobody is to come back to the session of that id any more. Any thread. */
    void forget(String id) {
        sessions.forget(id);
    }

    /** The session of that id is not in the room any more, if it is away. Any thread. */
    void forget(String id, String room) {
        sessions.forget(id, room);
    }
}
