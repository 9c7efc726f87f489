package dev.bowline.core.engine;

import java.time.Duration;

/**
 * The times and limits of a server's Engine.IO session.
 *
 * @param pingInterval the quiet time before a ping
 * @param pingTimeout the time that the client has for its pong
 * @param upgradeTimeout the time from the arrival of a probing WebSocket to its upgrade packet
 * @param maxPayload the largest body or frame that is taken, in bytes; announced in the handshake
 * @param maxQueuedBytes how much may wait for the client to take it, in bytes, beyond one message
 * @param outboundPolicy what happens beyond that
 * @param maxReadPause how long the client may not be read before it is given up
 */
public record SessionSettings(
        Duration pingInterval,
        Duration pingTimeout,
        Duration upgradeTimeout,
        int maxPayload,
        long maxQueuedBytes,
        OutboundPolicy outboundPolicy,
        Duration maxReadPause) {
    private static final long WINDOW_BYTES = 256 * 1024;

    /** How much is given to the network before it has taken it, in bytes; what waits behind that can still be dropped. */
    public int windowBytes() {
        return (int) Math.min(WINDOW_BYTES, maxQueuedBytes);
    }
}
