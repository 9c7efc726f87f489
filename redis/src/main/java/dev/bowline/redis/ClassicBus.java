package dev.bowline.redis;

import dev.bowline.adapter.AdapterContext;
import dev.bowline.adapter.cluster.ClusterBus;
import dev.bowline.adapter.cluster.ClusterMessage;
import dev.bowline.core.engine.RemoteProtocolException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The way of one namespace over pub/sub, as {@code @socket.io/redis-adapter} goes it: broadcasts on a channel of the
 * namespace, those to one room on a channel of the room, all of which a server hears by one pattern; requests and
 * responses on a channel each, and one more for what answers this server only.
 */
final class ClassicBus implements ClusterBus {
    private final RedisLink link;
    private final Consumer<ClusterMessage> receiver;
    private final String namespace;
    private final String node = NodeNames.next();
    private final Set<String> rooms = ConcurrentHashMap.newKeySet();
    private final Presence presence;
    private final Own own;

    private final String broadcasts;
    private final String pattern;
    private final String requests;
    private final String responses;

    ClassicBus(RedisLink link, AdapterContext context, Consumer<ClusterMessage> receiver) {
        this.link = link;
        this.receiver = receiver;
        this.namespace = context.namespace();
        this.own = new Own(node, namespace);
        ClassicChannels channels = new ClassicChannels(link.options().prefix(), namespace);
        this.broadcasts = channels.broadcasts();
        this.requests = channels.requests();
        this.responses = channels.responses();
        this.pattern = Presence.escaped(broadcasts) + '*';
        this.presence = new Presence(link, RedisLink.Kind.CHANNEL, node, requests, responses, "*");
        link.subscribe(RedisLink.Kind.PATTERN, pattern, this::broadcastCame);
        link.subscribe(RedisLink.Kind.CHANNEL, requests, this::requestCame);
        link.subscribe(RedisLink.Kind.CHANNEL, responses, this::responseCame);
        link.subscribe(RedisLink.Kind.CHANNEL, responses + node + '#', this::responseCame);
    }

    @Override
    public String node() {
        return node;
    }

    // ---- Out ------------------------------------------------------------------------------------

    @Override
    public void publish(ClusterMessage message) {
        publish(link, message, namespace);
    }

    /** Sends what anyone says. */
    static void publish(RedisLink link, ClusterMessage message, String namespace) {
        var channels = new ClassicChannels(link.options().prefix(), namespace);
        if (message.kind() == ClusterMessage.Kind.BROADCAST && !message.wantsAnswers()) {
            String channel = ClassicChannels.of(message, channels.broadcasts());
            send(link, channel, ClassicCodec.broadcast(message, namespace));
        } else {
            send(link, channels.requests(), ClassicCodec.request(message, namespace));
        }
    }

    /** Servers of Node listen to their own channel too, whether they answer there or not. */
    @Override
    public void answer(String asker, ClusterMessage message) {
        send(link, asker.isEmpty() ? responses : responses + asker + '#', ClassicCodec.response(message));
    }

    private static void send(RedisLink link, String channel, byte[] message) {
        link.send(message.length, redis -> redis.publish(channel, message));
    }

    // ---- In -------------------------------------------------------------------------------------

    @FunctionalInterface
    private interface Reading {
        Optional<ClusterMessage> read(byte[] message) throws RemoteProtocolException;
    }

    private void broadcastCame(String channel, byte[] message) {
        if (own.begins(message)) {
            return;
        }
        if (channel.length() > broadcasts.length()) {
            String room = channel.substring(broadcasts.length(), channel.length() - 1);
            if (!rooms.contains(room)) {
                return; // not even read
            }
        }
        take(message, bytes -> Optional.of(ClassicCodec.readBroadcast(bytes, namespace)));
    }

    private void requestCame(String channel, byte[] message) {
        take(message, bytes -> ClassicCodec.readRequest(bytes, namespace));
    }

    private void responseCame(String channel, byte[] message) {
        take(message, ClassicCodec::readResponse);
    }

    private void take(byte[] message, Reading reading) {
        link.receive(message.length, () -> {
            try {
                reading.read(message).filter(read -> !read.node().equals(node)).ifPresent(receiver);
            } catch (RemoteProtocolException malformed) {
                link.drop(String.valueOf(malformed.getMessage()));
            }
        });
    }

    // ---- Who is there ---------------------------------------------------------------------------

    @Override
    public void roomCreated(String room) {
        rooms.add(room);
    }

    @Override
    public void roomDeleted(String room) {
        rooms.remove(room);
    }

    @Override
    public CompletionStage<Set<String>> others() {
        return presence.others();
    }

    @Override
    public void close() {
        link.unsubscribe(RedisLink.Kind.PATTERN, pattern);
        link.unsubscribe(RedisLink.Kind.CHANNEL, requests);
        link.unsubscribe(RedisLink.Kind.CHANNEL, responses);
        link.unsubscribe(RedisLink.Kind.CHANNEL, responses + node + '#');
    }
}
