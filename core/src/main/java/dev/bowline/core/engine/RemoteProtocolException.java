package dev.bowline.core.engine;

/**
 * The peer broke the protocol. The session is closed with a reason; user code never sees the packet.
 *
 * <p>The message is bounded and holds nothing of what the peer sent.
 */
public final class RemoteProtocolException extends Exception {
    private static final long serialVersionUID = 1L;

    /** The rule that was broken, in the words of the reference implementation where it has some. */
    public RemoteProtocolException(String message) {
        super(message, null, false, false);
    }
}
