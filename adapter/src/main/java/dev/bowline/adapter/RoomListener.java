package dev.bowline.adapter;

/**
 * Hears how the rooms of this node change, in the order of the reference: a room is created before it is joined and
 * left before it is deleted. Only what really changes is told; every socket's own room is a room like others.
 */
public interface RoomListener {
    /** Hears nothing. */
    RoomListener NONE = new RoomListener() {};

    /** A first socket is about to join a room. */
    default void created(String room) {}

    /** A socket has joined a room. */
    default void joined(String room, String id) {}

    /** A socket has left a room. */
    default void left(String room, String id) {}

    /** The last socket has left a room. */
    default void deleted(String room) {}

    /**
     * So many changes came faster than this listener took them, and were dropped before the next one that it is
     * told. An adapter never says so; a server does, whose queue for listeners is bounded.
     */
    default void missed(long changes) {}
}
