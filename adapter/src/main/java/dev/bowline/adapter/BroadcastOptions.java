package dev.bowline.adapter;

import java.util.Set;

/**
 * Who receives a broadcast, and how.
 *
 * @param rooms the rooms whose members receive it, each member once; empty means every socket
 * @param except the rooms whose members do not receive it, whatever else they are in
 * @param droppable whether a receiver that cannot take it at once goes without (a volatile broadcast)
 */
public record BroadcastOptions(Set<String> rooms, Set<String> except, boolean droppable) {
    /** To every socket. */
    public static final BroadcastOptions EVERYONE = new BroadcastOptions(Set.of(), Set.of(), false);

    public BroadcastOptions {
        rooms = Set.copyOf(rooms);
        except = Set.copyOf(except);
    }
}
