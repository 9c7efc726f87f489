package dev.bowline.server;

import dev.bowline.adapter.Adapter;
import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.InMemoryAdapter;
import dev.bowline.core.packet.JsonCodec;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A part of the server with its own sockets, rooms, middlewares and handlers, reached over the same
 * connection as the others. Safe for any thread.
 */
public final class Namespace {
    private final String name;
    private final JsonCodec codec;
    private final Adapter adapter = new InMemoryAdapter();
    private final Map<String, Socket> sockets = new ConcurrentHashMap<>();
    private final Middlewares middlewares = new Middlewares();
    private final List<Consumer<Socket>> connectionHandlers = new CopyOnWriteArrayList<>();
    private final AtomicLong ackIds = new AtomicLong();

    Namespace(String name, JsonCodec codec) {
        this.name = name;
        this.codec = codec;
    }

    /** Its name, beginning with a slash. */
    public String name() {
        return name;
    }

    /** Adds a middleware; those of a namespace run in the order in which they were added. */
    public Namespace use(Middleware middleware) {
        middlewares.add(middleware);
        return this;
    }

    /** Calls the handler with each socket that was let in, before any of its events. It may block. */
    public Namespace onConnection(Consumer<Socket> handler) {
        connectionHandlers.add(handler);
        return this;
    }

    /** The sockets that are connected now, in no order. */
    public Collection<Socket> sockets() {
        return List.copyOf(sockets.values());
    }

    /** The number of sockets that are connected now. */
    public int socketCount() {
        return sockets.size();
    }

    /** The connected socket of that id. */
    public Optional<Socket> socket(String id) {
        return Optional.ofNullable(sockets.get(id));
    }

    /** Sends an event to every socket of this namespace. */
    public void emit(String event, @Nullable Object... args) {
        everyone().emit(event, args);
    }

    /** Selects the members of a room. */
    public BroadcastOperator to(String room) {
        return everyone().to(room);
    }

    /** The same as {@link #to(String)}. */
    public BroadcastOperator in(String room) {
        return everyone().to(room);
    }

    /** Selects everyone but the members of a room. */
    public BroadcastOperator except(String room) {
        return everyone().except(room);
    }

    private BroadcastOperator everyone() {
        return new BroadcastOperator(this, BroadcastOptions.EVERYONE);
    }

    Adapter adapter() {
        return adapter;
    }

    JsonCodec codec() {
        return codec;
    }

    Middlewares middlewares() {
        return middlewares;
    }

    List<Consumer<Socket>> connectionHandlers() {
        return connectionHandlers;
    }

    /** Acknowledgement ids count up per namespace. */
    long nextAckId() {
        return ackIds.getAndIncrement();
    }

    void add(SocketSession session) {
        sockets.put(session.id(), session.socket());
        adapter.add(session);
    }

    void remove(SocketSession session) {
        adapter.remove(session.id());
        sockets.remove(session.id(), session.socket());
    }
}
