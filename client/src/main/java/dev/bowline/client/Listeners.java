package dev.bowline.client;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The handlers of one event, called in the order of their registration. Safe for any thread. */
final class Listeners<T> {
    private static final System.Logger LOG = System.getLogger(Listeners.class.getName());

    private final String event;
    private final List<Entry<T>> entries = new CopyOnWriteArrayList<>();

    /** Not a record: two registrations of one handler are two. */
    private static final class Entry<T> {
        final Consumer<? super T> handler;
        final boolean once;

        Entry(Consumer<? super T> handler, boolean once) {
            this.handler = handler;
            this.once = once;
        }
    }

    Listeners(String event) {
        this.event = event;
    }

    Registration add(Consumer<? super T> handler) {
        return add(handler, false);
    }

    Registration add(Runnable handler) {
        return add(nothing -> handler.run(), false);
    }

    Registration add(Consumer<? super T> handler, boolean once) {
        Entry<T> entry = new Entry<>(handler, once);
        entries.add(entry);
        return () -> entries.remove(entry);
    }

    /** Adds it before all others. */
    Registration addFirst(Consumer<? super T> handler) {
        Entry<T> entry = new Entry<>(handler, false);
        entries.add(0, entry);
        return () -> entries.remove(entry);
    }

    void clear() {
        entries.clear();
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /** Calls the handlers here and now. One that throws does not keep the next from its turn. */
    void call(T value) {
        for (Entry<T> entry : entries) {
            if (isSpent(entry)) {
                continue;
            }
            try {
                entry.handler.accept(value);
            } catch (Throwable failure) {
                LOG.log(System.Logger.Level.WARNING, "a handler of \"" + event + "\" failed", failure);
            }
        }
    }

    /** Whether it was to be called once and another call has taken it. */
    private boolean isSpent(Entry<T> entry) {
        return entry.once && !entries.remove(entry);
    }
}
