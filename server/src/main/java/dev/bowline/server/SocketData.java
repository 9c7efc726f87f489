package dev.bowline.server;

import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** What the application keeps with a socket ({@code socket.data}). Safe for any thread. */
public final class SocketData {
    private final Map<DataKey<?>, Object> values = new ConcurrentHashMap<>();

    SocketData() {}

    /** Keeps a value under a key, instead of the one that was there. */
    public <T> void put(DataKey<T> key, T value) {
        values.put(key, key.type().cast(value));
    }

    /** The value of a key, if there is one. */
    public <T> Optional<T> find(DataKey<T> key) {
        return Optional.ofNullable(values.get(key)).map(key.type()::cast);
    }

    /**
     * The value of a key.
     *
     * @throws NoSuchElementException if there is none
     */
    public <T> T get(DataKey<T> key) {
        return find(key).orElseThrow(() -> new NoSuchElementException("socket data has no " + key.name()));
    }

    /** Forgets the value of a key. */
    public void remove(DataKey<?> key) {
        values.remove(key);
    }
}
