package dev.bowline.core.packet;

import dev.bowline.core.engine.Bytes;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;

/**
 * The arguments of an event, without its name, or of an acknowledgement: JSON until someone asks for a
 * type.
 *
 * <p>Each call binds anew, and what it returns belongs to the caller, byte arrays included. Binary values
 * bind to {@code byte[]}, {@link java.nio.ByteBuffer}, {@link Bytes} and {@link JsonNode}, wherever they
 * stand. String, Integer, Long, Double and Boolean are read without Jackson where the JSON is of that
 * kind. An index that is not there is an {@link IllegalArgumentException}, a value that is not of the type
 * an {@link ArgumentException}. Immutable, safe for any thread.
 */
public final class Args {
    private final JsonCodec codec;
    private final Payload payload;
    private final ArgumentIndex elements;
    private final int first;
    private final int size;

    Args(JsonCodec codec, Payload payload, ArgumentIndex elements, int first) {
        this(codec, payload, elements, first, elements.size() - first);
    }

    private Args(JsonCodec codec, Payload payload, ArgumentIndex elements, int first, int size) {
        this.codec = codec;
        this.payload = payload;
        this.elements = elements;
        this.first = first;
        this.size = size;
    }

    /** The number of arguments. */
    public int size() {
        return size;
    }

    /**
     * The same without the last one, which is not the application's.
     *
     * @throws IllegalStateException if there are none
     */
    public Args withoutLast() {
        if (size == 0) {
            throw new IllegalStateException("there are no arguments");
        }
        return new Args(codec, payload, elements, first, size - 1);
    }

    /** The argument as this type; null where it is {@code null} and the type has a place for it. */
    @SuppressWarnings("unchecked") // not type.cast, which knows no int
    public <T> @Nullable T get(int index, Class<T> type) {
        Bytes json = json(index);
        Object scalar = scalar(json, type);
        if (scalar != null) {
            return (T) scalar;
        }
        return (T) codec.bind(index, json, payload.attachments(), codec.mapper().constructType(type));
    }

    /** The argument as this type; null where it is {@code null}. */
    @SuppressWarnings("unchecked")
    public <T> @Nullable T get(int index, TypeReference<T> type) {
        return (T) codec.bind(
                index, json(index), payload.attachments(), codec.mapper().constructType(type));
    }

    /** The argument as this type; null where it is {@code null} and the type has a place for it. */
    public @Nullable Object get(int index, JavaType type) {
        return codec.bind(index, json(index), payload.attachments(), type);
    }

    /** The argument as a tree, with binary values in the place of their placeholders. */
    public JsonNode node(int index) {
        return codec.tree(index, json(index), payload.attachments());
    }

    /** The JSON of the argument, with placeholders in the place of binary values. */
    public Bytes json(int index) {
        if (index < 0 || index >= size()) {
            throw new IllegalArgumentException("there is no argument " + index + ": the size is " + size());
        }
        return elements.element(first + index);
    }

    /** Whether the argument is {@code null}. */
    public boolean isNull(int index) {
        return json(index).at(0) == 'n';
    }

    /** The number of arguments only: contents belong to the peer, and never into a log. */
    @Override
    public String toString() {
        return "Args[" + size() + "]";
    }

    private static @Nullable Object scalar(Bytes json, Class<?> type) {
        byte c = json.at(0);
        if (type == String.class) {
            return c == '"' ? JsonText.string(json) : null;
        }
        if (type == Boolean.class) {
            return c == 't' ? Boolean.TRUE : c == 'f' ? Boolean.FALSE : null;
        }
        boolean isNumber = c == '-' || (c >= '0' && c <= '9');
        if (!isNumber) {
            return null;
        }
        if (type == Integer.class && isShortInteger(json, 9)) {
            return Integer.valueOf(json.utf8());
        }
        if (type == Long.class && isShortInteger(json, 18)) {
            return Long.valueOf(json.utf8());
        }
        return type == Double.class ? finite(Double.parseDouble(json.utf8())) : null;
    }

    private static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    private static boolean isShortInteger(Bytes json, int mostDigits) {
        if (json.length() > mostDigits) {
            return false;
        }
        for (int i = json.at(0) == '-' ? 1 : 0; i < json.length(); i++) {
            if (json.at(i) < '0' || json.at(i) > '9') {
                return false;
            }
        }
        return true;
    }
}
