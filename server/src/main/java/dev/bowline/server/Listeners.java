package dev.bowline.server;

import dev.bowline.core.packet.Args;
import dev.bowline.core.packet.ArgumentException;
import dev.bowline.core.packet.ReservedEvents;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The handlers that an application has put on one socket, and how they are called: one that fails is logged, and
 * the next one still runs. Safe for any thread; the socket's serial queue sees to the order of calls.
 */
final class Listeners {
    private static final System.Logger LOG = System.getLogger(Listeners.class.getName());

    /** The application's own object, by which it is removed, and what calls it. */
    private record Entry(Object handler, EventHandler call, boolean once) {}

    // Guarded by itself; the lists are never changed.
    private final Map<String, List<Entry>> byEvent = new HashMap<>(4);

    private final Handlers<AnyHandler> any = new Handlers<>();
    private final Handlers<AnyHandler> anyOutgoing = new Handlers<>();
    private final Handlers<EventMiddleware> middlewares = new Handlers<>();
    private final Handlers<BiConsumer<DisconnectReason, Set<String>>> disconnecting = new Handlers<>();
    private final Handlers<Consumer<DisconnectReason>> disconnect = new Handlers<>();
    private final Handlers<Consumer<Exception>> error = new Handlers<>();

    // ---- Who listens ----------------------------------------------------------------------------

    /** Refuses names that no client can send, so that a handler that would never be called is told at once. */
    void add(String event, Object handler, EventHandler call, boolean once) {
        ReservedEvents.check(event);
        synchronized (byEvent) {
            List<Entry> entries = new ArrayList<>(byEvent.getOrDefault(event, List.of()));
            entries.add(new Entry(handler, call, once));
            byEvent.put(event, List.copyOf(entries));
        }
    }

    void remove(String event, Object handler) {
        synchronized (byEvent) {
            byEvent.computeIfPresent(event, (name, entries) -> {
                for (Entry entry : entries) {
                    if (entry.handler().equals(handler)) {
                        return without(entries, entry);
                    }
                }
                return entries;
            });
        }
    }

    private static @Nullable List<Entry> without(List<Entry> entries, Entry removed) {
        List<Entry> left = entries.stream().filter(entry -> entry != removed).toList();
        return left.isEmpty() ? null : left;
    }

    void removeAll(String event) {
        synchronized (byEvent) {
            byEvent.remove(event);
        }
    }

    /** Those who hear every event. */
    Handlers<AnyHandler> any() {
        return any;
    }

    /** Those who hear of every event that goes out. */
    Handlers<AnyHandler> anyOutgoing() {
        return anyOutgoing;
    }

    Handlers<EventMiddleware> middlewares() {
        return middlewares;
    }

    void addDisconnecting(BiConsumer<DisconnectReason, Set<String>> handler) {
        disconnecting.add(handler);
    }

    void addDisconnect(Consumer<DisconnectReason> handler) {
        disconnect.add(handler);
    }

    void addError(Consumer<Exception> handler) {
        error.add(handler);
    }

    // ---- What they are told ---------------------------------------------------------------------

    /**
     * An event arrived.
     *
     * @return what the first handler threw that failed, or the middleware that stopped it
     */
    @Nullable
    Throwable heard(String event, Args args, Ack ack) {
        Throwable first = null;
        for (AnyHandler handler : any) {
            Throwable failure = guarded(() -> handler.handle(event, args));
            first = first == null ? failure : first;
        }
        Throwable stopped = stopped(event, args);
        if (stopped != null) {
            return first == null ? stopped : first;
        }
        for (Entry entry : take(event)) {
            Throwable failure = guarded(() -> entry.call().handle(args, ack));
            first = first == null ? failure : first;
        }
        return first;
    }

    private @Nullable Throwable stopped(String event, Args args) {
        try {
            for (EventMiddleware middleware : middlewares) {
                middleware.accept(event, args);
            }
            return null;
        } catch (Exception refusal) {
            LOG.log(System.Logger.Level.DEBUG, "A middleware stopped an event", refusal);
            failed(refusal);
            return refusal;
        } catch (Throwable failure) { // also errors, and checked ones: whatever it is, the event does not pass
            logFailure(failure);
            return failure;
        }
    }

    /** An event goes out. */
    void said(String event, Args args) {
        for (AnyHandler handler : anyOutgoing) {
            guarded(() -> handler.handle(event, args));
        }
    }

    /** The handlers of an event; those that were to hear it once are removed. */
    private List<Entry> take(String event) {
        synchronized (byEvent) {
            List<Entry> entries = byEvent.getOrDefault(event, List.of());
            for (Entry entry : entries) {
                if (entry.once()) {
                    byEvent.computeIfPresent(event, (name, left) -> without(left, entry));
                }
            }
            return entries;
        }
    }

    /** The client sent what cannot be read. */
    void failed(Exception cause) {
        for (Consumer<Exception> handler : error) {
            try {
                handler.accept(cause);
            } catch (Throwable failure) { // not guarded(): a handler that fails as it is told of a failure is not told
                logFailure(failure);
            }
        }
    }

    /** The socket has left: the last thing that they hear. */
    void left(DisconnectReason reason, Set<String> rooms) {
        disconnecting.forEach(handler -> guarded(() -> handler.accept(reason, rooms)));
        disconnect.forEach(handler -> guarded(() -> handler.accept(reason)));
        synchronized (byEvent) {
            byEvent.clear();
        }
        any.clear();
        anyOutgoing.clear();
        middlewares.clear();
    }

    /** User code, which may throw anything. */
    interface Guarded {
        void run() throws Exception;
    }

    /** Runs it; says what it threw. */
    @Nullable
    Throwable guarded(Guarded code) {
        try {
            code.run();
            return null;
        } catch (ArgumentException mismatch) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    "An event had an argument of the wrong type: {0}",
                    mismatch.getMessage());
            failed(mismatch);
            return mismatch;
        } catch (Throwable failure) { // also errors: the next handler is not to blame
            logFailure(failure);
            return failure;
        }
    }

    private static void logFailure(Throwable failure) {
        LOG.log(System.Logger.Level.WARNING, "A handler failed", failure);
    }

    /** Acknowledges with what a handler returned, or with what that completes with. */
    static void answer(@Nullable Object result, Ack ack) {
        if (result instanceof CompletionStage<?> stage) {
            stage.whenComplete((value, failure) -> {
                if (failure == null) {
                    ack.send(value);
                } else {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "A handler failed; the client gets no acknowledgement",
                            failure);
                    if (ack instanceof RetriedAck retried) {
                        retried.failed();
                    }
                }
            });
        } else {
            ack.send(result);
        }
    }
}
