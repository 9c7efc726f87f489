package dev.bowline.core.engine;

import java.time.Duration;

/**
 * The server's half of the Engine.IO v4 heartbeat: a ping after every quiet interval, and a verdict on
 * the peer when no pong follows in time.
 *
 * <p>Holds no clock and no timer; the caller passes {@code now} and wakes at {@link #deadline()}.
 * Confined to the session's event loop.
 */
final class Heartbeat {
    enum Due {
        NOTHING,
        SEND_PING,
        PEER_LOST
    }

    private final long intervalNanos;
    private final long timeoutNanos;
    private boolean awaitingPong;
    private boolean refreshed;
    private long deadline;

    Heartbeat(Duration interval, Duration timeout, long now) {
        this.intervalNanos = interval.toNanos();
        this.timeoutNanos = timeout.toNanos();
        this.deadline = now + intervalNanos;
    }

    /** The next instant at which {@link #advance} has something to say. */
    long deadline() {
        return deadline;
    }

    /** Says what is due at {@code now}, and moves the deadline when a ping is. */
    Due advance(long now) {
        if (now - deadline < 0) {
            return Due.NOTHING;
        }
        if (awaitingPong) {
            return Due.PEER_LOST;
        }
        awaitingPong = true;
        refreshed = false;
        deadline = now + timeoutNanos;
        return Due.SEND_PING;
    }

    /** The peer answered: the next interval starts here. */
    void onPong(long now) {
        awaitingPong = false;
        deadline = now + intervalNanos;
    }

    /** Something else arrived: a sign of life that extends the wait for the pong, once per ping. */
    void onOtherPacket(long now) {
        if (awaitingPong && !refreshed) {
            refreshed = true;
            deadline = now + timeoutNanos;
        }
    }

    /** What the peer may have answered could not be read until now: if a pong is awaited, the wait starts again. */
    void excuse(long now) {
        if (awaitingPong) {
            deadline = now + timeoutNanos;
        }
    }
}
