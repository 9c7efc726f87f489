package dev.bowline.server;

import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the application keeps with a socket ({@code socket.data}). Safe for any thread.
 *
 * <p>Where a socket is looked up from another server ({@link RemoteSocket#data}), its values travel as the JSON that
 * the server's {@code jsonMapper} writes, under the names of their keys; those that it cannot write stay here.
 */
public final class SocketData {
    private static final System.Logger LOG = System.getLogger(SocketData.class.getName());

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

    /** Takes over what another kept, of which nothing is here under the same key. */
    void inherit(SocketData other) {
        other.values.forEach(values::putIfAbsent);
    }

    /** What another has come to keep since these were its values is kept here too, unless it was changed here. */
    void catchUp(SocketData other, SocketData before) {
        other.values.forEach((key, value) -> {
            Object known = before.values.get(key);
            values.compute(key, (same, own) -> own == known ? value : own);
        });
        before.values.forEach((key, known) -> {
            if (!other.values.containsKey(key)) {
                values.computeIfPresent(key, (same, own) -> own == known ? null : own);
            }
        });
    }

    /** The same values. */
    SocketData copy() {
        SocketData copy = new SocketData();
        copy.inherit(this);
        return copy;
    }

    /** What of it can be written as JSON, by the names of the keys. */
    ObjectNode toJson(JsonMapper mapper) {
        ObjectNode node = mapper.createObjectNode();
        values.forEach((key, value) -> {
            try {
                node.set(key.name(), mapper.valueToTree(value));
            } catch (JacksonException unwritable) {
                LOG.log(System.Logger.Level.DEBUG, "Socket data does not travel: {0}", key.name());
            }
        });
        return node;
    }
}
