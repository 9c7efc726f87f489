package dev.bowline.adapter;

import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The rooms of one namespace on a single node, with a {@link RecoveryLog}: whatever changes them, or goes out to them,
 * passes the log's lock. Rooms themselves are those of an {@link InMemoryAdapter}.
 */
final class RecoveringAdapter implements SessionAwareAdapter, LocalAdapter {
    private static final int MOST_LOOKED_AT = 1_000;

    private final RecoveryLog log;
    private final InMemoryAdapter sockets;

    // Guarded by the log's lock.
    private final Map<String, RecoverableSession> byId = new HashMap<>();
    private final Map<String, RoomLog> rooms = new HashMap<>();
    private final RoomLog everyone = new RoomLog();

    RecoveringAdapter(AdapterContext context, RecoveryLog log) {
        this.log = log;
        this.sockets = new InMemoryAdapter(context);
    }

    /** The number of rooms, own rooms included, that a socket is in. */
    int roomCount() {
        return sockets.roomCount();
    }

    /** The number of rooms that a session knows. */
    int roomLogCount() {
        log.lock();
        try {
            return rooms.size();
        } finally {
            log.unlock();
        }
    }

    // ---- The rooms of this node -----------------------------------------------------------------

    @Override
    public void add(Receiver socket) {
        log.lock();
        try {
            sockets.add(socket);
        } finally {
            log.unlock();
        }
    }

    @Override
    public String pid(String secret) {
        return log.epoch() + '-' + secret;
    }

    @Override
    public void add(Receiver socket, String pid) {
        log.lock();
        try {
            sockets.add(socket);
            var session = new RecoverableSession(pid, socket, this, everyone, log.newest());
            log.begin(session);
            byId.put(socket.id(), session);
            enter(session, Set.of(socket.id()));
        } finally {
            log.unlock();
        }
    }

    @Override
    public void remove(Receiver socket) {
        log.lock();
        try {
            sockets.remove(socket);
            RecoverableSession session = byId.get(socket.id());
            if (session != null && session.receiver() == socket) {
                log.end(session, FreshReason.NOT_RECOVERABLE);
            }
        } finally {
            log.unlock();
        }
    }

    @Override
    public void join(String id, Set<String> wanted) {
        log.lock();
        try {
            RecoverableSession session = byId.get(id);
            if (session != null && session.receiver() != null) {
                enter(session, wanted);
            }
            sockets.join(id, wanted);
        } finally {
            log.unlock();
        }
    }

    private void enter(RecoverableSession session, Set<String> wanted) {
        for (String name : wanted) {
            if (!session.isIn(name)) {
                RoomLog room = rooms.computeIfAbsent(name, key -> new RoomLog());
                room.known();
                session.join(name, room, log.newest());
            }
        }
    }

    @Override
    public void leave(String id, String name) {
        log.lock();
        try {
            RecoverableSession session = byId.get(id);
            if (session != null && session.receiver() != null) {
                forget(session.leave(name, log.newest()));
            }
            sockets.leave(id, name);
        } finally {
            log.unlock();
        }
    }

    /** A session is no more. Under the lock. */
    void forget(RecoverableSession session) {
        byId.remove(session.id(), session);
        forget(session.known());
    }

    private void forget(List<Membership> memberships) {
        for (Membership membership : memberships) {
            if (membership.room().forgotten()) {
                rooms.remove(membership.name(), membership.room());
            }
        }
    }

    @Override
    public Set<String> rooms() {
        return sockets.rooms();
    }

    @Override
    public Set<String> rooms(String id) {
        return sockets.rooms(id);
    }

    @Override
    public Set<String> sockets(Set<String> wanted) {
        return sockets.sockets(wanted);
    }

    // ---- What goes out --------------------------------------------------------------------------

    @Override
    public void broadcast(Packet packet, BroadcastOptions options) {
        InMemoryAdapter.Deliveries deliveries = handOver(packet, options);
        deliveries.drain();
        deliveries.tell();
        deliveries.awaitRoom();
    }

    @Override
    public PacketGroup emit(String id, Packet packet, BroadcastOptions how) {
        InMemoryAdapter.Deliveries deliveries = handOver(id, packet, how);
        deliveries.drain();
        deliveries.awaitRoom();
        return deliveries.encoded();
    }

    private InMemoryAdapter.Deliveries handOver(String id, Packet packet, BroadcastOptions how) {
        log.lock();
        try {
            RecoverableSession session = byId.get(id);
            if (session == null || how.droppable()) {
                InMemoryAdapter.Deliveries passing = sockets.deliveries(packet, how.flagged(log.inPassing(packet)));
                if (session != null && session.receiver() != null) {
                    passing.add(session.receiver());
                }
                return passing;
            }
            InMemoryAdapter.Deliveries kept = sockets.deliveries(packet, log.keep(packet, how, List.of(session.own())));
            if (session.receiver() != null) {
                kept.add(session.receiver());
                session.handedOver(log.newest());
            }
            return kept;
        } finally {
            log.unlock();
        }
    }

