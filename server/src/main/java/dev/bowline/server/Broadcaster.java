package dev.bowline.server;

import dev.bowline.adapter.Answers;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Whoever can address many sockets at once: the server (those of its main namespace), a namespace, all children of a
 * parent namespace, or a selection of these. Safe for any thread.
 *
 * <p>A selection is made step by step, each of which returns a new operator and changes nothing:
 * {@code io.to("crew").except("muted").emit("news", text)}. In a cluster it concerns the sockets of all servers,
 * unless {@link #local()} says otherwise.
 */
public sealed interface Broadcaster permits BroadcastOperator, Namespace, ParentNamespace, SocketIoServer {
    /** Everyone who can be addressed here. */
    BroadcastOperator broadcast();

    // ---- Who ------------------------------------------------------------------------------------

    /** The members of this room. After another {@code to}, of either room; whoever is in both counts once. */
    default BroadcastOperator to(String room) {
        return broadcast().to(room);
    }

    /** The members of any of these rooms. */
    default BroadcastOperator to(Collection<String> rooms) {
        return broadcast().to(rooms);
    }

    /** The same as {@link #to(String)}. */
    default BroadcastOperator in(String room) {
        return broadcast().to(room);
    }

    /** Not the members of this room, whatever else they are in. */
    default BroadcastOperator except(String room) {
        return broadcast().except(room);
    }

    /** Not the members of these rooms, whatever else they are in. */
    default BroadcastOperator except(Collection<String> rooms) {
        return broadcast().except(rooms);
    }

    /** Only the sockets of this server, where there are others. */
    default BroadcastOperator local() {
        return broadcast().local();
    }

    // ---- How ------------------------------------------------------------------------------------

    /** Only to those who can take it at once: what Socket.IO calls volatile. */
    default BroadcastOperator droppable() {
        return broadcast().droppable();
    }

    /** Whether compressing it is worth its while. Default true; it matters to long-polling only. */
    default BroadcastOperator compress(boolean worthIt) {
        return broadcast().compress(worthIt);
    }

    /** How long answers are awaited, of clients and of other servers. Default {@code ackTimeout}. */
    default BroadcastOperator timeout(Duration limit) {
        return broadcast().timeout(limit);
    }

    // ---- What -----------------------------------------------------------------------------------

    /**
     * Sends an event to everyone selected, encoded once.
     *
     * @throws IllegalArgumentException if the event's name is reserved, or an argument cannot be written as JSON, or
     *     holds an object with {@code "_placeholder": true} while there is a binary value
     */
    default void emit(String event, @Nullable Object... args) {
        broadcast().emit(event, args);
    }

    /** Emits the event {@code message}. */
    default void send(@Nullable Object... args) {
        broadcast().emit("message", args);
    }

    /**
     * Sends an event to everyone selected and gathers the first argument of each acknowledgement.
     *
     * <p>It completes when everybody has answered or left, at the latest when the time is over, with what has come
     * by then and the names of those who did not answer. Whoever answers with what is not of the type, or when the
     * answers together exceed {@code maxAnswerBytes}, counts as silent. It completes beside the handlers of sockets,
     * which may wait for it.
     *
     * @throws UnsupportedOperationException if this is a parent namespace
     */
    default <T> CompletableFuture<Answers<@Nullable T>> emitWithAck(
            String event, Class<T> type, @Nullable Object... args) {
        return broadcast().emitWithAck(event, type, args);
    }

    /**
     * Looks up everyone selected.
     *
     * @return fails with {@link SilentNodesException}, which has the others' sockets, if a server of the cluster does
     *     not answer in time
     * @throws UnsupportedOperationException if this is a parent namespace
     */
    default CompletableFuture<List<RemoteSocket>> fetchSockets() {
        return broadcast().fetchSockets();
    }

    /** Makes everyone selected join a room. */
    default void socketsJoin(String room) {
        broadcast().socketsJoin(List.of(room));
    }

    /** Makes everyone selected join rooms. */
    default void socketsJoin(Collection<String> rooms) {
        broadcast().socketsJoin(rooms);
    }

    /** Makes everyone selected leave a room. */
    default void socketsLeave(String room) {
        broadcast().socketsLeave(List.of(room));
    }

    /** Makes everyone selected leave rooms. */
    default void socketsLeave(Collection<String> rooms) {
        broadcast().socketsLeave(rooms);
    }

    /** Throws everyone selected out of the namespace. They are told, and do not come back by themselves. */
    default void disconnectSockets() {
        broadcast().disconnectSockets(false);
    }

    /** Throws everyone selected out of the namespace, or out of all of them and closes the connection. */
    default void disconnectSockets(boolean closeConnection) {
        broadcast().disconnectSockets(closeConnection);
    }
}
