package dev.bowline.adapter;

import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * The rooms of one namespace on this node, the way a broadcast takes through them, and whatever else concerns the
 * sockets of the whole cluster.
 *
 * <p>Rooms are local to their node: no message is sent for a join or a leave. Every method may be called
 * from any thread, and none blocks on the network. What is asked of other nodes is answered by a stage, which may
 * complete on any thread, an event loop among them; a node that does not answer in time is named in the result and
 * fails nothing. A stage fails where nothing could be asked at all.
 */
public interface Adapter extends AutoCloseable {
    // ---- The rooms of this node -----------------------------------------------------------------

    /** Takes a socket in, which joins its own room. Called once the namespace has accepted it, not before. */
    void add(Receiver socket);

    /**
     * Forgets a socket and everything it had joined, in the order in which it did. From then on its joins are ignored.
     * Without effect for one that is not here (any more), even if another of its id is.
     */
    void remove(Receiver socket);

    /** Joins rooms, in their order. Without effect for a socket that is not here (any more), or is in them already. */
    void join(String id, Set<String> rooms);

    /** Leaves a room; a room that nobody is in is gone. */
    void leave(String id, String room);

    /** The rooms that a socket is in, in the order in which it joined them, its own first; empty for one not here. */
    Set<String> rooms(String id);

    /** The ids of this node's sockets in any of the rooms; of all of them if no room is given. */
    Set<String> sockets(Set<String> rooms);

    // ---- The sockets of the cluster -------------------------------------------------------------

    /** Sends the packet to whom the options select, encoded once on each node. */
    void broadcast(Packet packet, BroadcastOptions options);

    /**
     * The same, and awaits an acknowledgement of each receiver. If there is nobody, that is the answer at once.
     *
     * @param packet without an id
     * @param timeout how long to wait before what has come is the result
     */
    CompletionStage<Answers<Answer>> broadcastWithAck(Packet packet, BroadcastOptions options, Duration timeout);

    /** Looks up whom the options select. */
    CompletionStage<Answers<SocketDetails>> fetchSockets(BroadcastOptions options, Duration timeout);

    /** Makes whom the options select join rooms. */
    void socketsJoin(BroadcastOptions options, Set<String> rooms);

    /** Makes whom the options select leave rooms. */
    void socketsLeave(BroadcastOptions options, Set<String> rooms);

    /** Throws out whom the options select: of the namespace, or of all and off their connection. */
    void disconnectSockets(BroadcastOptions options, boolean closeConnection);

    // ---- The other servers ----------------------------------------------------------------------

    /**
     * Emits to the other servers of the cluster, not to this one.
     *
     * @param event a JSON array of the event's name and its arguments
     */
    void serverSideEmit(Payload event);

    /** The same, and awaits an answer of each of them. */
    CompletionStage<Answers<Answer>> serverSideEmitWithAck(Payload event, Duration timeout);

    /** The number of servers, this one included. */
    CompletionStage<Integer> serverCount();

    /** Forgets everything, and leaves the cluster. */
    @Override
    void close();
}
