package dev.bowline.server;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The namespaces of a server by name, and the parents through which clients may cause further ones. Safe for any
 * thread.
 *
 * <p>A namespace is made outside of any lock, because its adapter and those who are told of it are foreign code; its
 * name is reserved first, so there is never a second one. Whoever asks for it meanwhile waits, and does so off the
 * event loop: nobody may enter before those who are told, who may add the middleware that guards it, have returned.
 */
final class Namespaces {
    private static final System.Logger LOG = System.getLogger(Namespaces.class.getName());

    /** A longer name makes no namespace: patterns of the application are not to be tried on megabytes. */
    private static final int MAX_NAME_LENGTH = 1_024;

    /** A reserved name, and the namespace once it is ready. */
    private static final class Slot {
        private volatile @Nullable Thread maker = Thread.currentThread();
        private final CompletableFuture<Namespace> ready = new CompletableFuture<>();
        private volatile @Nullable Namespace made;

        Optional<Namespace> now() {
            return ready.isCompletedExceptionally() ? Optional.empty() : Optional.ofNullable(ready.getNow(null));
        }

        /** Waits for it, save on the thread that is making it, which is told of it already. */
        Namespace await() {
            Namespace mine = made;
            if (maker != Thread.currentThread() || ready.isDone()) {
                return ready.join();
            }
            if (mine == null) {
                throw new IllegalStateException("a namespace must not be asked for by the factory of its adapter");
            }
            return mine;
        }
    }

    private final SocketIoServer server;
    private final Map<String, Slot> byName = new ConcurrentHashMap<>();
    private final List<ParentNamespace> parents = new CopyOnWriteArrayList<>();
    private final List<Consumer<Namespace>> newNamespaceHandlers = new CopyOnWriteArrayList<>();
    private final AtomicInteger dynamic = new AtomicInteger();
    private final AtomicBoolean fullTold = new AtomicBoolean();

    Namespaces(SocketIoServer server) {
        this.server = server;
    }

    void add(ParentNamespace parent) {
        parents.add(parent);
    }

    void onNew(Consumer<Namespace> handler) {
        newNamespaceHandlers.add(handler);
    }

    Collection<Namespace> all() {
        List<Namespace> all = new ArrayList<>();
        byName.values().forEach(slot -> slot.now().ifPresent(all::add));
        return all;
    }

    /** The namespace of that name for the application: made if there is none, and from now on never cleaned up. */
    Namespace of(String name) {
        String full = name.startsWith("/") ? name : "/" + name;
        if (full.chars().anyMatch(c -> c == ',' || c < 0x20)) {
            // No packet could name it.
            throw new IllegalArgumentException("namespace must not hold a comma or a control character: " + name);
        }
        while (true) {
            Slot slot = byName.get(full);
            Namespace namespace = slot == null ? madeForTheApplication(full) : slot.await();
            Namespace.Kept kept = namespace.keep();
            if (kept == Namespace.Kept.FROM_NOW_ON) {
                dynamic.decrementAndGet();
            }
            if (kept != Namespace.Kept.TOO_LATE) {
                return namespace;
            }
            remove(namespace);
        }
    }

    private Namespace madeForTheApplication(String name) {
        Slot mine = new Slot();
        Slot other = byName.putIfAbsent(name, mine);
        if (other != null) {
            return other.await();
        }
        Optional<ParentNamespace> parent =
                parents.stream().filter(candidate -> candidate.claims(name)).findFirst();
        return make(mine, name, parent, false);
    }

    // ---- For clients ----------------------------------------------------------------------------

    /** Enters the namespace of that name, if it is there. Never waits. */
    Optional<Namespace> enterNow(String name) {
        Slot slot = byName.get(name);
        return slot == null ? Optional.empty() : slot.now().filter(Namespace::enter);
    }

    /** Whether {@link #enter} could say something else than {@link #enterNow}. */
    boolean mayAppear(String name) {
        return byName.containsKey(name) || (!parents.isEmpty() && name.length() <= MAX_NAME_LENGTH);
    }

    /**
     * Enters the namespace of that name; if there is none, asks the parents in the order in which they were
     * registered, and makes it a child of the first that wants it. May take long.
     */
    Optional<Namespace> enter(String name, Handshake handshake) {
        while (true) {
            Slot slot = byName.get(name);
            if (slot != null) {
                Optional<Namespace> there = awaited(slot);
                if (there.isEmpty() || there.get().enter()) {
                    return there;
                }
                remove(there.get());
                continue;
            }
            Optional<ParentNamespace> parent = parents.stream()
                    .filter(candidate -> candidate.matches(name, handshake))
                    .findFirst();
            if (parent.isEmpty() || !makeChild(name, parent.get())) {
                return Optional.empty();
            }
        }
    }

    private static Optional<Namespace> awaited(Slot slot) {
        try {
            return Optional.of(slot.await());
        } catch (CompletionException notMade) {
            return Optional.empty();
        }
    }

    /** Says whether there is a namespace of that name now, by whomever it was made. */
    private boolean makeChild(String name, ParentNamespace parent) {
        int limit = server.options().maxDynamicNamespaces();
        if (dynamic.incrementAndGet() > limit) {
            dynamic.decrementAndGet();
            // Once: a client must not be able to fill the log.
            LOG.log(
                    fullTold.getAndSet(true) ? System.Logger.Level.TRACE : System.Logger.Level.WARNING,
                    "There are maxDynamicNamespaces ({0}): no other is made",
                    limit);
            return false;
        }
        Slot mine = new Slot();
        if (byName.putIfAbsent(name, mine) != null) {
            dynamic.decrementAndGet();
            return true;
        }
        try {
            make(mine, name, Optional.of(parent), true);
            return true;
        } catch (RuntimeException | Error failed) {
            dynamic.decrementAndGet();
            LOG.log(System.Logger.Level.WARNING, "A namespace could not be made", failed);
            return false;
        }
    }

    // ---- Coming and going -----------------------------------------------------------------------

    private Namespace make(Slot slot, String name, Optional<ParentNamespace> parent, boolean forClients) {
        Namespace namespace = null;
        try {
            namespace = new Namespace(name, server, parent, forClients);
            slot.made = namespace;
            parent.ifPresent(adopting(namespace));
            if (!name.equals("/")) {
                for (Consumer<Namespace> handler : newNamespaceHandlers) {
                    handler.accept(namespace);
                }
            }
            slot.ready.complete(namespace);
            slot.maker = null;
            return namespace;
        } catch (RuntimeException | Error failed) {
            // Whoever failed may have meant to guard it: it must not come to exist without.
            byName.remove(name, slot);
            slot.ready.completeExceptionally(failed);
            if (namespace != null) {
                namespace.close();
            }
            throw failed;
        }
    }

    private static Consumer<ParentNamespace> adopting(Namespace child) {
        return parent -> parent.adopt(child);
    }

    /** The last socket has left a child: it is forgotten, and made anew when somebody asks for it. Idempotent. */
    void remove(Namespace namespace) {
        Slot slot = byName.get(namespace.name());
        if (slot != null && slot.made == namespace && byName.remove(namespace.name(), slot)) {
            dynamic.decrementAndGet();
            namespace.close();
        }
    }

    void close() {
        all().forEach(Namespace::close);
    }
}
