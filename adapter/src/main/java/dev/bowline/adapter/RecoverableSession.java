package dev.bowline.adapter;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a socket may come back to: its id, the rooms that it is in, and how far its writes got. It outlives the socket
 * by the time that clients may be away. Guarded by the {@link RecoveryLog}'s lock.
 *
 * <p>A room that was left still counts for what went out there before: the client may have missed that too. The file is
 * long because the session has many sides and one state.
 */
final class RecoverableSession {
    /** So many rooms that were left are remembered, of those in which something went out meanwhile. */
    private static final int MOST_LEFT = 64;

    private static final int COST = 640;
    private static final int COST_PER_ROOM = 240;

    /** The half of an overdue packet: which room's turn it is. */
    private static final class Cursor {
        private final RoomLog room;
        private final long to;
        private int index;

        Cursor(RoomLog room, int index, long to) {
            this.room = room;
            this.index = index;
            this.to = to;
        }

        boolean isAtEnd() {
            return index == room.size() || room.at(index).sequence() > to;
        }

        long sequence() {
            return room.at(index).sequence();
        }
    }

    private final String pid;
    private final String id;
    private final RecoveringAdapter home;
    private final long start;
    private final Membership everyone;
    private final Membership own;
    private final Map<String, Membership> memberships = new LinkedHashMap<>(4);
    private List<Membership> left = List.of();

    /** Rooms have been forgotten that were left at or before this number. */
    private long floor;

    /** The newest packet of its own that was handed to its transport. */
    private long handedOver;

    private @Nullable Receiver receiver;

    // While it is away.
    private long leftAt;
    private long leftPosition;
    private @Nullable Object keepsake;
    private int keepsakeBytes;
    private Runnable onReleased = () -> {};

    // While it is claimed.
    private Set<Claim> claims = Set.of();
    private long claimedSince;
    private long claimedAt;
    private long newestBegun;

    RecoverableSession(String pid, Receiver receiver, RecoveringAdapter home, RoomLog everyone, long position) {
        this.pid = pid;
        this.id = receiver.id();
        this.home = home;
        this.start = position;
        this.receiver = receiver;
        this.everyone = new Membership("", everyone, position, Membership.STILL);
        this.own = new Membership("", new RoomLog(), position, Membership.STILL);
        everyone.known();
        own.room().known();
    }

    /** What was emitted to it alone: not to the room of its id, which others may be in, and which it may leave. */
    RoomLog own() {
        return own.room();
    }

    String pid() {
        return pid;
    }

    String id() {
        return id;
    }

    RecoveringAdapter home() {
        return home;
    }

    /** Its socket; null while it is away. */
    @Nullable
    Receiver receiver() {
        return receiver;
    }

    // ---- Rooms ----------------------------------------------------------------------------------

    /** The rooms that it is in, in the order in which it joined them. */
    Set<String> rooms() {
        return memberships.keySet();
    }

    void join(String name, RoomLog room, long position) {
        memberships.put(name, new Membership(name, room, position, Membership.STILL));
    }

    boolean isIn(String name) {
        return memberships.containsKey(name);
    }

    /** Leaves a room; what it returns is no longer known to it. */
    List<Membership> leave(String name, long position) {
        Membership membership = memberships.remove(name);
        if (membership == null) {
            return List.of();
        }
        Membership ended = membership.endedAt(position);
        if (!ended.matters()) {
            return List.of(ended);
        }
        List<Membership> remembered = new ArrayList<>(left);
        remembered.add(ended);
        List<Membership> forgotten = new ArrayList<>(0);
        if (remembered.size() > MOST_LEFT) {
            Membership oldest = remembered.remove(0);
            floor = Math.max(floor, oldest.to());
            forgotten.add(oldest);
        }
        left = remembered;
        return forgotten;
    }

    /** All that it knows, to be forgotten with it. */
    List<Membership> known() {
        List<Membership> known = new ArrayList<>(memberships.values());
        known.addAll(left);
        known.add(everyone);
        known.add(own);
        return known;
    }

    // ---- Comings and goings ---------------------------------------------------------------------

    /** What it costs to keep it while it is away, in bytes. */
    int cost() {
        int cost = COST + keepsakeBytes;
        for (Membership membership : memberships.values()) {
            cost += costOf(membership);
        }
        for (Membership membership : left) {
            cost += costOf(membership);
        }
        return cost;
    }

    private static int costOf(Membership membership) {
        return COST_PER_ROOM + 2 * membership.name().length();
    }

    /** Whether the options mean it. */
    boolean isMeantBy(BroadcastOptions options) {
        return (options.rooms().isEmpty() || options.rooms().stream().anyMatch(memberships::containsKey))
                && options.except().stream().noneMatch(memberships::containsKey);
    }

    void handedOver(long sequence) {
        handedOver = sequence;
    }

    void leaves(long now, long position, Object what, int bytes, Runnable whenReleased) {
        receiver = null;
        leftAt = now;
        leftPosition = position;
        keepsake = what;
        keepsakeBytes = bytes;
        onReleased = whenReleased;
    }

