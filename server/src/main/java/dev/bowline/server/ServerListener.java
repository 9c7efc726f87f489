package dev.bowline.server;

import dev.bowline.core.engine.CloseReason;
import dev.bowline.core.engine.OutboundPolicy;
import dev.bowline.core.engine.TransportName;
import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.Refusal;
import java.time.Duration;
import java.util.Optional;

/**
 * Watches a server: for metrics, traces and the like. Each method does nothing unless it is overridden.
 *
 * <p>Methods are called where what they tell of happens: on an event loop, on a handler's thread, or on that of whoever
 * emits; each says which. They must not block, and several may be called at the same time. One that throws is logged
 * the first time and harms nobody. A server without a listener reads no clock and allocates nothing for it.
 *
 * <p>What happens to one connection on its event loop is told in order: opened first, closed last.
 */
public interface ServerListener {
    /** Why a client that asked to enter a namespace was refused. */
    enum EntryRefusal {
        /** There is no such namespace. */
        UNKNOWN_NAMESPACE,
        /** It is in as many as one connection may be in. */
        TOO_MANY_NAMESPACES,
        /** The {@code auth} payloads of its connection would have more bytes than they may. */
        AUTH_TOO_LARGE,
        /** A middleware refused it, or failed. */
        MIDDLEWARE
    }

    /**
     * An event that has been handled.
     *
     * @param socket whose client sent it
     * @param name what it is called: a client chooses it, so it is no label for metrics unless you know it
     * @param bytes its size on the wire, attachments included
     * @param waitedNanos how long it waited for its handlers
     * @param handledNanos how long they took together
     * @param failure what the first of them threw that failed, or the middleware that stopped it
     */
    record HandledEvent(
            Socket socket, String name, int bytes, long waitedNanos, long handledNanos, Optional<Throwable> failure) {}

    // ---- Connections ----------------------------------------------------------------------------

    /** A client has connected. On the event loop. */
    default void connectionOpened(ConnectionInfo connection) {}

    /** A connection has moved to another transport. On the event loop. */
    default void connectionUpgraded(ConnectionInfo connection, TransportName from, TransportName to) {}

    /** A connection has ended. On the event loop. */
    default void connectionClosed(ConnectionInfo connection, CloseReason reason, Duration lasted) {}

    /**
     * A request was refused before it came to a namespace: {@link Refusal#code} and {@link Refusal#context} say whether
     * by the protocol's rules, by a limit, by its origin or by the application; {@link Refusal#SHUTTING_DOWN}, because
     * the server lets nobody in any more. On the thread that says so.
     */
    default void requestRefused(HttpRequestHead request, Refusal refusal) {}

    /** The client has answered a ping so long after it was made. On the event loop; not for Engine.IO 3. */
    default void pingAnswered(ConnectionInfo connection, long roundTripNanos) {}

    /** A message has arrived, attachments and acknowledgements included. On the event loop. */
    default void messageReceived(ConnectionInfo connection, int bytes) {}

    /** The server reads no more from the client, because as many of its events wait as may. On the event loop. */
    default void readingPaused(ConnectionInfo connection) {}

    /** It reads again. On the event loop. */
    default void readingResumed(ConnectionInfo connection, Duration paused) {}

    /**
     * More waits for the client than {@code maxQueuedBytes}. On the event loop, for each time that something was dropped;
     * {@link SocketIoServer#onOutboundLimit} is told less often, and off the loop.
     *
     * @param packets how many packets were dropped, or refused, or are lost with the connection
     */
    default void outboundLimitReached(ConnectionInfo connection, OutboundPolicy policy, int packets, long bytes) {}

    // ---- Sockets --------------------------------------------------------------------------------

    /** A client has entered a namespace. On the event loop. */
    default void socketJoined(ConnectionInfo connection, Socket socket) {}

    /** A client was not let into a namespace, whose name it chose. On the event loop. */
    default void socketRefused(ConnectionInfo connection, String namespace, EntryRefusal cause) {}

    /**
     * A client of a server that keeps sessions has come back to its own, or is new, and why. On the event loop, before
     * {@link #socketJoined}, or in the place of it where a middleware refused whom its session would have waited for.
     */
    default void recoveryDecided(ConnectionInfo connection, String namespace, RecoveryOutcome outcome) {}

    /** A client has left a namespace. On the event loop, or the thread of whoever threw it out. */
    default void socketLeft(ConnectionInfo connection, Socket socket, DisconnectReason reason, Duration lasted) {}

    // ---- Events ---------------------------------------------------------------------------------

    /** An event's handlers have run. On their thread. */
    default void eventHandled(HandledEvent event) {}

    /** An event goes out to one socket. On the thread of whoever emits. */
    default void eventSent(Socket socket, String name, int bytes) {}

    /**
     * An event goes out to many sockets of this node; told once, whatever their number. On the thread of whoever emits.
     *
     * @param bytes its size on the wire for each of them
     * @param receivers how many of them there are, perhaps none
     */
    default void broadcastSent(Namespace namespace, String name, int bytes, int receivers) {}
}
