package dev.bowline.adapter;

import dev.bowline.core.packet.Packet;
import java.util.Set;

/**
 * The rooms of one namespace, and the way a broadcast takes through them.
 *
 * <p>Rooms are local to their node: no message is sent for a join or a leave. Every method may be called
 * from any thread, and none blocks on the network.
 */
public interface Adapter extends AutoCloseable {
    /** Takes a socket in, which joins its own room. Called once the namespace has accepted it, not before. */
    void add(Receiver socket);

    /** Forgets a socket and everything it had joined. From then on its joins are ignored. */
    void remove(String id);

    /** Joins rooms. Without effect for a socket that is not here (any more), or is in them already. */
    void join(String id, Set<String> rooms);

    /** Leaves a room; a room that nobody is in is gone. */
    void leave(String id, String room);

    /** The rooms that a socket is in, its own among them; empty for one that is not here. */
    Set<String> rooms(String id);

    /** The ids of the sockets in any of the rooms; of all sockets if no room is given. */
    Set<String> sockets(Set<String> rooms);

    /** Sends the packet to whom the options select, encoded once. */
    void broadcast(Packet packet, BroadcastOptions options);

    /** Forgets everything. */
    @Override
    void close();
}
