package dev.bowline.redis;

import dev.bowline.adapter.cluster.ClusterMessage;

/**
 * The channels of one namespace in {@code @socket.io/redis-adapter}.
 *
 * @param broadcasts of what is for nobody's room or for several; what is for one room has its name and a {@code #} behind
 * @param requests of what is asked and ordered
 * @param responses of what is answered; for one server, with its name and a {@code #} behind
 */
record ClassicChannels(String broadcasts, String requests, String responses) {
    ClassicChannels(String key, String namespace) {
        this(key + '#' + namespace + '#', key + "-request#" + namespace + '#', key + "-response#" + namespace + '#');
    }

    /** Where that broadcast belongs. */
    static String of(ClusterMessage broadcast, String broadcasts) {
        var rooms = broadcast.options().rooms();
        return rooms.size() == 1 ? broadcasts + rooms.iterator().next() + '#' : broadcasts;
    }
}
