package dev.bowline.adapter;

import dev.bowline.core.engine.PacketGroup;
import java.util.concurrent.Executor;

/**
 * A socket as the adapter sees it: something with an id that takes packets.
 *
 * <p>Packets are handed over in two steps, so that a broadcast needs one task per event loop and not one
 * per receiver: {@link #enqueue} from the broadcasting thread, then {@link #drain} on {@link #loop}.
 */
public interface Receiver {
    /** The socket's id, which is also the name of its own room. */
    String id();

    /**
     * Puts the packet into the receiver's mailbox. Any thread.
     *
     * @return whether the caller now owes a {@link #drain}
     */
    boolean enqueue(PacketGroup packet);

    /** Where to call {@link #drain}. Two receivers of one loop return the same object. */
    Executor loop();

    /** Writes what the mailbox holds. */
    void drain();
}
