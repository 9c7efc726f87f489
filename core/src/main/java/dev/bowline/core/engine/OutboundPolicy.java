package dev.bowline.core.engine;

/**
 * What becomes of events for a client that does not read, once {@code maxQueuedBytes} wait for it. Volatile events
 * never wait, so they go first whatever the policy. What the protocol rests on (see {@link PacketGroup.Kind#PROTOCOL})
 * is never dropped: if twice the limit waits, the connection is closed under every policy.
 */
public enum OutboundPolicy {
    /** The connection is closed; the client comes back by itself, and recovery can resume what it missed. */
    CLOSE,
    /** The events that have waited longest are dropped: the latest state counts. */
    DROP_OLDEST,
    /** Events that come while nothing more may wait are dropped. */
    DROP_NEWEST,
    /** An emit to this client fails, and a broadcast goes out without it; nothing that waits is dropped. */
    FAIL
}
