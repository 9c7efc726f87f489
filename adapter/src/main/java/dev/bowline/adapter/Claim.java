package dev.bowline.adapter;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A client's claim to a session, from the moment at which it names the session until it is in it, or new. Confined to
 * the event loop of its connection.
 */
public final class Claim {
    private final @Nullable RecoverableSession session;
    private final Optional<Offset> offset;
    private final long number;
    private @Nullable FreshReason reason;
    private long position;
    private int replayed;
    private long handedOver;
    private Optional<Object> keepsake = Optional.empty();
    private @Nullable Receiver ghost;

    private Claim(
            @Nullable RecoverableSession session, Optional<Offset> offset, long number, @Nullable FreshReason reason) {
        this.session = session;
        this.offset = offset;
        this.number = number;
        this.reason = reason;
    }

    /** A claim that holds so far; later ones have higher numbers. */
    static Claim to(RecoverableSession session, Optional<Offset> offset, long number) {
        return new Claim(session, offset, number, null);
    }

    /** A claim that does not hold. */
    public static Claim none(FreshReason reason) {
        return new Claim(null, Optional.empty(), 0, reason);
    }

    /** The id under which the client comes back, as long as it may. */
    public Optional<String> id() {
        return session == null || reason != null ? Optional.empty() : Optional.of(session.id());
    }

    /** Why it does not come back, if it does not. */
    public Optional<FreshReason> reason() {
        return Optional.ofNullable(reason);
    }

    /** How many packets it was sent again so far. */
    public int replayed() {
        return replayed;
    }

    /** What the session's last socket left with it, once the claim is decided; not if its session is unknown. */
    public Optional<Object> keepsake() {
        return keepsake;
    }

    /** The socket that stands in the way: its connection is dead, and nobody knows yet. */
    public Receiver ghost() {
        if (ghost == null) {
            throw new IllegalStateException("no socket is in the way");
        }
        return ghost;
    }

    // ---- For the adapter, under its lock --------------------------------------------------------

    @Nullable
    RecoverableSession session() {
        return session;
    }

    long number() {
        return number;
    }

    /** What the client said that it received last. */
    Optional<Offset> offset() {
        return offset;
    }

    /** What it has, as far as that is known by now: everything up to this number. */
    long position() {
        return position;
    }

    long advanceTo(long known) {
        position = Math.max(position, known);
        return position;
    }

    void replayed(RecoverableSession.Missed part) {
        position = part.position();
        replayed += part.packets().size();
        if (!part.packets().isEmpty()) {
            handedOver = part.packets().get(part.packets().size() - 1).sequence();
        }
    }

    /** The number of the last packet that it was sent again. */
    long handedOver() {
        return handedOver;
    }

    void isHeldUpBy(Receiver socket) {
        ghost = socket;
    }

    void succeeds(Optional<Object> left) {
        keepsake = left;
    }

    void fails(FreshReason why, Optional<Object> left) {
        reason = why;
        keepsake = left;
    }
}
