package dev.bowline.core.engine;

/** Why an Engine.IO session ended, on either side, in the words of the reference. */
public enum CloseReason {
    /** The other side, or the network, closed the transport. */
    TRANSPORT_CLOSE("transport close"),
    /** The transport failed: a request aborted or refused, a rule of the transport broken. */
    TRANSPORT_ERROR("transport error"),
    /** The heartbeat stopped. */
    PING_TIMEOUT("ping timeout"),
    /** The other side sent something that is no packet. */
    PARSE_ERROR("parse error"),
    /** This side closed it. */
    FORCED_CLOSE("forced close");

    private final String text;

    CloseReason(String text) {
        this.text = text;
    }

    /** The words of the reference, for example {@code ping timeout}. */
    public String text() {
        return text;
    }

    @Override
    public String toString() {
        return text;
    }
}
