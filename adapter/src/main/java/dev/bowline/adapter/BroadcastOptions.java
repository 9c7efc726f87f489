package dev.bowline.adapter;

import dev.bowline.core.engine.PacketGroup;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Who receives a broadcast, and how. The same selection serves what concerns sockets in another way: joins, leaves,
 * disconnections, and looking them up.
 *
 * @param rooms the rooms whose members receive it, each member once; empty means every socket
 * @param except the rooms whose members do not receive it, whatever else they are in
 * @param droppable whether a receiver that cannot take it at once goes without (a volatile broadcast)
 * @param local whether it stays on this node of a cluster
 * @param compress whether compressing it is worth its while, where a transport compresses at all
 */
public record BroadcastOptions(
        Set<String> rooms, Set<String> except, boolean droppable, boolean local, boolean compress) {
    /** To every socket. */
    public static final BroadcastOptions EVERYONE = new BroadcastOptions(Set.of(), Set.of(), false, false, true);

    public BroadcastOptions {
        rooms = Set.copyOf(rooms);
        except = Set.copyOf(except);
    }

    /** To the members of one room: of a socket's own room, to that socket. */
    public static BroadcastOptions to(String room) {
        return EVERYONE.andTo(Set.of(room));
    }

    /** The same, also to the members of these rooms. */
    public BroadcastOptions andTo(Collection<String> more) {
        return new BroadcastOptions(union(rooms, more), except, droppable, local, compress);
    }

    /** The same, but not to the members of these rooms. */
    public BroadcastOptions butNotTo(Collection<String> more) {
        return new BroadcastOptions(rooms, union(except, more), droppable, local, compress);
    }

    /** The same as a volatile broadcast. */
    public BroadcastOptions asDroppable() {
        return new BroadcastOptions(rooms, except, true, local, compress);
    }

    /** The same, on this node only. */
    public BroadcastOptions asLocal() {
        return new BroadcastOptions(rooms, except, droppable, true, compress);
    }

    /** The same, compressed or not. */
    public BroadcastOptions compress(boolean worthIt) {
        return new BroadcastOptions(rooms, except, droppable, local, worthIt);
    }

    /** The packets as they travel under these options. */
    public PacketGroup flagged(PacketGroup packets) {
        PacketGroup compressed = compress ? packets : packets.asUncompressed();
        return droppable ? compressed.asDroppable() : compressed;
    }

    private static Set<String> union(Set<String> some, Collection<String> more) {
        Set<String> all = new LinkedHashSet<>(some);
        all.addAll(more);
        return all;
    }
}
