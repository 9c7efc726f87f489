package dev.bowline.server;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * A family of namespaces, each of which comes to exist when a first client asks for it. No client is ever in the
 * parent itself. Safe for any thread.
 *
 * <p>A child has the middlewares and the handlers of connections that its parent had when it came to exist; what is
 * added to the parent later concerns later children only. What is emitted here goes to all children that exist.
 * {@code emitWithAck} and {@code fetchSockets} are for one namespace at a time, and refused.
 */
public final class ParentNamespace implements Broadcaster {
    private static final System.Logger LOG = System.getLogger(ParentNamespace.class.getName());

    private final SocketIoServer server;
    private final Optional<Pattern> pattern;
    private final NamespaceMatcher matcher;
    private final Middlewares middlewares = new Middlewares();
    private final List<Consumer<Socket>> connectionHandlers = new CopyOnWriteArrayList<>();
    private final Set<Namespace> children = ConcurrentHashMap.newKeySet();

    ParentNamespace(SocketIoServer server, Pattern pattern) {
        this.server = server;
        this.pattern = Optional.of(pattern);
        this.matcher = (name, handshake) -> pattern.matcher(name).matches();
    }

    ParentNamespace(SocketIoServer server, NamespaceMatcher matcher) {
        this.server = server;
        this.pattern = Optional.empty();
        this.matcher = matcher;
    }

    /** Adds a middleware to every later child. */
    public ParentNamespace use(Middleware middleware) {
        middlewares.add(Objects.requireNonNull(middleware, "middleware must not be null"));
        return this;
    }

    /** Calls the handler with each socket that is let into any later child. */
    public ParentNamespace onConnection(Consumer<Socket> handler) {
        connectionHandlers.add(Objects.requireNonNull(handler, "handler must not be null"));
        return this;
    }

    /** The children that exist now, in no order. */
    public Collection<Namespace> children() {
        return List.copyOf(children);
    }

    @Override
    public BroadcastOperator broadcast() {
        return new BroadcastOperator(Audience.ofChildren(server, children));
    }

    // ---- For the registry -----------------------------------------------------------------------

    boolean matches(String name, Handshake handshake) {
        try {
            return matcher.matches(name, handshake);
        } catch (Exception | Error failure) {
            LOG.log(System.Logger.Level.WARNING, "A matcher of namespaces failed, which means no", failure);
            return false;
        }
    }

    /** Whether a name that the application asks for belongs here; a predicate is asked for clients only. */
    boolean claims(String name) {
        return pattern.isPresent() && pattern.get().matcher(name).matches();
    }

    Middlewares middlewares() {
        return middlewares;
    }

    List<Consumer<Socket>> connectionHandlers() {
        return new ArrayList<>(connectionHandlers);
    }

    void adopt(Namespace child) {
        children.add(child);
    }

    void forget(Namespace child) {
        children.remove(child);
    }
}
