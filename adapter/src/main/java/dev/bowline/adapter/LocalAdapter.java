package dev.bowline.adapter;

import dev.bowline.core.packet.Packet;
import java.time.Duration;

/** An adapter of the sockets of this node only, for an adapter of a cluster to stand on. */
public interface LocalAdapter extends Adapter {
    /**
     * Broadcasts to the sockets of this node and tells of each answer as it comes, for an adapter that owes them to
     * another node.
     */
    void broadcastWithAck(Packet packet, BroadcastOptions options, Duration timeout, AnswerListener listener);
}
