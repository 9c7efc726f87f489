package dev.bowline.adapter.cluster;

import dev.bowline.adapter.AdapterContext;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The way of one namespace's messages between the servers of a cluster: all that an engine (Redis, NATS, a database)
 * has to provide. {@link ClusterAdapter} makes an adapter of it, and the contract test {@code ClusterContract} says
 * whether it is one.
 *
 * <p>Every method may be called from any thread, event loops among them: none blocks, and none fails because the
 * engine cannot be reached. What cannot be sent is kept within a bound or dropped, as the engine documents.
 *
 * <p>What arrives is handed to the receiver in the order in which each sender sent it, on a thread that may be kept
 * waiting: a broadcast has some patience with slow clients. Messages of one's own do not arrive, and none that is
 * malformed does.
 */
public interface ClusterBus extends AutoCloseable {
    /** Opens the way of a namespace. */
    @FunctionalInterface
    interface Factory {
        /** Begins to listen, without waiting for it. */
        ClusterBus open(AdapterContext context, Consumer<ClusterMessage> receiver);
    }

    /** The name of this server, which no other has. */
    String node();

    /** Sends to all other servers of the namespace. */
    void publish(ClusterMessage message);

    /** Sends to that server only, or to all where the engine has no shorter way: others ignore it. */
    void answer(String node, ClusterMessage message);

    /** The names of the other servers that have this namespace now. Fails if that cannot be found out. */
    CompletionStage<Set<String>> others();

    /** This server has a first socket in a room, under a lock: returns at once. For engines that subscribe to rooms. */
    default void roomCreated(String room) {}

    /** This server has no socket in a room any more, under a lock: returns at once. */
    default void roomDeleted(String room) {}

    /** Stops listening, and forgets what has not been sent. */
    @Override
    void close();
}
