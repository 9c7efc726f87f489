package dev.bowline.adapter;

import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * A socket as it looks from anywhere in the cluster. What may be large is written as JSON only when it is asked for.
 * Safe for any thread.
 */
public interface SocketDetails {
    /** Its id. */
    String id();

    /** The rooms that it was in, its own among them. */
    Set<String> rooms();

    /** Its handshake, with the field names of Node's. */
    ObjectNode handshake();

    /** What the application keeps with it, so far as it can be written as JSON. */
    ObjectNode data();
}
