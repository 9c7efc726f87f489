package dev.bowline.client;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What carries the packets of one session: HTTP requests or a WebSocket. Called on the loop only. */
interface Transport {
    /** Connects. A polling transport does nothing before its first poll. */
    void open();

    /** The session's name, once the handshake told it, for the requests that follow. */
    void named(String sid);

    /** Sends a GET; polling only, and one at a time. */
    void poll();

    /** Writes the packets in order, one call at a time; {@link Listener#written} ends it. */
    void write(List<EnginePacket> packets);

    /** Another message may be received: the one that came last has been dealt with. WebSocket only. */
    void demand();

    /**
     * Releases everything, in good order where that takes no waiting. No listener is called any more.
     *
     * @return completes when nothing is left, which is bounded
     */
    CompletableFuture<Void> close();

    /** What a transport tells. Called on the loop. */
    interface Listener {
        /** The WebSocket is connected. */
        void opened();

        /** A poll was answered. */
        void payload(Bytes body);

        /** A frame arrived. */
        void packet(EnginePacket packet);

        /** The last write is done. */
        void written();

        /** The other side closed the connection. */
        void closed(String detail);

        /** The transport failed. */
        void failed(TransportException failure);
    }

    /** Makes transports: the seam for tests. */
    interface Factory {
        /** HTTP long-polling for a session that has no name yet. */
        Transport polling(Listener listener);

        /** A WebSocket, for the session of this name, or for a new one if it is empty. */
        Transport webSocket(String sid, Listener listener);

        /** Lets connections go that are idle and may lead nowhere. */
        void renew();

        /** Ends everything. */
        void close();

        /** Waits a moment for what {@link #close} has ended to be gone. Called anywhere but on the loop. */
        void awaitEnd();
    }
}
