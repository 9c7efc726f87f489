package dev.bowline.server;

/** The client left before it acknowledged: whether the event arrived is not known. */
public final class DisconnectedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DisconnectedException() {
        super("socket has been disconnected");
    }
}
