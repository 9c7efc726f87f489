package dev.bowline.testkit;

/** The way that bytes travel through a {@link FaultProxy}. */
public enum Direction {
    /** From the client, which connected to the proxy, to the target. */
    TO_SERVER,
    /** From the target to the client. */
    TO_CLIENT,
    /** Both ways. */
    BOTH;

    /** Whether a command for this direction concerns that one, which is not {@link #BOTH}. */
    boolean covers(Direction one) {
        return this == one || this == BOTH;
    }
}
