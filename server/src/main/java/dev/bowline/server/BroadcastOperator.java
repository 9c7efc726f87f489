package dev.bowline.server;

import dev.bowline.adapter.Answers;
import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A selection of sockets, and how they are addressed; then what to do with them. Immutable, safe for any thread. */
public final class BroadcastOperator implements Broadcaster {
    private final Audience audience;
    private final BroadcastOptions options;
    private final Duration timeout;

    BroadcastOperator(Audience audience) {
        this(audience, BroadcastOptions.EVERYONE, audience.server().options().ackTimeout());
    }

    private BroadcastOperator(Audience audience, BroadcastOptions options, Duration timeout) {
        this.audience = audience;
        this.options = options;
        this.timeout = timeout;
    }

    private BroadcastOperator with(BroadcastOptions changed) {
        return new BroadcastOperator(audience, changed, timeout);
    }

    /** The same selection. */
    @Override
    public BroadcastOperator broadcast() {
        return this;
    }

    @Override
    public BroadcastOperator to(String room) {
        return to(List.of(room));
    }

    @Override
    public BroadcastOperator to(Collection<String> rooms) {
        return with(options.andTo(rooms));
    }

    @Override
    public BroadcastOperator except(String room) {
        return except(List.of(room));
    }

    @Override
    public BroadcastOperator except(Collection<String> rooms) {
        return with(options.butNotTo(rooms));
    }

    @Override
    public BroadcastOperator local() {
        return with(options.asLocal());
    }

    @Override
    public BroadcastOperator droppable() {
        return with(options.asDroppable());
    }

    @Override
    public BroadcastOperator compress(boolean worthIt) {
        return with(options.compress(worthIt));
    }

    @Override
    public BroadcastOperator timeout(Duration limit) {
        return new BroadcastOperator(audience, options, Emitter.checked(limit));
    }

    @Override
    public void emit(String event, @Nullable Object... args) {
        Payload payload = audience.server().codec().writeEvent(event, args);
        for (Namespace namespace : audience.namespaces().get()) {
            namespace.adapter().broadcast(Packet.of(Packet.Type.EVENT, namespace.name(), payload), options);
        }
    }

    @Override
    public <T> CompletableFuture<Answers<@Nullable T>> emitWithAck(
            String event, Class<T> type, @Nullable Object... args) {
        Namespace namespace = audience.asked("emitWithAck");
        Payload payload = namespace.codec().writeEvent(event, args);
        return namespace
                .adapter()
                .broadcastWithAck(Packet.of(Packet.Type.EVENT, namespace.name(), payload), options, timeout)
                .<Answers<@Nullable T>>thenApplyAsync(answers -> namespace.bind(answers, type), answers())
                .toCompletableFuture();
    }

    @Override
    public CompletableFuture<List<RemoteSocket>> fetchSockets() {
        Namespace namespace = audience.asked("fetchSockets");
        return namespace
                .adapter()
                .fetchSockets(options, timeout)
                .thenApplyAsync(
                        found -> {
                            List<RemoteSocket> sockets = found.values().stream()
                                    .map(details -> new RemoteSocket(namespace, details))
                                    .toList();
                            if (!found.isComplete()) {
                                throw new SilentNodesException(sockets, found.silentNodes(), found.unnamedNodes());
                            }
                            return sockets;
                        },
                        answers())
                .toCompletableFuture();
    }

    private Executor answers() {
        return audience.server().answers();
    }

    @Override
    public void socketsJoin(Collection<String> rooms) {
        Set<String> inOrder = new LinkedHashSet<>(rooms);
        audience.namespaces().get().forEach(namespace -> namespace.adapter().socketsJoin(options, inOrder));
    }

    @Override
    public void socketsLeave(Collection<String> rooms) {
        Set<String> inOrder = new LinkedHashSet<>(rooms);
        audience.namespaces().get().forEach(namespace -> namespace.adapter().socketsLeave(options, inOrder));
    }

    @Override
    public void disconnectSockets(boolean closeConnection) {
        audience.namespaces()
                .get()
                .forEach(namespace -> namespace.adapter().disconnectSockets(options, closeConnection));
    }
}
