package dev.bowline.server;

import dev.bowline.core.packet.ReservedEvents;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The handlers that an application has put on the events of one socket. Safe for any thread. */
final class Listeners {
    private record Entry(EventHandler handler, boolean once) {}

    private final Map<String, List<Entry>> byEvent = new ConcurrentHashMap<>();
    private final List<AnyHandler> any = new CopyOnWriteArrayList<>();

    /** Refuses names that no client can send, so that a handler that would never be called is told at once. */
    void add(String event, EventHandler handler, boolean once) {
        ReservedEvents.check(event);
        byEvent.computeIfAbsent(event, name -> new CopyOnWriteArrayList<>()).add(new Entry(handler, once));
    }

    void addAny(AnyHandler handler) {
        any.add(handler);
    }

    void removeAny(AnyHandler handler) {
        any.remove(handler);
    }

    void removeAll(String event) {
        byEvent.remove(event);
    }

    List<AnyHandler> any() {
        return any;
    }

    /** The handlers of an event; those that were to hear it once are removed. */
    List<EventHandler> take(String event) {
        List<Entry> entries = byEvent.get(event);
        if (entries == null) {
            return List.of();
        }
        List<EventHandler> handlers = new ArrayList<>();
        for (Entry entry : List.copyOf(entries)) {
            // Whoever takes it away is the one to call it.
            if (!entry.once() || entries.remove(entry)) {
                handlers.add(entry.handler());
            }
        }
        return handlers;
    }

    /** Forgets every handler. */
    void clear() {
        byEvent.clear();
        any.clear();
    }
}
