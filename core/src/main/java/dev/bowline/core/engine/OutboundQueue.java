package dev.bowline.core.engine;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a session has to write and cannot yet, in order; a packet and its attachments are one element, and go or stay
 * together. Confined to the session's event loop.
 */
final class OutboundQueue {
    private final ArrayDeque<PacketGroup> groups = new ArrayDeque<>();
    private long bytes;

    boolean isEmpty() {
        return groups.isEmpty();
    }

    int size() {
        return groups.size();
    }

    /** The size of everything that waits. */
    long bytes() {
        return bytes;
    }

    @Nullable
    PacketGroup peekLast() {
        return groups.peekLast();
    }

    void add(PacketGroup group) {
        groups.add(group);
        bytes += group.byteLength();
    }

    @Nullable
    PacketGroup poll() {
        PacketGroup group = groups.poll();
        if (group != null) {
            bytes -= group.byteLength();
        }
        return group;
    }

    /** Takes events out, the oldest first, until no more than {@code limit} bytes wait or only protocol is left. */
    void dropEvents(long limit, Consumer<PacketGroup> onDropped) {
        for (Iterator<PacketGroup> all = groups.iterator(); bytes > limit && all.hasNext(); ) {
            PacketGroup group = all.next();
            if (group.kind() != PacketGroup.Kind.PROTOCOL) {
                all.remove();
                bytes -= group.byteLength();
                onDropped.accept(group);
            }
        }
    }

    void clear() {
        groups.clear();
        bytes = 0;
    }
}
