package dev.bowline.server;

import java.util.Objects;

/**
 * A name and a type under which an application keeps something with a socket. Two keys are the same key
 * if both are equal.
 *
 * @param name what it is called
 * @param type what it is
 */
public record DataKey<T>(String name, Class<T> type) {
    public DataKey {
        Objects.requireNonNull(name, "DataKey name must not be null");
        Objects.requireNonNull(type, "DataKey type must not be null");
    }

    /** A key. */
    public static <T> DataKey<T> of(String name, Class<T> type) {
        return new DataKey<>(name, type);
    }
}
