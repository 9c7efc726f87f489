package dev.bowline.adapter;

import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.PacketEncoder;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a server sent, by room, and the sessions to which clients may come back; one for all of its namespaces, in the
 * memory of this node.
 *
 * <p>One lock puts everything in one order: what goes out, who is in which room, who comes and goes. It is held while a
 * packet gets its number and is put into the mailboxes of its receivers, because a client's offset says that it has
 * everything before: two packets must not reach a mailbox in another order than that of their numbers. Nothing is
 * written, nobody waits and no foreign code runs under it.
 *
 * <p>Bounds: nothing is older than {@code maxAge}, no session is away for longer than {@code within}, and packets and
 * absent sessions together cost no more than {@code maxBytes}; beyond, whatever is oldest goes. While a client that
 * came in time takes what it missed, time ends neither its session nor what is for it in the log; but it has to take
 * some of it {@code within} that time again. Safe for any thread. The file is long because all of this weighs on one
 * another: what makes room for what.
 */
public final class RecoveryLog {
    private static final int MOST_ENDED = 10_000;
    private static final int TRIMMED_AT_ONCE = 1_000;

    private final Duration within;
    private final long maxAgeNanos;
    private final long maxBytes;
    private final LongSupplier nanoTime;
    private final String epoch = newEpoch();
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.
    private final Deque<LoggedPacket> packets = new ArrayDeque<>();
    private final Map<String, RecoverableSession> sessions = new HashMap<>();
    private final Set<RecoverableSession> away = new LinkedHashSet<>(); // whose time is over first is first
    private final Set<RecoverableSession> claimed = new LinkedHashSet<>(); // who was claimed first is first
    private final Map<String, FreshReason> ended = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, FreshReason> eldest) {
            return size() > MOST_ENDED;
        }
    };
    private final List<Runnable> farewells = new ArrayList<>(0);
    private long newest;
    private long bytes;
    private long claims;

    /**
     * An empty log.
     *
     * @param within how long a client may be away
     * @param maxAge how long a packet is kept, which is more: it may have been written to a link that was dead already
     * @param maxBytes what packets and absent sessions may cost together
     * @param nanoTime the time, as {@link System#nanoTime}
     */
    public RecoveryLog(Duration within, Duration maxAge, long maxBytes, LongSupplier nanoTime) {
        this.within = within;
        this.maxAgeNanos = maxAge.toNanos();
        this.maxBytes = maxBytes;
        this.nanoTime = nanoTime;
    }

    private static String newEpoch() {
        byte[] bits = new byte[6];
        new SecureRandom().nextBytes(bits);
        return Base64.getUrlEncoder().encodeToString(bits);
    }

    /** An adapter of one namespace, whose sockets this log knows. */
    public SessionAwareAdapter adapter(AdapterContext context) {
        return new RecoveringAdapter(context, this);
    }

    /**
     * The same for an adapter of a cluster to stand on: it is a {@link SessionAwareAdapter} too.
     *
     * @param also hears how its rooms change, after those that the context names
     */
    public LocalAdapter local(AdapterContext context, RoomListener also) {
        return new RecoveringAdapter(new ToldTwice(context, also), this);
    }

    /** What packets and absent sessions cost together, in bytes. Any thread. */
    public long bytes() {
        lock();
        try {
            return bytes;
        } finally {
            unlock();
        }
    }

    /** The number of sessions whose clients are away. Any thread. */
    public int awayCount() {
        lock();
        try {
            return away.size();
        } finally {
            unlock();
        }
    }

    /** Forgets what is too old. To be called now and then; nothing that is too old serves anybody meanwhile. */
    public void sweep() {
        boolean done;
        do {
            lock();
            try {
                done = dropOld(TRIMMED_AT_ONCE);
            } finally {
                unlock();
            }
        } while (!done);
    }

    // ---- For the adapters -----------------------------------------------------------------------

    void lock() {
        lock.lock();
    }

    /** Tells, where this was the outermost, those whose sessions are not away any more. */
    void unlock() {
        List<Runnable> told = List.of();
        if (lock.getHoldCount() == 1 && !farewells.isEmpty()) {
            told = List.copyOf(farewells);
            farewells.clear();
        }
        lock.unlock();
        told.forEach(Runnable::run);
    }

    /** The number of the newest packet. */
    long newest() {
        return newest;
    }

    String epoch() {
        return epoch;
    }

    long now() {
        return nanoTime.getAsLong();
    }

    /** The event with the present position for its offset, which is not kept. */
    PacketGroup inPassing(Packet event) {
        return PacketEncoder.encodeWithOffset(event, new Offset(epoch, newest).toString());
    }

    /**
     * Numbers an event, and keeps it for the sessions in those rooms.
     *
     * @param rooms where sessions are that it may concern
     */
    PacketGroup keep(Packet event, BroadcastOptions options, List<RoomLog> rooms) {
        if (rooms.isEmpty()) {
            return options.flagged(inPassing(event));
        }
        long sequence = newest + 1;
        PacketGroup encoded =
                options.flagged(PacketEncoder.encodeWithOffset(event, new Offset(epoch, sequence).toString()));
        int cost = LoggedPacket.cost(encoded, rooms.size(), options.except());
        newest = sequence;
        dropOld(2);
        while (bytes + cost > maxBytes && dropOldest()) {
            // Until there is room, or nothing left.
        }
        if (bytes + cost > maxBytes) {
            rooms.forEach(room -> room.missed(sequence));
            return encoded;
        }
        var packet = new LoggedPacket(sequence, now(), encoded, List.copyOf(rooms), options.except(), cost);
        packets.add(packet);
        rooms.forEach(room -> room.add(packet));
        bytes += cost;
        return encoded;
    }

    // ---- Sessions -------------------------------------------------------------------------------

    void begin(RecoverableSession session) {
        sessions.put(session.pid(), session);
    }

    @Nullable
    RecoverableSession session(String pid) {
        return sessions.get(pid);
    }

    /** What became of a session that is not here any more. */
    FreshReason fate(String pid) {
        FreshReason known = ended.get(pid);
        if (known != null) {
            return known;
        }
        return pid.startsWith(epoch + '-') ? FreshReason.NEVER_SEEN : FreshReason.UNKNOWN_EPOCH;
    }

    boolean isExpired(RecoverableSession session) {
        return session.receiver() == null && now() - session.awaySince() > within.toNanos();
    }

    /** A claim to a session, which holds so far. */
    Claim claim(RecoverableSession session, Optional<Offset> offset) {
        Claim claim = Claim.to(session, offset, ++claims);
        goesOn(session, claim);
        return claim;
    }

    /** A client claims a session, or has taken a part of what it missed: it has its time again. */
    void goesOn(RecoverableSession session, Claim claim) {
        session.isClaimed(claim, now());
        claimed.add(session);
        if (away.remove(session)) {
            away.add(session);
        }
    }

    /** Nobody follows that claim any more. */
    void givesUp(RecoverableSession session, Claim claim) {
        if (session.isGivenUp(claim)) {
            claimed.remove(session);
            if (isExpired(session)) {
                end(session, FreshReason.EXPIRED);
            }
        }
    }

    /** Who is away at this moment, of all namespaces. */
    List<RecoverableSession> away() {
        return List.copyOf(away);
    }

    void leaves(RecoverableSession session) {
        away.add(session);
        bytes += session.cost();
        makeItFit();
    }

    /** Something of a session that is away changes. */
    void changes(RecoverableSession session, Runnable change) {
        bytes -= session.cost();
        change.run();
        bytes += session.cost();
        makeItFit();
    }

    private void makeItFit() {
        while (bytes > maxBytes && dropOldest()) {
            // Until it fits, or is dropped itself.
        }
    }

    /** It is not away any more. */
    void returns(RecoverableSession session) {
        claimed.remove(session);
        session.isClaimedNoMore();
        if (away.remove(session)) {
            bytes -= session.cost();
            farewells.add(session.onReleased());
        }
    }

    /** A session is no more, for that reason. */
    void end(RecoverableSession session, FreshReason reason) {
        if (sessions.remove(session.pid()) != null) {
            returns(session);
            ended.put(session.pid(), reason);
            session.home().forget(session);
        }
    }

    // ---- Bounds ---------------------------------------------------------------------------------

    /** Says whether that was all. */
    private boolean dropOld(int most) {
        for (int i = 0; i < most; i++) {
            LoggedPacket oldest = packets.peek();
            RecoverableSession first = first(away);
            if (first != null && isExpired(first)) {
                end(first, FreshReason.EXPIRED);
            } else if (oldest != null && isTooOld(oldest)) {
                trim(packets.remove());
            } else {
                return true;
            }
        }
        return false;
    }

    /** What a client could have got when it claimed its session is there until it has it. */
    private boolean isTooOld(LoggedPacket packet) {
        long now = now();
        for (RecoverableSession first = first(claimed); first != null; first = first(claimed)) {
            if (now - first.claimedAt() <= within.toNanos()) {
                return first.claimedSince() - packet.at() > maxAgeNanos;
            }
            claimed.remove(first);
            first.isClaimedNoMore();
        }
        return now - packet.at() > maxAgeNanos;
    }

    /** The oldest packet goes, or the session that has been away for longer than that is old; says whether there was any. */
    private boolean dropOldest() {
        LoggedPacket oldest = packets.peek();
        RecoverableSession first = first(away);
        if (first != null && (oldest == null || first.awaySince() - oldest.at() < 0)) {
            end(first, FreshReason.TRIMMED);
        } else if (oldest != null) {
            trim(packets.remove());
        } else {
            return false;
        }
        return true;
    }

    private static @Nullable RecoverableSession first(Set<RecoverableSession> ordered) {
        Iterator<RecoverableSession> all = ordered.iterator();
        return all.hasNext() ? all.next() : null;
    }

    private void trim(LoggedPacket oldest) {
        bytes -= oldest.cost();
        for (RoomLog room : oldest.rooms()) {
            room.trim(oldest.sequence());
        }
    }
}
