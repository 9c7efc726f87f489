package dev.bowline.adapter;

import org.jspecify.annotations.Nullable;

/**
 * What went out to one room, in the order of its numbers: a ring that grows and shrinks with what it holds. It is kept
 * as long as a session knows the room. Guarded by the {@link RecoveryLog}'s lock.
 */
final class RoomLog {
    private static final int LEAST = 4;

    private @Nullable LoggedPacket[] ring = new LoggedPacket[0];
    private int head;
    private int size;
    private long trimmed;
    private long excepted;
    private int sessions;

    /** A room of which nothing is known so far. */
    RoomLog() {}

    int size() {
        return size;
    }

    /** The number of the newest packet that is not here any more; 0 where none has been lost. */
    long trimmed() {
        return trimmed;
    }

    /** The number of the newest packet from which the room's members were excepted. */
    long excepted() {
        return excepted;
    }

    void excepted(long sequence) {
        excepted = sequence;
    }

    LoggedPacket at(int index) {
        LoggedPacket packet = ring[(head + index) & (ring.length - 1)];
        if (index >= size || packet == null) {
            throw new IndexOutOfBoundsException(index);
        }
        return packet;
    }

    /** The index of the first packet behind that number; the size if there is none. */
    int firstAfter(long sequence) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (at(middle).sequence() <= sequence) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    void add(LoggedPacket packet) {
        if (size == ring.length) {
            resize(Math.max(LEAST, 2 * size));
        }
        ring[(head + size++) & (ring.length - 1)] = packet;
    }

    /** The oldest leaves. */
    void trim(long sequence) {
        missed(sequence);
        ring[head] = null;
        head = (head + 1) & (ring.length - 1);
        size--;
        if (size == 0) {
            ring = new LoggedPacket[0];
            head = 0;
        } else if (ring.length > LEAST && size <= ring.length / 4) {
            resize(ring.length / 2);
        }
    }

    /** A packet of that number is not here. */
    void missed(long sequence) {
        trimmed = sequence;
    }

    private void resize(int length) {
        @Nullable LoggedPacket[] resized = new LoggedPacket[length];
        for (int i = 0; i < size; i++) {
            resized[i] = at(i);
        }
        ring = resized;
        head = 0;
    }

    // ---- Who knows the room ---------------------------------------------------------------------

    void known() {
        sessions++;
    }

    /** A session has forgotten the room; says whether no other knows it. */
    boolean forgotten() {
        return --sessions == 0;
    }
}
