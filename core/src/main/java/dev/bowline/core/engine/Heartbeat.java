package dev.bowline.core.engine;

/**
 * The server's half of a heartbeat: who pings depends on the revision of the protocol, that silence is the
 * peer's end does not.
 *
 * <p>Holds no clock and no timer; the caller passes {@code now} and wakes at {@link #deadline()}.
 * Confined to the session's event loop.
 */
sealed interface Heartbeat permits PingingHeartbeat, AnsweringHeartbeat {
    /** What time asks for. */
    enum Due {
        NOTHING,
        SEND_PING,
        PEER_LOST
    }

    /** What a beat of the peer's asks for. */
    enum Answer {
        NOTHING,
        SEND_PONG,
        /** It was not the peer's to send. */
        WRONG_DIRECTION
    }

    /** The next instant at which {@link #advance} has something to say. */
    long deadline();

    /** Says what is due at {@code now}, and moves the deadline when a ping is. */
    Due advance(long now);

    /** The peer sent a ping. */
    Answer onPing(long now);

    /** The peer sent a pong. */
    Answer onPong(long now);

    /** Something else arrived than a pong. */
    void onOtherPacket(long now);

    /** What the peer may have sent could not be read until now: a wait for it starts again. */
    void excuse(long now);
}
