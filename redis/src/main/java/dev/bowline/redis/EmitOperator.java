package dev.bowline.redis;

import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.cluster.ClusterMessage;
import dev.bowline.adapter.cluster.ClusterMessage.Kind;
import dev.bowline.core.packet.JsonCodec;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Whom a {@link RedisEmitter} addresses, and how. Each step makes a new one. Immutable, safe for any thread. */
public final class EmitOperator {
    private static final JsonCodec CODEC = new JsonCodec();

    private final RedisEmitter.Way way;
    private final String namespace;
    private final BroadcastOptions options;

    EmitOperator(RedisEmitter.Way way, String namespace) {
        this(way, namespace, BroadcastOptions.EVERYONE);
    }

    private EmitOperator(RedisEmitter.Way way, String namespace, BroadcastOptions options) {
        this.way = way;
        this.namespace = namespace;
        this.options = options;
    }

    private EmitOperator with(BroadcastOptions changed) {
        return new EmitOperator(way, namespace, changed);
    }

    /** The members of this room. After another {@code to}, of either; whoever is in both counts once. */
    public EmitOperator to(String room) {
        return with(options.andTo(List.of(room)));
    }

    /** The members of any of these rooms. */
    public EmitOperator to(Collection<String> rooms) {
        return with(options.andTo(rooms));
    }

    /** Not the members of this room, whatever else they are in. */
    public EmitOperator except(String room) {
        return with(options.butNotTo(List.of(room)));
    }

    /** Not the members of these rooms, whatever else they are in. */
    public EmitOperator except(Collection<String> rooms) {
        return with(options.butNotTo(rooms));
    }

    /** Only to those who can take it at once: what Socket.IO calls volatile. */
    public EmitOperator droppable() {
        return with(options.asDroppable());
    }

    /** Whether compressing it is worth its while. Default true; it matters to long-polling only. */
    public EmitOperator compress(boolean worthIt) {
        return with(options.compress(worthIt));
    }

    /**
     * Sends an event to everyone selected.
     *
     * @throws IllegalArgumentException if the event's name is reserved, or an argument cannot be written as JSON
     */
    public void emit(String event, @Nullable Object... args) {
        say(message(Kind.BROADCAST).with(CODEC.writeEvent(event, args)));
    }

    /** Makes everyone selected join rooms. */
    public void socketsJoin(String... rooms) {
        say(message(Kind.SOCKETS_JOIN).with(new LinkedHashSet<>(List.of(rooms))));
    }

    /** Makes everyone selected leave rooms. */
    public void socketsLeave(String... rooms) {
        say(message(Kind.SOCKETS_LEAVE).with(new LinkedHashSet<>(List.of(rooms))));
    }

    /** Throws everyone selected out of the namespace, or out of all of them and closes the connection. */
    public void disconnectSockets(boolean closeConnection) {
        say(message(Kind.DISCONNECT_SOCKETS).closing(closeConnection));
    }

    /** Emits to the servers themselves, whomever else is selected. */
    public void serverSideEmit(String event, @Nullable Object... args) {
        @Nullable Object[] all = new Object[args.length + 1];
        all[0] = event;
        System.arraycopy(args, 0, all, 1, args.length);
        say(ClusterMessage.of(Kind.SERVER_SIDE_EMIT, NodeNames.EMITTER).with(CODEC.write(all)));
    }

    private ClusterMessage message(Kind kind) {
        return ClusterMessage.of(kind, NodeNames.EMITTER).to(options);
    }

    private void say(ClusterMessage message) {
        way.publish(message, namespace);
    }

    /** A broadcast's options in the order of fields that Node's emitters write. */
    static ObjectNode inOrder(ObjectNode opts) {
        ObjectNode ordered = JsonNodeFactory.instance.objectNode();
        for (String field : List.of("rooms", "flags", "except")) {
            ordered.set(field, opts.path(field));
        }
        return ordered;
    }
}
