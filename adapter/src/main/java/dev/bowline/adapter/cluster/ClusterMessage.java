package dev.bowline.adapter.cluster;

import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.SocketDetails;
import dev.bowline.core.packet.Payload;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What one server of a cluster says to the others about one namespace. What a kind has no use for is empty. Immutable.
 *
 * @param kind what it is about
 * @param node the name of the server that says it; empty where that is not known
 * @param requestId under what the answers to it are awaited, or were; empty where none is
 * @param options whom a broadcast, join, leave, disconnection or look-up concerns
 * @param timeout how long the sockets that a broadcast goes to have for their acknowledgements
 * @param payload an event as a JSON array of its name and its arguments; or the arguments of an acknowledgement
 * @param rooms what to join or to leave, in this order; or all that there are
 * @param closeConnection whether a disconnection is one from all namespaces
 * @param count how many sockets of the answering server received the broadcast
 * @param sockets those of the answering server that were looked up
 */
public record ClusterMessage(
        Kind kind,
        String node,
        String requestId,
        BroadcastOptions options,
        Duration timeout,
        Payload payload,
        Set<String> rooms,
        boolean closeConnection,
        int count,
        List<SocketDetails> sockets) {
    /** What servers say to each other. */
    public enum Kind {
        /** An event for sockets; if it has a request's id, with their acknowledgements. */
        BROADCAST(3),
        /** Sockets are to join rooms. */
        SOCKETS_JOIN(4),
        /** Sockets are to leave rooms. */
        SOCKETS_LEAVE(5),
        /** Sockets are to be thrown out. */
        DISCONNECT_SOCKETS(6),
        /** Asks for the sockets that the options select. */
        FETCH_SOCKETS(7),
        /** The sockets of one server. */
        FETCH_SOCKETS_RESPONSE(8),
        /** An event for the servers themselves; if it has a request's id, with their answers. */
        SERVER_SIDE_EMIT(9),
        /** The answer of one server. */
        SERVER_SIDE_EMIT_RESPONSE(10),
        /** How many acknowledgements of one server's sockets are to follow. */
        BROADCAST_CLIENT_COUNT(11),
        /** The acknowledgement of one socket. */
        BROADCAST_ACK(12),
        /** Asks for the names of all rooms. Only servers of Node ask so, and only by their classic adapter. */
        ALL_ROOMS(-1),
        /** The rooms of one server. */
        ALL_ROOMS_RESPONSE(-2);

        private final int number;

        Kind(int number) {
            this.number = number;
        }

        /** Its number in the messages of Node's adapters, where it has one; 1, 2 and 13 are heartbeats, which none here needs. */
        public int number() {
            return number;
        }
    }

    /** The {@link #node} or {@link #requestId} where there is none. */
    public static final String NONE = "";

    public ClusterMessage {
        rooms = Collections.unmodifiableSet(new LinkedHashSet<>(rooms));
        sockets = List.copyOf(sockets);
    }

    /** Of this kind, with nothing in it yet. */
    public static ClusterMessage of(Kind kind, String node) {
        return new ClusterMessage(
                kind,
                node,
                NONE,
                BroadcastOptions.EVERYONE,
                Duration.ZERO,
                Payload.NONE,
                Set.of(),
                false,
                0,
                List.of());
    }

    /** Whether somebody waits for answers to it. */
    public boolean wantsAnswers() {
        return !requestId.isEmpty();
    }

    /** The same, asked or answered under this id. */
    public ClusterMessage under(String id) {
        return new ClusterMessage(kind, node, id, options, timeout, payload, rooms, closeConnection, count, sockets);
    }

    /** The same for whom the options select. */
    public ClusterMessage to(BroadcastOptions whom) {
        return new ClusterMessage(
                kind, node, requestId, whom, timeout, payload, rooms, closeConnection, count, sockets);
    }

    /** The same with a time limit for acknowledgements. */
    public ClusterMessage within(Duration limit) {
        return new ClusterMessage(
                kind, node, requestId, options, limit, payload, rooms, closeConnection, count, sockets);
    }

    /** The same with an event, or the arguments of an answer. */
    public ClusterMessage with(Payload data) {
        return new ClusterMessage(
                kind, node, requestId, options, timeout, data, rooms, closeConnection, count, sockets);
    }

    /** The same with rooms to join or to leave. */
    public ClusterMessage with(Set<String> wanted) {
        return new ClusterMessage(
                kind, node, requestId, options, timeout, payload, wanted, closeConnection, count, sockets);
    }

    /** The same, from all namespaces or from this one only. */
    public ClusterMessage closing(boolean connection) {
        return new ClusterMessage(kind, node, requestId, options, timeout, payload, rooms, connection, count, sockets);
    }

    /** The same with the number of receivers. */
    public ClusterMessage with(int receivers) {
        return new ClusterMessage(
                kind, node, requestId, options, timeout, payload, rooms, closeConnection, receivers, sockets);
    }

    /** The same with what was found. */
    public ClusterMessage with(List<? extends SocketDetails> found) {
        return new ClusterMessage(
                kind, node, requestId, options, timeout, payload, rooms, closeConnection, count, List.copyOf(found));
    }
}
