package dev.bowline.bench.servers;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Who is there, and in which rooms: what a broadcast needs. Belongs to the one event loop; see {@link BareTarget}. */
final class BareAudience {
    private final Set<Channel> all = new LinkedHashSet<>();
    private final Map<String, Set<Channel>> rooms = new HashMap<>();

    /** Thread-safe, because it is called for each connection, on however many loops. */
    synchronized void add(Channel channel) {
        all.add(channel);
    }

    /** As {@link #add}. */
    synchronized void remove(Channel channel, Set<String> itsRooms) {
        all.remove(channel);
        itsRooms.forEach(room -> leave(channel, room));
    }

    void join(Channel channel, String room) {
        rooms.computeIfAbsent(room, name -> new LinkedHashSet<>()).add(channel);
    }

    void leave(Channel channel, String room) {
        Set<Channel> members = rooms.get(room);
        if (members != null && members.remove(channel) && members.isEmpty()) {
            rooms.remove(room);
        }
    }

    /** Writes the text to everybody, without a copy. */
    void toAll(ByteBuf text) {
        write(text, all);
    }

    /** Writes the text to the members of a room, without a copy. */
    void toRoom(ByteBuf text, String room) {
        write(text, rooms.getOrDefault(room, Set.of()));
    }

    private static void write(ByteBuf text, Set<Channel> receivers) {
        for (Channel receiver : receivers) {
            receiver.writeAndFlush(new TextWebSocketFrame(text.retainedDuplicate()), receiver.voidPromise());
        }
    }
}
