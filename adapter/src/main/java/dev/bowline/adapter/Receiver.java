package dev.bowline.adapter;

import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.Packet;
import java.util.concurrent.Executor;

/**
 * A socket as the adapter sees it: something with an id that takes packets. Every method but {@link #drain} may be
 * called from any thread.
 *
 * <p>Packets are handed over in two steps, so that a broadcast needs one task per event loop and not one
 * per receiver: {@link #enqueue} from the broadcasting thread, then {@link #drain} on {@link #loop}.
 */
public interface Receiver {
    /** The socket's id, which is also the name of its own room. */
    String id();

    /**
     * Puts the packet into the receiver's mailbox. May be called under a lock: returns at once, and calls no foreign
     * code.
     *
     * @param packet what it says
     * @param encoded the same as it travels, encoded once for all receivers
     * @return whether the caller now owes a {@link #drain}
     */
    boolean enqueue(Packet packet, PacketGroup encoded);

    /** Where to call {@link #drain}. Two receivers of one loop return the same object. */
    Executor loop();

    /** Writes what the mailbox holds. */
    void drain();

    /**
     * Passes the client's acknowledgement of that id to the listener; if the socket is gone, or goes before it has
     * answered, says that it will not.
     */
    void expect(long ackId, AnswerListener listener);

    /** Nobody waits for the acknowledgement of that id any more; its listener hears nothing of this socket. */
    void forget(long ackId);

    /** Throws the client out of the namespace, or out of all and closes its connection. */
    void disconnect(boolean closeConnection);

    /** What the other nodes may know of it. */
    SocketDetails details();

    /** Whether somebody wants to know what goes out to it. Any thread. */
    default boolean isListenedTo() {
        return false;
    }

    /** Tells those of a packet that was put into the mailbox. Never under a lock. */
    default void goesOut(Packet packet) {}

    /** Whether so much waits for the receiver that whoever broadcasts had better {@link #awaitRoom wait}. Any thread. */
    default boolean isBehind() {
        return false;
    }

    /**
     * Waits until less waits for the receiver, for a bounded time that grows with the bytes of the broadcast; on an event
     * loop not at all. To be called once no {@link #drain} is owed any more.
     */
    default void awaitRoom(int bytes) {}
}