    private InMemoryAdapter.Deliveries handOver(Packet packet, BroadcastOptions options) {
        log.lock();
        try {
            long before = log.newest();
            PacketGroup encoded = options.droppable()
                    ? options.flagged(log.inPassing(packet))
                    : log.keep(packet, options, roomLogs(options.rooms()));
            boolean kept = log.newest() > before;
            if (kept) {
                options.except().forEach(this::exceptedNow);
            }
            InMemoryAdapter.Deliveries deliveries = sockets.deliveries(packet, encoded);
            sockets.select(options, socket -> {
                deliveries.add(socket);
                if (kept) {
                    RecoverableSession session = byId.get(socket.id());
                    if (session != null) {
                        session.handedOver(log.newest());
                    }
                }
            });
            return deliveries;
        } finally {
            log.unlock();
        }
    }

    private void exceptedNow(String name) {
        RoomLog room = rooms.get(name);
        if (room != null) {
            room.excepted(log.newest());
        }
    }

    private List<RoomLog> roomLogs(Set<String> names) {
        if (names.isEmpty()) {
            return byId.isEmpty() ? List.of() : List.of(everyone);
        }
        List<RoomLog> found = new ArrayList<>(names.size());
        for (String name : names) {
            RoomLog room = rooms.get(name);
            if (room != null) {
                found.add(room);
            }
        }
        return found;
    }

    @Override
    public String position(Claim claim) {
        log.lock();
        try {
            return new Offset(log.epoch(), claim.session() == null ? log.newest() : claim.position()).toString();
        } finally {
            log.unlock();
        }
    }

    // ---- Who comes back -------------------------------------------------------------------------

    @Override
    public Claim claim(String pid, Optional<String> text) {
        Optional<Offset> offset = text.flatMap(Offset::parse);
        log.lock();
        try {
            RecoverableSession session = log.session(pid);
            if (session == null || session.home() != this) {
                return Claim.none(log.fate(pid));
            }
            if (log.isExpired(session)) {
                log.end(session, FreshReason.EXPIRED);
                return Claim.none(FreshReason.EXPIRED);
            }
            Claim claim = log.claim(session, offset);
            claim.advanceTo(session.position(offset, log.epoch(), log.newest()));
            return claim;
        } finally {
            log.unlock();
        }
    }

    @Override
    public Step resume(Claim claim, Receiver socket, Set<String> joins, Limits limits, Handover handover) {
        log.lock();
        try {
            RecoverableSession session = claim.session();
            if (session == null || log.session(session.pid()) != session) {
                return lost(claim, log.fate(session == null ? "" : session.pid()));
            }
            if (session.isOvertaken(claim)) {
                log.givesUp(session, claim);
                return Step.OVERTAKEN;
            }
            Receiver ghost = session.receiver();
            if (ghost != null) {
                claim.isHeldUpBy(ghost);
                return Step.GHOST;
            }
            if (log.isExpired(session)) {
                return lost(claim, FreshReason.EXPIRED);
            }
            long position = claim.advanceTo(session.position(claim.offset(), log.epoch(), log.newest()));
            if (session.isTrimmedAfter(position)) {
                return lost(claim, FreshReason.TRIMMED);
            }
            RecoverableSession.Missed part = session.missedAfter(position, limits.partBytes(), MOST_LOOKED_AT);
            part.packets().forEach(packet -> handover.missed(packet.packets()));
            claim.replayed(part);
            log.goesOn(session, claim);
            return part.isLast() ? in(session, claim, socket, allowed(session, joins, limits), handover) : Step.MORE;
        } finally {
            log.unlock();
        }
    }

    /** All of what it wants to join, or nothing, as at a join. */
    private static Set<String> allowed(RecoverableSession session, Set<String> joins, Limits limits) {
        Set<String> all = new LinkedHashSet<>(session.rooms());
        all.addAll(joins);
        return all.size() - 1 <= limits.rooms() ? joins : Set.of();
    }

    private Step in(RecoverableSession session, Claim claim, Receiver socket, Set<String> joins, Handover handover) {
        handover.complete();
        log.returns(session);
        claim.succeeds(session.keepsake());
        Set<String> wanted = new LinkedHashSet<>(session.rooms());
        wanted.addAll(joins);
        if (claim.replayed() > 0) {
            session.handedOver(claim.handedOver());
        }
        session.returns(socket);
        enter(session, joins);
        sockets.add(socket);
        sockets.join(socket.id(), wanted);
        return Step.IN;
    }

