package dev.bowline.core;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the JavaScript packages do, recorded: each section is a list of inputs and their outputs. */
public final class Vectors {
    private static final JsonNode ALL = load();

    private Vectors() {}

    /** A test of one vector. */
    @FunctionalInterface
    public interface Case {
        void run(JsonNode vector) throws Exception;
    }

    /** The vectors of a section. */
    public static List<JsonNode> of(String section) {
        List<JsonNode> vectors = new ArrayList<>();
        ALL.required(section).forEach(vectors::add);
        return vectors;
    }

    /** One dynamic test for each vector of a section, under the vector's name or number. */
    public static Stream<DynamicTest> tests(String section, Case test) {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode vector : of(section)) {
            String name = vector.path("name").asString(section + "[" + tests.size() + "]");
            tests.add(DynamicTest.dynamicTest(name, () -> test.run(vector)));
        }
        return tests.stream();
    }

    /** Whether the value stands for binary data. */
    public static boolean isBinary(JsonNode value) {
        return value.has("$bin");
    }

    /** The binary data that the value stands for. */
    public static byte[] binary(JsonNode value) {
        return HexFormat.of().parseHex(value.required("$bin").asString());
    }

    /** The value in Java: maps and lists, with the notation for binary, undefined, dates and numbers resolved. */
    @SuppressWarnings("JavaUtilDate") // the counterpart of JavaScript's Date
    public static @Nullable Object value(JsonNode value) {
        if (isBinary(value)) {
            return binary(value);
        }
        if (value.has("$undefined") || value.isNull()) {
            return null;
        }
        if (value.has("$num")) {
            return Double.valueOf(value.required("$num").asString());
        }
        if (value.has("$date")) {
            return java.util.Date.from(
                    java.time.Instant.parse(value.required("$date").asString()));
        }
        if (value.isArray()) {
            List<@Nullable Object> list = new ArrayList<>();
            value.forEach(element -> list.add(value(element)));
            return list;
        }
        if (value.isObject()) {
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> member : value.properties()) {
                // An undefined member is no member.
                if (!member.getValue().has("$undefined")) {
                    map.put(member.getKey(), value(member.getValue()));
                }
            }
            return map;
        }
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        return value.isNumber() ? value.numberValue() : value.asString();
    }

    private static JsonNode load() {
        try (InputStream in = Vectors.class.getResourceAsStream("/vectors.json")) {
            if (in == null) {
                throw new IllegalStateException("vectors.json is missing");
            }
            return JsonMapper.shared().readTree(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
