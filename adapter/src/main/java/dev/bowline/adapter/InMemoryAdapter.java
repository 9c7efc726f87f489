package dev.bowline.adapter;

import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.PacketEncoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The adapter of a single node.
 *
 * <p>Two maps mirror each other: a socket's rooms and a room's sockets. Each change runs inside
 * {@code members.compute} of the socket it concerns, so that a join can never follow the removal of its
 * socket; the room's side is changed within. Lock order: socket, then room.
 */
public final class InMemoryAdapter implements Adapter {
    private record Member(Receiver socket, Set<String> rooms) {}

    private final Map<String, Member> members = new ConcurrentHashMap<>();
    private final Map<String, Map<String, Receiver>> rooms = new ConcurrentHashMap<>();

    /** An adapter without sockets. */
    public InMemoryAdapter() {}

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
    public void remove(String id) {
        members.computeIfPresent(id, (key, member) -> {
            member.rooms().forEach(room -> exit(room, id));
            return null;
        });
    }

    @Override
    public void join(String id, Set<String> wanted) {
        members.computeIfPresent(id, (key, member) -> {
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
            Map<String, Receiver> changed = sockets == null ? new ConcurrentHashMap<>() : sockets;
            changed.put(socket.id(), socket);
            return changed;
        });
    }

    private void exit(String room, String id) {
        rooms.computeIfPresent(room, (name, sockets) -> {
            sockets.remove(id);
            return sockets.isEmpty() ? null : sockets;
        });
    }

    @Override
    public Set<String> rooms(String id) {
        Member member = members.get(id);
        return member == null ? Set.of() : Set.copyOf(member.rooms());
    }

    @Override
    public Set<String> sockets(Set<String> wanted) {
        Set<String> ids = new HashSet<>();
        select(new BroadcastOptions(wanted, Set.of(), false), socket -> ids.add(socket.id()));
        return Set.copyOf(ids);
    }

    /** The number of rooms, own rooms included: zero once every socket has gone. */
    public int roomCount() {
        return rooms.size();
    }

    @Override
    public void broadcast(Packet packet, BroadcastOptions options) {
        PacketGroup encoded = PacketEncoder.encode(packet);
        PacketGroup sent = options.droppable() ? encoded.asDroppable() : encoded;
        Map<Executor, List<Receiver>> owed = new HashMap<>();
        select(options, socket -> {
            if (socket.enqueue(sent)) {
                owed.computeIfAbsent(socket.loop(), loop -> new ArrayList<>()).add(socket);
            }
        });
        owed.forEach((loop, sockets) -> loop.execute(() -> sockets.forEach(Receiver::drain)));
    }

    private void select(BroadcastOptions options, Consumer<Receiver> action) {
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