    private Step lost(Claim claim, FreshReason reason) {
        RecoverableSession session = claim.session();
        claim.fails(reason, session == null ? Optional.empty() : session.keepsake());
        if (session != null) {
            log.end(session, reason);
        }
        return Step.LOST;
    }

    @Override
    public void giveUp(Claim claim) {
        log.lock();
        try {
            RecoverableSession session = claim.session();
            if (session != null) {
                log.givesUp(session, claim);
            }
        } finally {
            log.unlock();
        }
    }

    @Override
    public void suspend(Receiver socket, Object keepsake, int bytes, Runnable onReleased) {
        log.lock();
        try {
            sockets.remove(socket);
            RecoverableSession session = byId.get(socket.id());
            if (session != null && session.receiver() == socket) {
                session.leaves(log.now(), log.newest(), keepsake, bytes, onReleased);
                log.leaves(session);
            }
        } finally {
            log.unlock();
        }
    }

    @Override
    public void charge(String id, int bytes) {
        ifAway(id, session -> log.changes(session, () -> session.charge(bytes)));
    }

    @Override
    public void forget(String id) {
        ifAway(id, session -> log.end(session, FreshReason.NOT_RECOVERABLE));
    }

    @Override
    public void forget(String id, String room) {
        ifAway(id, session -> log.changes(session, () -> forget(session.leave(room, log.newest()))));
    }

    private void ifAway(String id, Consumer<RecoverableSession> task) {
        log.lock();
        try {
            RecoverableSession session = byId.get(id);
            if (session != null && session.receiver() == null) {
                task.accept(session);
            }
        } finally {
            log.unlock();
        }
    }

    private void forEachAway(BroadcastOptions options, Consumer<RecoverableSession> task) {
        for (RecoverableSession session : log.away()) {
            // One that is not here any more had to make way for another, or is of another namespace.
            if (byId.get(session.id()) == session && session.isMeantBy(options)) {
                task.accept(session);
            }
        }
    }

    /** Those who are away are thrown out too. */
    @Override
    public void disconnectSockets(BroadcastOptions options, boolean closeConnection) {
        sockets.disconnectSockets(options, closeConnection);
        log.lock();
        try {
            forEachAway(options, session -> log.end(session, FreshReason.NOT_RECOVERABLE));
        } finally {
            log.unlock();
        }
    }

    /** Who is away finds itself in those rooms. */
    @Override
    public void socketsJoin(BroadcastOptions options, Set<String> wanted) {
        log.lock();
        try {
            sockets.selected(options).forEach(socket -> join(socket.id(), wanted));
            forEachAway(options, session -> log.changes(session, () -> enter(session, wanted)));
        } finally {
            log.unlock();
        }
    }

    /** Who is away is not in those rooms any more; what was said there before, it still gets. */
    @Override
    public void socketsLeave(BroadcastOptions options, Set<String> unwanted) {
        log.lock();
        try {
            sockets.selected(options).forEach(socket -> unwanted.forEach(room -> leave(socket.id(), room)));
            forEachAway(
                    options,
                    session -> log.changes(
                            session, () -> unwanted.forEach(room -> forget(session.leave(room, log.newest())))));
        } finally {
            log.unlock();
        }
    }

    // ---- What is the same without recovery ------------------------------------------------------

    @Override
    public CompletionStage<Answers<Answer>> broadcastWithAck(
            Packet packet, BroadcastOptions options, Duration timeout) {
        return sockets.broadcastWithAck(packet, options, timeout);
    }

    @Override
    public void broadcastWithAck(Packet packet, BroadcastOptions options, Duration timeout, AnswerListener listener) {
        sockets.broadcastWithAck(packet, options, timeout, listener);
    }

    @Override
    public CompletionStage<Answers<SocketDetails>> fetchSockets(BroadcastOptions options, Duration timeout) {
        return sockets.fetchSockets(options, timeout);
    }

    @Override
    public void serverSideEmit(Payload event) {
        sockets.serverSideEmit(event);
    }

    @Override
    public CompletionStage<Answers<Answer>> serverSideEmitWithAck(Payload event, Duration timeout) {
        return sockets.serverSideEmitWithAck(event, timeout);
    }

    @Override
    public CompletionStage<Integer> serverCount() {
        return sockets.serverCount();
    }

    @Override
    public void close() {
        log.lock();
        try {
            List.copyOf(byId.values()).forEach(session -> log.end(session, FreshReason.NEVER_SEEN));
            sockets.close();
        } finally {
            log.unlock();
        }
    }
}
