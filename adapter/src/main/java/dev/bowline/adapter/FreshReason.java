package dev.bowline.adapter;

/** Why a client that connected did not get its session back, and is new instead. */
public enum FreshReason {
    /** It did not ask: this is its first connection, or it knows nothing of recovery. */
    NOT_ASKED,
    /** Nobody knows its session, which never was or has long been forgotten. */
    NEVER_SEEN,
    /** It was away for longer than sessions are kept. */
    EXPIRED,
    /** Its session is of another life of the server: that has been restarted since. */
    UNKNOWN_EPOCH,
    /** Some of what it missed has had to leave the log, by the log's bounds. */
    TRIMMED,
    /** Its session ended for good: it left, or was thrown out, or broke the protocol. */
    NOT_RECOVERABLE,
    /** A middleware did not let it in. */
    REFUSED_BY_MIDDLEWARE
}
