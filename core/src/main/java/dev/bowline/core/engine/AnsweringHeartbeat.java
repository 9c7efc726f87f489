package dev.bowline.core.engine;

import java.time.Duration;

/**
 * The server's half of the Engine.IO v3 heartbeat: the client pings after every interval, the server answers, and
 * gives its verdict when no ping came within interval and timeout together.
 */
final class AnsweringHeartbeat implements Heartbeat {
    private final long patienceNanos;
    private long deadline;

    AnsweringHeartbeat(Duration interval, Duration timeout, long now) {
        this.patienceNanos = interval.toNanos() + timeout.toNanos();
        this.deadline = now + patienceNanos;
    }

    @Override
    public long deadline() {
        return deadline;
    }

    @Override
    public Due advance(long now) {
        return now - deadline < 0 ? Due.NOTHING : Due.PEER_LOST;
    }

    @Override
    public Answer onPing(long now) {
        deadline = now + patienceNanos;
        return Answer.SEND_PONG;
    }

    @Override
    public Answer onPong(long now) {
        return Answer.WRONG_DIRECTION;
    }

    /** Only pings count. */
    @Override
    public void onOtherPacket(long now) {}

    @Override
    public void excuse(long now) {
        deadline = now + patienceNanos;
    }
}
