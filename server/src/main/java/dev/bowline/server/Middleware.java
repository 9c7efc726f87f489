package dev.bowline.server;

/** Decides whether a socket may enter a namespace. */
@FunctionalInterface
public interface Middleware {
    /**
     * Lets the socket pass by returning, refuses it by throwing. May block: it runs off the event loop, before
     * the socket can receive a broadcast or be heard. Rooms that it joins here take effect once it is accepted.
     *
     * @throws Exception to refuse; a {@link ConnectionRefusedException} also tells the client why
     */
    void accept(Socket socket) throws Exception;
}
