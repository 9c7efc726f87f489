package dev.bowline.core.engine;

import java.time.Duration;

/**
 * The times and limits of a server's Engine.IO session.
 *
 * @param pingInterval the quiet time before a ping
 * @param pingTimeout the time that the client has for its pong
 * @param upgradeTimeout the time from the arrival of a probing WebSocket to its upgrade packet
 * @param maxPayload the largest body or frame that is taken, in bytes; announced in the handshake
 * @param maxQueuedBytes how much may wait to be written before the session is closed, in bytes, beyond one message
 */
public record SessionSettings(
        Duration pingInterval, Duration pingTimeout, Duration upgradeTimeout, int maxPayload, long maxQueuedBytes) {}
