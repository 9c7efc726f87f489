package dev.bowline.redis;

/** Which rooms have a channel of their own in sharded pub/sub: Node's {@code subscriptionMode}. The same on all servers. */
public enum RoomChannels {
    /** None: every server hears every broadcast. Node's {@code static}. */
    NONE,
    /** All but those that look like a socket's own, having 20 characters. Node's {@code dynamic}, and its default. */
    PUBLIC,
    /** All: each socket costs a subscription. Node's {@code dynamic-private}. */
    ALL;

    private static final int OF_A_SOCKET = 20;

    boolean has(String room) {
        return this == ALL || (this == PUBLIC && room.length() != OF_A_SOCKET);
    }
}
