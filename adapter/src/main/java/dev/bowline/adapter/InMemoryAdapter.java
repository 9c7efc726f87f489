package dev.bowline.adapter;

import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.PacketEncoder;
import dev.bowline.core.packet.Payload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The adapter of a single node.
 *
 * <p>Two maps mirror each other: a socket's rooms and a room's sockets. Each change runs inside
 * {@code members.compute} of the socket it concerns, so that a join can never follow the removal of its
 * socket; the room's side is changed within. Lock order: socket, then room.
 */
public final class InMemoryAdapter implements LocalAdapter {
    private record Member(Receiver socket, Set<String> rooms) {}

    private final Map<String, Member> members = new ConcurrentHashMap<>();
    private final Map<String, Map<String, Receiver>> rooms = new ConcurrentHashMap<>();

    private final AdapterContext context;

    /** An adapter without sockets. */
    public InMemoryAdapter(AdapterContext context) {
        this.context = context;
    }

    @Override
    public void add(Receiver socket) {
        members.compute(socket.id(), (id, existing) -> {
            if (existing != null) {
                throw new IllegalStateException("a socket of this id is here already");
            }
            enter(id, socket);
            return new Member(socket, Set.of(id));
        });
    }

    @Override
    public void remove(Receiver socket) {
        members.computeIfPresent(socket.id(), (id, member) -> {
            if (member.socket() != socket) {
                return member;
            }
            member.rooms().forEach(room -> exit(room, id));
            return null;
        });
    }

    @Override
    public void join(String id, Set<String> wanted) {
        members.computeIfPresent(id, (key, member) -> {
            if (member.rooms().containsAll(wanted)) {
                return member;
            }
            Set<String> joined = new LinkedHashSet<>(member.rooms());
            for (String room : wanted) {
                if (joined.add(room)) {
                    enter(room, member.socket());
                }
            }
            return new Member(member.socket(), joined);
        });
    }

    @Override
    public void leave(String id, String room) {
        members.computeIfPresent(id, (key, member) -> {
            Set<String> remaining = new LinkedHashSet<>(member.rooms());
            if (remaining.remove(room)) {
                exit(room, id);
            }
            return new Member(member.socket(), remaining);
        });
    }

    private void enter(String room, Receiver socket) {
        rooms.compute(room, (name, sockets) -> {
            if (sockets == null) {
                context.rooms().created(room);
            }
            Map<String, Receiver> changed = with(sockets, socket);
            context.rooms().joined(room, socket.id());
            return changed;
        });
    }

    /** Most rooms are those of one socket, and stay so: then a map that cannot grow does. */
    private static Map<String, Receiver> with(@Nullable Map<String, Receiver> sockets, Receiver added) {
        if (sockets == null) {
            return Map.of(added.id(), added);
        }
        Map<String, Receiver> changed =
                sockets instanceof ConcurrentMap<String, Receiver> ? sockets : new ConcurrentHashMap<>(sockets);
        changed.put(added.id(), added);
        return changed;
    }

    private void exit(String room, String id) {
        rooms.computeIfPresent(room, (name, sockets) -> {
            if (!sockets.containsKey(id)) {
                return sockets;
            }
            context.rooms().left(room, id);
            if (sockets.size() == 1) {
                context.rooms().deleted(room);
                return null;
            }
            sockets.remove(id);
            return sockets;
        });
    }

    @Override
    public Set<String> rooms(String id) {
        Member member = members.get(id);
        return member == null ? Set.of() : Collections.unmodifiableSet(member.rooms());
    }

    @Override
    public Set<String> sockets(Set<String> wanted) {
        Set<String> ids = new HashSet<>();
        select(BroadcastOptions.EVERYONE.andTo(wanted), socket -> ids.add(socket.id()));
        return Set.copyOf(ids);
    }

    @Override
    public Set<String> rooms() {
        return Set.copyOf(rooms.keySet());
    }

    /** The number of rooms, own rooms included: zero once every socket has gone. */
    public int roomCount() {
        return rooms.size();
    }

    @Override
    public void broadcast(Packet packet, BroadcastOptions options) {
        PacketGroup encoded = options.flagged(PacketEncoder.encode(packet));
        Deliveries deliveries = deliveries(packet, encoded);
        select(options, deliveries::add);
        deliveries.run();
    }

    /** What a broadcast owes, to be filled with its receivers. */
    Deliveries deliveries(Packet packet, PacketGroup encoded) {
        return new Deliveries(packet, encoded);
    }

    @Override
    public CompletionStage<Answers<Answer>> broadcastWithAck(
            Packet packet, BroadcastOptions options, Duration timeout) {
        var gathering = new Gathering(context.maxAnswerBytes());
        broadcastWithAck(packet, options, timeout, gathering);
        return gathering.result();
    }

