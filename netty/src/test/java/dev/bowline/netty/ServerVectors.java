package dev.bowline.netty;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** How the reference's server reacts, recorded. */
final class ServerVectors {
    private ServerVectors() {}

    @FunctionalInterface
    interface Case {
        void run(JsonNode vector) throws Exception;
    }

    static List<JsonNode> of(String section) {
        try (InputStream in = ServerVectors.class.getResourceAsStream("/server-vectors.json")) {
            if (in == null) {
                throw new IllegalStateException("server-vectors.json is missing");
            }
            List<JsonNode> vectors = new ArrayList<>();
            JsonMapper.shared().readTree(in.readAllBytes()).required(section).forEach(vectors::add);
            return vectors;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<DynamicTest> tests(String section, Case test) {
        return of(section).stream().map(vector -> DynamicTest.dynamicTest(name(vector), () -> test.run(vector)));
    }

    static String name(JsonNode vector) {
        return vector.required("name").asString();
    }
}
