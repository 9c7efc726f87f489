package dev.bowline.adapter;

import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.Packet;
import java.util.Optional;
import java.util.Set;

/**
 * An adapter that keeps what sockets miss, so that a client can come back to its session (connection state recovery).
 *
 * <p>Every event without an acknowledgement that it sends carries an offset as one more argument, volatile ones too: a
 * client takes the last argument of whatever it received for its offset if that is text, and must never take the
 * application's.
 */
public interface SessionAwareAdapter extends Adapter {
    /** Takes the packets of a client that comes back. */
    interface Handover {
        /** Puts what was missed into the client's mailbox. Called under a lock: returns at once, and does nothing else. */
        void missed(PacketGroup packets);

        /** Everything that was missed is in the mailbox: the answer to CONNECT has to follow, before anything else. As above. */
        void complete();
    }

    /** What {@link #resume} did. */
    enum Step {
        /** A part of what was missed has been handed over: call again once the client has taken it. */
        MORE,
        /** All of it has, and the socket is in. */
        IN,
        /** {@link Claim#ghost} has to leave first: call again once it has. */
        GHOST,
        /** A newer claim to the session is followed, or has been: nobody comes in by this one, and nothing is told. */
        OVERTAKEN,
        /** {@link Claim#reason} says why the client is new instead. */
        LOST
    }

    /** The secret of a session to come, of a secret that was made for it: it says of which life of this log it is. */
    String pid(String secret);

    /**
     * What one who comes back may have.
     *
     * @param partBytes the size of a part of what was missed
     * @param rooms how many rooms a socket may be in, besides its own
     */
    record Limits(long partBytes, int rooms) {}

    /** Takes a new socket in, as {@link #add(Receiver)}, whose session may be claimed under this secret. */
    void add(Receiver socket, String pid);

    /**
     * Emits to one session, which may be away. Not to the room of its id: others may have joined that, and it may have
     * left.
     *
     * @param id the id of its socket
     * @param how whether it may be dropped, and is worth compressing
     * @return the event as it travels
     */
    PacketGroup emit(String id, Packet packet, BroadcastOptions how);

    /**
     * The offset of an event that goes to a client which is not in yet, and is not kept: nothing that the client may
     * still be sent again comes before it.
     */
    String position(Claim claim);

    /**
     * What a client that names a session may hope for at this moment. Its socket is left alone; a session that is away
     * is kept until the claim is decided, {@link #giveUp given up}, or not pursued for as long as clients may be away.
     *
     * @param pid the session's secret
     * @param offset what the client received last, if it received anything
     */
    Claim claim(String pid, Optional<String> offset);

    /**
     * Brings a socket back, whose id is {@link Claim#id}, part by part, so that no more waits for its client than for
     * any other: hands over the next part of what was missed and, when that was the last, takes the socket in.
     *
     * @param joins rooms to join, besides those that the session is in; none of them if together they are too many
     */
    Step resume(Claim claim, Receiver socket, Set<String> joins, Limits limits, Handover handover);

    /** Nobody pursues a claim that is not decided: its client has gone, or is not let in. */
    void giveUp(Claim claim);

    /**
     * A socket is gone, and may come back.
     *
     * @param keepsake what the socket's owner wants to find again
     * @param bytes what that costs
     * @param onReleased called once, outside of any lock, when somebody has come back, or nobody can any more
     */
    void suspend(Receiver socket, Object keepsake, int bytes, Runnable onReleased);

    /** What is kept with the session of that id costs so much by now, if it is away. */
    void charge(String id, int bytes);

    /** Ends a session that is away: nobody comes back to it. */
    void forget(String id);

    /** Takes a session that is away out of a room. */
    void forget(String id, String room);

    /** What an owner keeps with a socket has changed. Nothing to do where sessions do not outlive the process. */
    default void changed(Receiver socket) {}
}