    @Override
    public void broadcastWithAck(Packet packet, BroadcastOptions options, Duration timeout, AnswerListener listener) {
        long ackId = context.nextAckId();
        Packet asking = packet.withId(ackId);
        PacketGroup encoded = options.flagged(PacketEncoder.encode(asking));
        // Who is asked is known, and told, before the first of them can answer.
        List<Receiver> receivers = selected(options);
        new PendingAnswers(ackId, listener).begin(receivers, context.timer(), timeout);
        Deliveries deliveries = deliveries(asking, encoded);
        receivers.forEach(deliveries::add);
        deliveries.run();
    }

    /**
     * What a broadcast owes once all have their packets: a drain, in one task for each event loop, a word to those who
     * listen, and some patience with those who are behind. Filling it may happen under a lock; nothing else may.
     */
    final class Deliveries {
        private final Packet packet;
        private final PacketGroup encoded;
        private final Map<Executor, List<Receiver>> owed = new HashMap<>();
        private final List<Receiver> behind = new ArrayList<>(0);
        private final List<Receiver> listening = new ArrayList<>(0);
        private int receivers;

        private Deliveries(Packet packet, PacketGroup encoded) {
            this.packet = packet;
            this.encoded = encoded;
        }

        void add(Receiver socket) {
            receivers++;
            if (socket.enqueue(packet, encoded)) {
                owed.computeIfAbsent(socket.loop(), loop -> new ArrayList<>()).add(socket);
            }
            if (socket.isBehind()) {
                behind.add(socket);
            }
            if (socket.isListenedTo()) {
                listening.add(socket);
            }
        }

        PacketGroup encoded() {
            return encoded;
        }

        void run() {
            drain();
            tell();
            awaitRoom();
        }

        void drain() {
            owed.forEach((loop, sockets) -> loop.execute(() -> sockets.forEach(Receiver::drain)));
            listening.forEach(socket -> socket.goesOut(packet));
        }

        void tell() {
            context.delivered(packet, encoded, receivers);
        }

        void awaitRoom() {
            if (!behind.isEmpty()) {
                int share = encoded.byteLength() / behind.size();
                behind.forEach(socket -> socket.awaitRoom(share));
            }
        }
    }

    @Override
    public CompletionStage<Answers<SocketDetails>> fetchSockets(BroadcastOptions options, Duration timeout) {
        List<SocketDetails> details = new ArrayList<>();
        select(options, socket -> details.add(socket.details()));
        return CompletableFuture.completedFuture(Answers.complete(details));
    }

    @Override
    public void socketsJoin(BroadcastOptions options, Set<String> wanted) {
        selected(options).forEach(socket -> join(socket.id(), wanted));
    }

    @Override
    public void socketsLeave(BroadcastOptions options, Set<String> unwanted) {
        selected(options).forEach(socket -> unwanted.forEach(room -> leave(socket.id(), room)));
    }

    @Override
    public void disconnectSockets(BroadcastOptions options, boolean closeConnection) {
        selected(options).forEach(socket -> socket.disconnect(closeConnection));
    }

    /** Nobody is there to hear it. */
    @Override
    public void serverSideEmit(Payload event) {}

    @Override
    public CompletionStage<Answers<Answer>> serverSideEmitWithAck(Payload event, Duration timeout) {
        return CompletableFuture.completedFuture(Answers.complete(List.of()));
    }

    @Override
    public CompletionStage<Integer> serverCount() {
        return CompletableFuture.completedFuture(1);
    }

    List<Receiver> selected(BroadcastOptions options) {
        List<Receiver> sockets = new ArrayList<>();
        select(options, sockets::add);
        return sockets;
    }

    void select(BroadcastOptions options, Consumer<Receiver> action) {
        Set<String> excluded = excludedIds(options.except());
        if (options.rooms().isEmpty()) {
            members.forEach((id, member) -> {
                if (!excluded.contains(id)) {
                    action.accept(member.socket());
                }
            });
            return;
        }
        Set<String> seen = options.rooms().size() == 1 ? excluded : new HashSet<>(excluded);
        for (String room : options.rooms()) {
            rooms.getOrDefault(room, Map.of()).forEach((id, socket) -> {
                if (options.rooms().size() == 1 ? !seen.contains(id) : seen.add(id)) {
                    action.accept(socket);
                }
            });
        }
    }

    private Set<String> excludedIds(Set<String> except) {
        if (except.isEmpty()) {
            return Set.of();
        }
        Set<String> ids = new HashSet<>();
        except.forEach(room -> ids.addAll(rooms.getOrDefault(room, Map.of()).keySet()));
        return ids;
    }

    @Override
    public void close() {
        members.clear();
        rooms.clear();
    }
}
