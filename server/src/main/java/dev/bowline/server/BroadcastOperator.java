package dev.bowline.server;

import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.core.packet.Packet;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Says who receives a broadcast, and sends it. Each method returns a new operator. Immutable, safe for any
 * thread.
 */
public final class BroadcastOperator {
    private final Namespace namespace;
    private final BroadcastOptions options;

    BroadcastOperator(Namespace namespace, BroadcastOptions options) {
        this.namespace = namespace;
        this.options = options;
    }

    /** Also to the members of this room. A socket in several of the rooms receives the packet once. */
    public BroadcastOperator to(String room) {
        return to(List.of(room));
    }

    /** Also to the members of these rooms. */
    public BroadcastOperator to(Collection<String> rooms) {
        return new BroadcastOperator(
                namespace, new BroadcastOptions(union(options.rooms(), rooms), options.except(), options.droppable()));
    }

    /** The same as {@link #to(String)}. */
    public BroadcastOperator in(String room) {
        return to(room);
    }

    /** Not to the members of this room, whatever else they are in. */
    public BroadcastOperator except(String room) {
        return except(List.of(room));
    }

    /** Not to the members of these rooms, whatever else they are in. */
    public BroadcastOperator except(Collection<String> rooms) {
        return new BroadcastOperator(
                namespace, new BroadcastOptions(options.rooms(), union(options.except(), rooms), options.droppable()));
    }

    /** Only to those who can take it at once: a volatile event. */
    public BroadcastOperator droppable() {
        return new BroadcastOperator(namespace, new BroadcastOptions(options.rooms(), options.except(), true));
    }

    /**
     * Sends the event to everyone selected, encoded once.
     *
     * @throws IllegalArgumentException if the event's name is reserved, or an argument cannot be written as JSON
     */
    public void emit(String event, @Nullable Object... args) {
        namespace
                .adapter()
                .broadcast(
                        Packet.of(
                                Packet.Type.EVENT,
                                namespace.name(),
                                namespace.codec().writeEvent(event, args)),
                        options);
    }

    private static Set<String> union(Set<String> some, Collection<String> more) {
        Set<String> all = new HashSet<>(some);
        all.addAll(more);
        return all;
    }
}
