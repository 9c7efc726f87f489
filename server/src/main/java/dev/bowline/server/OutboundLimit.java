package dev.bowline.server;

import dev.bowline.core.engine.OutboundPolicy;
import java.util.List;

/**
 * The news that a client does not read as fast as it is sent to: more than {@code maxQueuedBytes} waited for it.
 *
 * @param sockets the sockets of the client's connection at that moment, one for each namespace
 * @param policy what was done about it
 * @param packets how many packets this concerns since the last news of this client: dropped ones, emits that failed, or
 *     those that were lost with the connection
 * @param bytes the size of these packets
 */
public record OutboundLimit(List<Socket> sockets, OutboundPolicy policy, long packets, long bytes) {
    public OutboundLimit {
        sockets = List.copyOf(sockets);
    }
}
