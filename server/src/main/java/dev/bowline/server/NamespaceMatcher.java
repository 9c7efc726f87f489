package dev.bowline.server;

/** Decides which namespaces exist when a client asks for one that does not yet. */
@FunctionalInterface
public interface NamespaceMatcher {
    /**
     * Whether a namespace of that name is to exist, for this client and all that follow. Runs off the event loop, for
     * one request of a client at a time; may block. What it throws is logged, and means no.
     *
     * @param name as the client wrote it, beginning with a slash; at most 1,024 characters
     * @param handshake what the client said, its {@code auth} for this namespace included
     */
    boolean matches(String name, Handshake handshake) throws Exception;
}
