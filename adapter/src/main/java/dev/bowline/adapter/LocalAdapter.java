package dev.bowline.adapter;

import dev.bowline.core.packet.Packet;
import java.time.Duration;
import java.util.Set;

/** An adapter of the sockets of this node only, for an adapter of a cluster to stand on. */
public interface LocalAdapter extends Adapter {
    /** The names of all rooms that somebody is in. */
    Set<String> rooms();

    /**
     * Broadcasts to the sockets of this node and tells of each answer as it comes, for an adapter that owes them to
     * another node.
     */
    void broadcastWithAck(Packet packet, BroadcastOptions options, Duration timeout, AnswerListener listener);
}
