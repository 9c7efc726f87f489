package dev.bowline.client;

/** The connection was lost before the acknowledgement came: whether the event arrived is not known. */
public final class DisconnectedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DisconnectedException() {
        super("socket has been disconnected");
    }
}
