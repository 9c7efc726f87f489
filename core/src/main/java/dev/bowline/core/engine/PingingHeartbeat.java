package dev.bowline.core.engine;

import java.time.Duration;

/**
 * The server's half of the Engine.IO v4 heartbeat: a ping after every quiet interval, and a verdict on
 * the peer when no pong follows in time.
 */
final class PingingHeartbeat implements Heartbeat {
    private final long intervalNanos;
    private final long timeoutNanos;
    private boolean awaitingPong;
    private boolean refreshed;
    private long deadline;

    PingingHeartbeat(Duration interval, Duration timeout, long now) {
        this.intervalNanos = interval.toNanos();
        this.timeoutNanos = timeout.toNanos();
        this.deadline = now + intervalNanos;
    }

    @Override
    public long deadline() {
        return deadline;
    }

    @Override
    public Due advance(long now) {
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

    @Override
    public Answer onPing(long now) {
        return Answer.WRONG_DIRECTION;
    }

    /** The next interval starts here. */
    @Override
    public Answer onPong(long now) {
        awaitingPong = false;
        deadline = now + intervalNanos;
        return Answer.NOTHING;
    }

    /** A sign of life, which extends the wait for the pong, once per ping. */
    @Override
    public void onOtherPacket(long now) {
        if (awaitingPong && !refreshed) {
            refreshed = true;
            deadline = now + timeoutNanos;
        }
    }

    @Override
    public void excuse(long now) {
        if (awaitingPong) {
            deadline = now + timeoutNanos;
        }
    }
}
