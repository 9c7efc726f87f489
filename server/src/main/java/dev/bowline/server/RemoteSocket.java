package dev.bowline.server;

import dev.bowline.adapter.Adapter;
import dev.bowline.adapter.Answer;
import dev.bowline.adapter.Answers;
import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.SocketDetails;
import dev.bowline.core.packet.Packet;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A socket somewhere in the cluster, on this server or another, as it was when it was looked up. What is done to it
 * goes through its own room, so it works from anywhere; if the socket has left, nothing happens. Immutable, safe for
 * any thread.
 */
public final class RemoteSocket {
    private final Namespace namespace;
    private final SocketDetails details;
    private final BroadcastOptions itself;

    RemoteSocket(Namespace namespace, SocketDetails details) {
        this.namespace = namespace;
        this.details = details;
        this.itself = BroadcastOptions.to(details.id());
    }

    /** Its id, which is also the name of its own room. */
    public String id() {
        return details.id();
    }

    /** What the client said when it came. */
    public Handshake handshake() {
        return details instanceof LocalSocket local
                ? local.socket().handshake()
                : Handshake.ofJson(details.handshake(), namespace.codec().mapper());
    }

    /** The rooms that it was in, its own among them. */
    public Set<String> rooms() {
        return details.rooms();
    }

    /**
     * What the application keeps with it under a key. From another server comes what its mapper writes as JSON, under
     * the key's name; it is bound to the key's type here.
     *
     * @throws IllegalArgumentException if what came is not of that type
     */
    public <T> Optional<T> data(DataKey<T> key) {
        if (details instanceof LocalSocket local) {
            return local.socket().data().find(key);
        }
        JsonNode value = details.data().path(key.name());
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        try {
            return Optional.of(namespace.codec().mapper().treeToValue(value, key.type()));
        } catch (JacksonException mismatch) {
            throw new IllegalArgumentException(
                    "data of the other server is no " + key.type() + ": " + key.name(), mismatch);
        }
    }

    /** Everything that the application keeps with it, as JSON by the names of the keys. */
    public ObjectNode data() {
        return details.data();
    }

    /** As {@link Socket#emit}. */
    public void emit(String event, @Nullable Object... args) {
        emitter().emit(event, args);
    }

    /** As {@link Socket#emitWithAck}. */
    public <T> CompletableFuture<@Nullable T> emitWithAck(String event, Class<T> type, @Nullable Object... args) {
        return emitter().emitWithAck(event, type, args);
    }

    /** Says how long the acknowledgement of an emit is awaited. */
    public Emitter timeout(Duration limit) {
        return emitter().timeout(limit);
    }

    /** Emits what is dropped unless it can be written at once: volatile events. */
    public Emitter droppable() {
        return emitter().droppable();
    }

    /** As {@link Socket#compress}. */
    public Emitter compress(boolean worthIt) {
        return emitter().compress(worthIt);
    }

    private Emitter emitter() {
        return new Emitter(new ThroughItsRoom(), namespace.server().options().ackTimeout());
    }

    /** Makes it join a room. */
    public void join(String room) {
        joinAll(List.of(room));
    }

    /** Makes it join rooms. */
    public void joinAll(Collection<String> rooms) {
        adapter().socketsJoin(itself, new LinkedHashSet<>(rooms));
    }

    /** Makes it leave a room. */
    public void leave(String room) {
        adapter().socketsLeave(itself, Set.of(room));
    }

    /** As {@link Socket#disconnect()}. */
    public void disconnect() {
        disconnect(false);
    }

    /** As {@link Socket#disconnect(boolean)}. */
    public void disconnect(boolean closeConnection) {
        adapter().disconnectSockets(itself, closeConnection);
    }

    private Adapter adapter() {
        return namespace.adapter();
    }

    private final class ThroughItsRoom implements EmitTarget {
        @Override
        public void emit(Emitter how, String event, @Nullable Object[] args) {
            adapter().broadcast(packet(event, args), how.to(itself));
        }

        @Override
        public <T> CompletableFuture<@Nullable T> emitWithAck(
                Emitter how, String event, Class<T> type, @Nullable Object[] args) {
            return adapter()
                    .broadcastWithAck(packet(event, args), how.to(itself), how.timeout())
                    .<@Nullable T>thenApplyAsync(
                            answers -> theAnswer(answers, type),
                            namespace.server().answers())
                    .toCompletableFuture();
        }

        private <T> @Nullable T theAnswer(Answers<Answer> answers, Class<T> type) {
            if (answers.values().isEmpty()) {
                throw answers.isComplete()
                        ? new DisconnectedException()
                        : new CompletionException(new TimeoutException("operation has timed out"));
            }
            return namespace.bind(answers.values().get(0), type);
        }

        private Packet packet(String event, @Nullable Object[] args) {
            return Packet.of(
                    Packet.Type.EVENT, namespace.name(), namespace.codec().writeEvent(event, args));
        }
    }
}
