package dev.bowline.redis;

import dev.bowline.adapter.AdapterContext;
import dev.bowline.adapter.cluster.ClusterBus;
import dev.bowline.adapter.cluster.ClusterCodec;
import dev.bowline.adapter.cluster.ClusterMessage;
import dev.bowline.core.engine.RemoteProtocolException;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import tools.jackson.databind.node.ObjectNode;

/**
 * The way of one namespace over sharded pub/sub, as {@code createShardedAdapter} of {@code @socket.io/redis-adapter} goes
 * it: one channel for all, one for what answers this server, and one for each room that somebody here is in.
 */
final class ShardedBus implements ClusterBus {
    private final RedisLink link;
    private final RoomChannels roomChannels;
    private final Consumer<ClusterMessage> receiver;
    private final String namespace;
    private final String node = NodeNames.next();
    private final String common;
    private final Presence presence;
    private final Own own;
    private final Set<String> rooms = ConcurrentHashMap.newKeySet();

    ShardedBus(RedisLink link, RoomChannels roomChannels, AdapterContext context, Consumer<ClusterMessage> receiver) {
        this.link = link;
        this.roomChannels = roomChannels;
        this.receiver = receiver;
        this.namespace = context.namespace();
        this.own = new Own(node, namespace);
        this.common = common(link, namespace);
        this.presence = new Presence(link, RedisLink.Kind.SHARD, node, common, common, NodeNames.PATTERN);
        link.subscribe(RedisLink.Kind.SHARD, common, this::take);
        link.subscribe(RedisLink.Kind.SHARD, common + node + '#', this::take);
    }

    static String common(RedisLink link, String namespace) {
        return link.options().prefix() + '#' + namespace + '#';
    }

    @Override
    public String node() {
        return node;
    }

    // ---- Out ------------------------------------------------------------------------------------

    @Override
    public void publish(ClusterMessage message) {
        publish(link, roomChannels, message, namespace);
    }

    /** Sends what anyone says. */
    static void publish(RedisLink link, RoomChannels roomChannels, ClusterMessage message, String namespace) {
        String common = common(link, namespace);
        Set<String> rooms = message.options().rooms();
        boolean oneRoom = message.kind() == ClusterMessage.Kind.BROADCAST
                && !message.wantsAnswers()
                && rooms.size() == 1
                && roomChannels.has(rooms.iterator().next());
        send(link, oneRoom ? common + rooms.iterator().next() + '#' : common, message, namespace);
    }

    @Override
    public void answer(String asker, ClusterMessage message) {
        send(link, common + asker + '#', message, namespace);
    }

    private static void send(RedisLink link, String channel, ClusterMessage message, String namespace) {
        byte[] bytes = encode(message, namespace);
        link.send(bytes.length, redis -> redis.spublish(channel, bytes));
    }

    static byte[] encode(ClusterMessage message, String namespace) {
        ObjectNode tree = ClusterCodec.write(message, namespace);
        return ClusterCodec.holdsBinary(tree) ? MessagePack.write(tree) : Json.write(tree);
    }

    // ---- In -------------------------------------------------------------------------------------

    private void take(String channel, byte[] message) {
        if (own.ends(message)) {
            return;
        }
        link.receive(message.length, () -> {
            try {
                ClusterMessage read = ClusterCodec.read(Json.readEither(message), namespace);
                if (!read.node().equals(node)) {
                    presence.heard(read.node());
                    receiver.accept(read);
                }
            } catch (RemoteProtocolException malformed) {
                link.drop(String.valueOf(malformed.getMessage()));
            }
        });
    }

    @Override
    public void roomCreated(String room) {
        if (roomChannels.has(room) && !room.equals(node)) {
            rooms.add(room);
            link.subscribe(RedisLink.Kind.SHARD, common + room + '#', this::take);
        }
    }

    @Override
    public void roomDeleted(String room) {
        if (rooms.remove(room)) {
            link.unsubscribe(RedisLink.Kind.SHARD, common + room + '#');
        }
    }

    // ---- Who is there ---------------------------------------------------------------------------

    @Override
    public CompletionStage<Set<String>> others() {
        return presence.others();
    }

    @Override
    public void close() {
        rooms.forEach(this::roomDeleted);
        link.unsubscribe(RedisLink.Kind.SHARD, common);
        link.unsubscribe(RedisLink.Kind.SHARD, common + node + '#');
    }
}
