package dev.bowline.core.engine;

import java.time.Duration;

/** A revision of the Engine.IO protocol, as the parameter {@code EIO} of a request names it. */
public enum ProtocolRevision {
    /** That of the clients of Socket.IO 2 and before: they ping, and frame packets in a way of their own. */
    V3 {
        @Override
        Heartbeat heartbeat(Duration interval, Duration timeout, long now) {
            return new AnsweringHeartbeat(interval, timeout, now);
        }
    },
    /** That of the clients of Socket.IO 3 and later: the server pings. */
    V4 {
        @Override
        Heartbeat heartbeat(Duration interval, Duration timeout, long now) {
            return new PingingHeartbeat(interval, timeout, now);
        }
    };

    /** The revision that a client speaks: whoever does not say {@code 4} speaks the one before it, as in the reference. */
    public static ProtocolRevision of(String eio) {
        return eio.equals("4") ? V4 : V3;
    }

    /** Its number: 3 or 4. */
    public int number() {
        return this == V3 ? 3 : 4;
    }

    /** The server's half of the heartbeat. */
    abstract Heartbeat heartbeat(Duration interval, Duration timeout, long now);
}
