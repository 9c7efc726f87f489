package dev.bowline.server.transport;

import dev.bowline.core.engine.ProtocolRevision;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The polls that may still come of sessions whose clients have left: a client may poll and, at the same moment on
 * another link, POST its close, and the POST may be the faster one. Where one thread reads all links that is rare; here
 * the two links may live on two event loops. Safe for any thread.
 *
 * <p>Of the session nothing is kept but its id and revision. What is no longer expected goes when the next one comes, so no timer is
 * needed, and there are never more than {@link #MOST}.
 */
final class LatePolls {
    /** A link whose first packet was lost tries again after a second (RFC 6298, section 2), and needs a moment then. */
    static final Duration PATIENCE = Duration.ofSeconds(2);

    /** As many sessions as may open by default within {@link #PATIENCE}; of more, those that left first are given up. */
    static final int MOST = 10_000;

    private record Expected(ProtocolRevision revision, long since) {}

    private final LongSupplier clock;

    /** By session id, in the order in which the clients left. Guarded by this. */
    private final Map<String, Expected> expected = new LinkedHashMap<>();

    LatePolls(LongSupplier clock) {
        this.clock = clock;
    }

    /** A client has left while no poll of it was held. */
    synchronized void expect(String sid, ProtocolRevision revision) {
        long now = clock.getAsLong();
        expected.remove(sid);
        Iterator<Expected> eldest = expected.values().iterator();
        while (eldest.hasNext() && (isOver(eldest.next(), now) || expected.size() >= MOST)) {
            eldest.remove();
        }
        expected.put(sid, new Expected(revision, now));
    }

    /** A poll has come of a session that is not there; says whether it was expected, which the next one is not. */
    synchronized boolean take(String sid, ProtocolRevision revision) {
        @Nullable Expected poll = expected.get(sid);
        if (poll == null || poll.revision() != revision) {
            return false;
        }
        expected.remove(sid);
        return !isOver(poll, clock.getAsLong());
    }

    private static boolean isOver(Expected poll, long now) {
        return now - poll.since() >= PATIENCE.toNanos();
    }

    /** How many are expected, or were until a moment ago. */
    synchronized int size() {
        return expected.size();
    }
}
