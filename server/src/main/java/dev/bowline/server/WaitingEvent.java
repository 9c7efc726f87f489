package dev.bowline.server;

import dev.bowline.core.packet.Packet;
import org.jspecify.annotations.Nullable;

/** An event that waits for its handler, unless it is taken away before. Safe for any thread. */
final class WaitingEvent {
    private @Nullable Packet packet;

    WaitingEvent(Packet packet) {
        this.packet = packet;
    }

    /** The packet, the first time; from then on it is not kept. */
    synchronized @Nullable Packet take() {
        Packet taken = packet;
        packet = null;
        return taken;
    }
}
