package dev.bowline.server;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * What an application has put somewhere to be called, in order: gone through often, changed seldom, mostly empty, and
 * kept in great numbers. Safe for any thread; who goes through it sees what was there when it began.
 */
final class Handlers<T> implements Iterable<T> {
    private volatile List<T> now = List.of();

    synchronized void add(T handler) {
        insert(now.size(), handler);
    }

    /** Adds it before all others. */
    synchronized void addFirst(T handler) {
        insert(0, handler);
    }

    private void insert(int index, T handler) {
        List<T> changed = new ArrayList<>(now);
        changed.add(index, handler);
        now = List.copyOf(changed);
    }

    /** Removes the first of its kind, if it is there. */
    synchronized void remove(T handler) {
        List<T> changed = new ArrayList<>(now);
        if (changed.remove(handler)) {
            now = List.copyOf(changed);
        }
    }

    synchronized void clear() {
        now = List.of();
    }

    boolean isEmpty() {
        return now.isEmpty();
    }

    @Override
    public Iterator<T> iterator() {
        return now.iterator();
    }
}