    /** What was left with it has come to cost more, or less. */
    void charge(int bytes) {
        keepsakeBytes = bytes;
    }

    void returns(Receiver socket) {
        receiver = socket;
        keepsake = null;
        keepsakeBytes = 0;
        onReleased = () -> {};
    }

    /** From when on it counts how long its client may be away. */
    long awaySince() {
        return isClaimed() && claimedAt - leftAt > 0 ? claimedAt : leftAt;
    }

    /** A client claims it, or has taken a part of what it missed. */
    void isClaimed(Claim claim, long now) {
        if (claims.isEmpty()) {
            claimedSince = now;
        }
        claimedAt = now;
        if (!claims.contains(claim)) {
            Set<Claim> more = new HashSet<>(claims);
            more.add(claim);
            claims = more;
        }
    }

    /** Says whether nobody claims it any more. */
    boolean isGivenUp(Claim claim) {
        return isClaimed() && claims.remove(claim) && !isClaimed();
    }

    void isClaimedNoMore() {
        claims = Set.of();
    }

    boolean isClaimed() {
        return !claims.isEmpty();
    }

    /** When the oldest claim that is not decided was made. */
    long claimedSince() {
        return claimedSince;
    }

    /** When somebody claimed it, or went on, for the last time. */
    long claimedAt() {
        return claimedAt;
    }

    /** A claim is followed; says whether a newer one is already. */
    boolean isOvertaken(Claim claim) {
        newestBegun = Math.max(newestBegun, claim.number());
        return claim.number() < newestBegun;
    }

    /** What the owner of its socket left with it. */
    Optional<Object> keepsake() {
        return Optional.ofNullable(keepsake);
    }

    /** To be called once it is forgotten, or its client is back; outside of any lock. */
    Runnable onReleased() {
        return onReleased;
    }

    // ---- What it has missed ---------------------------------------------------------------------

    /**
     * How far its client got. What a client says is checked against what the server knows: one that says nothing, or
     * something of another session, has received nothing in this one; one that got all that was ever handed over has
     * missed only what went out since it left, even if its offset is old because nobody spoke to it.
     */
    long position(Optional<Offset> offset, String epoch, long newest) {
        long received = offset.filter(it -> it.epoch().equals(epoch) && it.sequence() <= newest)
                .map(it -> Math.max(start, it.sequence()))
                .orElse(start);
        if (receiver != null) {
            return received;
        }
        return received >= handedOver ? Math.max(received, leftPosition) : received;
    }

    /** Whether some of what went out after that number may have left the log. */
    boolean isTrimmedAfter(long position) {
        if (position < floor || everyone.isTrimmedAfter(position) || own.isTrimmedAfter(position)) {
            return true;
        }
        for (Membership membership : memberships.values()) {
            if (membership.isTrimmedAfter(position)) {
                return true;
            }
        }
        for (Membership membership : left) {
            if (membership.to() > position && membership.isTrimmedAfter(position)) {
                return true;
            }
        }
        return false;
    }

    /**
     * A part of what went out to it.
     *
     * @param packets in order
     * @param position up to where it was looked
     * @param isLast whether there is nothing behind that
     */
    record Missed(List<LoggedPacket> packets, long position, boolean isLast) {}

    /**
     * What went out to it after that number, until that is so many bytes; no more than so many packets are looked at,
     * those among them from which it was excepted.
     */
    Missed missedAfter(long position, long maxBytes, int mostLookedAt) {
        PriorityQueue<Cursor> turns = new PriorityQueue<>(Comparator.comparingLong(Cursor::sequence));
        for (Membership membership : known()) {
            RoomLog room = membership.room();
            Cursor cursor = new Cursor(room, room.firstAfter(Math.max(position, membership.from())), membership.to());
            if (!cursor.isAtEnd()) {
                turns.add(cursor);
            }
        }
        List<LoggedPacket> missed = new ArrayList<>();
        long bytes = 0;
        long newest = position;
        for (int looked = 0; !turns.isEmpty() && bytes < maxBytes && looked < mostLookedAt; looked++) {
            Cursor turn = turns.remove();
            LoggedPacket packet = turn.room.at(turn.index++);
            if (!turn.isAtEnd()) {
                turns.add(turn);
            }
            if (packet.sequence() > newest && !isExcepted(packet)) {
                missed.add(packet);
                bytes += packet.packets().byteLength();
            }
            newest = packet.sequence();
        }
        return new Missed(missed, newest, turns.isEmpty());
    }

    private boolean isExcepted(LoggedPacket packet) {
        if (packet.except().isEmpty()) {
            return false;
        }
        for (String name : packet.except()) {
            Membership membership = memberships.get(name);
            if (membership != null && membership.covers(packet.sequence())) {
                return true;
            }
        }
        for (Membership membership : left) {
            if (packet.except().contains(membership.name()) && membership.covers(packet.sequence())) {
                return true;
            }
        }
        return false;
    }
}
