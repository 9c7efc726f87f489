package dev.bowline.core.packet;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.RemoteProtocolException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JacksonException.Reference;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.core.util.ByteArrayBuilder;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.exc.ValueInstantiationException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.BinaryNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The way between the application's objects and payloads, on a Jackson {@link JsonMapper}.
 *
 * <p>Writes what a JavaScript peer would write: NaN and the infinities as {@code null}, -0 as {@code 0},
 * {@code 1e+21} for 1.0E21, lone surrogates escaped. Binary values ({@code byte[]}, {@link
 * java.nio.ByteBuffer}, {@link Bytes}, Jackson's BinaryNode) become attachments, wherever they stand.
 * Beside one, an object with {@code "_placeholder": true} of the application's own is refused.
 *
 * <p>The default mapper writes dates and instants in milliseconds as {@code Date.toJSON} does, coerces no
 * text, number or boolean into another, ignores unknown properties, and takes property names of up to 4096
 * characters, because Jackson keeps thousands of them. A mapper of the application's own is taken as it
 * is; only {@link Bytes} is added. Jackson binds no property name with a lone surrogate. Immutable, safe for any thread.
 */
public final class JsonCodec {
    private static final int LONGEST_NAME = 100;

    private final JsonMapper mapper;
    private final ObjectWriter writer;

    /** A codec with the default mapper. */
    public JsonCodec() {
        this(JsonDefaults.mapper());
    }

    /** A codec with the application's mapper, which is copied and not changed. */
    public JsonCodec(JsonMapper mapper) {
        this.mapper = mapper.rebuild().addModule(new BytesModule()).build();
        this.writer = this.mapper
                .writer()
                .without(SerializationFeature.FLUSH_AFTER_WRITE_VALUE)
                .without(JsonWriteFeature.WRITE_HEX_UPPER_CASE)
                .with(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8);
    }

    /** The mapper that binds and writes. */
    public JsonMapper mapper() {
        return mapper;
    }

    /**
     * The arguments of an acknowledgement.
     *
     * @throws IllegalArgumentException if an argument cannot be written as JSON, or reads like the placeholder of a
     *     binary value while there is one
     */
    public Payload write(@Nullable Object... args) {
        return write(null, args);
    }

    /**
     * An event with its arguments.
     *
     * @throws IllegalArgumentException if the name is reserved, an argument cannot be written as JSON, or one reads like
     *     the placeholder of a binary value while there is one
     */
    public Payload writeEvent(String event, @Nullable Object... args) {
        ReservedEvents.check(event);
        return write(event, args);
    }

    private Payload write(@Nullable String event, @Nullable Object[] args) {
        ByteArrayBuilder out = new ByteArrayBuilder(256);
        try (PlaceholderGenerator generator = new PlaceholderGenerator(writer.createGenerator(out))) {
            generator.writeStartArray();
            if (event != null) {
                generator.writeString(event);
            }
            for (int i = 0; i < args.length; i++) {
                writeArgument(generator, i, args[i]);
            }
            generator.writeEndArray();
            generator.flush();
            Bytes json = Bytes.wrap(out.toByteArray());
            if (!generator.attachments().isEmpty()) {
                checkPlaceholders(json, generator.attachments().size());
            }
            return new Payload(json, generator.attachments());
        }
    }

    /**
     * Each attachment has one placeholder. One more is the application's, or that of a client whose data it passes on,
     * and receivers could not tell it from ours: they would take another value for it, or close the connection.
     */
    private static void checkPlaceholders(Bytes json, int attachments) {
        boolean foreign;
        try {
            foreign = JsonScanner.holdsForeignPlaceholder(json, PacketDecoder.MOST_DEPTH, attachments);
        } catch (RemoteProtocolException raw) {
            throw new IllegalArgumentException("an argument has been written as what is no JSON", raw);
        }
        if (foreign) {
            throw new IllegalArgumentException("an object with \"_placeholder\": true cannot be sent beside a binary "
                    + "value, since receivers would take it for one");
        }
    }

    private void writeArgument(PlaceholderGenerator generator, int index, @Nullable Object arg) {
        if (arg == null) {
            generator.writeNull();
            return;
        }
        try {
            writer.writeValue(generator, arg);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(
                    "argument " + index + " cannot be written as JSON: "
                            + arg.getClass().getName(),
                    e);
        }
    }

    /**
     * The data of a CONNECT or CONNECT_ERROR: one object, without binary values, which these packets
     * cannot carry.
     *
     * @throws IllegalArgumentException if the value cannot be written as JSON or holds a binary value
     */
    public Payload writeValue(Object value) {
        ByteArrayBuilder out = new ByteArrayBuilder(256);
        try (PlaceholderGenerator generator = new PlaceholderGenerator(writer.createGenerator(out))) {
            writer.writeValue(generator, value);
            generator.flush();
            if (!generator.attachments().isEmpty()) {
                throw new IllegalArgumentException(
                        "value must not hold binary data: " + value.getClass().getName());
            }
            return new Payload(Bytes.wrap(out.toByteArray()), List.of());
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    "value cannot be written as JSON: " + value.getClass().getName(), e);
        }
    }

    /**
     * The arguments of an EVENT, without its name, or of an ACK.
     *
     * @throws IllegalArgumentException if the packet is of another type, or made here of a bad payload
     */
    public Args args(Packet packet) {
        return switch (packet.type()) {
            case EVENT -> new Args(this, packet.payload(), named(packet), 1);
            case ACK -> new Args(this, packet.payload(), packet.payload().index(), 0);
            case CONNECT, DISCONNECT, CONNECT_ERROR ->
                throw new IllegalArgumentException("only an EVENT or ACK has arguments: " + packet.type());
        };
    }

    /**
     * The name of an EVENT; a number yields its digits.
     *
     * @throws IllegalArgumentException if the packet is of another type, or made here of a bad payload
     */
    public String eventName(Packet packet) {
        if (packet.type() != Packet.Type.EVENT) {
            throw new IllegalArgumentException("only an EVENT has a name: " + packet.type());
        }
        return Objects.requireNonNull(named(packet).eventName());
    }

    private static ArgumentIndex named(Packet packet) {
        ArgumentIndex elements = packet.payload().index();
        if (elements.eventName() == null) {
            throw new IllegalArgumentException("payload of an EVENT must begin with a name");
        }
        return elements;
    }

    /**
     * The data of a CONNECT or CONNECT_ERROR as a tree; {@link MissingNode} where the packet carries none.
     *
     * @throws ArgumentException if the application's mapper does not take it; its index is 0
     */
    public JsonNode value(Payload payload) {
        return payload.isAbsent() ? MissingNode.getInstance() : tree(0, payload.json(), List.of());
    }

    @Nullable
    Object bind(int index, Bytes json, List<Bytes> attachments, JavaType type) {
        try {
            if (attachments.isEmpty()) {
                return mapper.readValue(json.array(), json.offset(), json.length(), type);
            }
            return mapper.treeToValue(tree(index, json, attachments), type);
        } catch (JacksonException e) {
            throw mismatch(index, json, type, e);
        }
    }

    JsonNode tree(int index, Bytes json, List<Bytes> attachments) {
        try {
            JsonNode tree = mapper.readTree(json.array(), json.offset(), json.length());
            return attachments.isEmpty() ? tree : new Reconstruction(attachments).of(tree);
        } catch (JacksonException e) {
            throw mismatch(index, json, mapper.constructType(JsonNode.class), e);
        }
    }

    /** Puts binary values into the place of their placeholders; one array for each, however often it is named. */
    private static final class Reconstruction {
        private final List<Bytes> attachments;
        private final Map<Integer, BinaryNode> nodes = new HashMap<>();

        Reconstruction(List<Bytes> attachments) {
            this.attachments = attachments;
        }

        JsonNode of(JsonNode node) {
            if (node instanceof ObjectNode object) {
                JsonNode mark = object.get("_placeholder");
                if (mark != null && mark.isBoolean() && mark.booleanValue()) {
                    int number = object.path("num").intValue();
                    return nodes.computeIfAbsent(
                            number, k -> BinaryNode.valueOf(attachments.get(k).toByteArray()));
                }
                for (Map.Entry<String, JsonNode> member : object.properties()) {
                    member.setValue(of(member.getValue()));
                }
            } else if (node instanceof ArrayNode array) {
                for (int i = 0; i < array.size(); i++) {
                    array.set(i, of(array.get(i)));
                }
            }
            return node;
        }
    }

    private static ArgumentException mismatch(int index, Bytes json, JavaType type, JacksonException fault) {
        StringBuilder message = new StringBuilder("argument ")
                .append(index)
                .append(" (")
                .append(kindOf(json))
                .append(") does not fit ")
                .append(bounded(type.getRawClass().getSimpleName()));
        StringBuilder path = new StringBuilder();
        for (Reference step : fault.getPath()) {
            // The keys of a map are the peer's; the names of properties are our own.
            String name = step.from() instanceof Map ? null : step.getPropertyName();
            path.append(name != null ? "." + name : step.getIndex() >= 0 ? "[" + step.getIndex() + "]" : "[*]");
        }
        if (path.length() > 0) {
            message.append(" at ").append(bounded(path.toString()));
        }
        Throwable cause = fault instanceof ValueInstantiationException ? fault.getCause() : null;
        return new ArgumentException(index, message.toString(), cause);
    }

    private static String kindOf(Bytes json) {
        return switch (json.at(0)) {
            case '{' -> "an object";
            case '[' -> "an array";
            case '"' -> "a string";
            case 't', 'f' -> "a boolean";
            case 'n' -> "null";
            default -> "a number";
        };
    }

    private static String bounded(String text) {
        return text.length() <= LONGEST_NAME ? text : text.substring(0, LONGEST_NAME) + "…";
    }
}
