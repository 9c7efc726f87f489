package dev.bowline.adapter;

/**
 * A session in a room: what went out there after {@code from}, up to and including {@code to}, went to the session.
 * Immutable.
 */
record Membership(String name, RoomLog room, long from, long to) {
    static final long STILL = Long.MAX_VALUE;

    Membership endedAt(long position) {
        return new Membership(name, room, from, position);
    }

    boolean covers(long sequence) {
        return from < sequence && sequence <= to;
    }

    /** Whether something that was to go to the session after that number is not in the log any more. */
    boolean isTrimmedAfter(long sequence) {
        return room.trimmed() > Math.max(from, sequence);
    }

    /** Whether the log holds, or held, something that went to the session through this, or because of it did not. */
    boolean matters() {
        int first = room.firstAfter(from);
        return room.excepted() > from
                || room.trimmed() > from
                || (first < room.size() && room.at(first).sequence() <= to);
    }
}
