package dev.bowline.core.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.bowline.core.engine.Bytes;
import java.io.StringReader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.BinaryNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.POJONode;
import tools.jackson.databind.util.RawValue;
import tools.jackson.databind.util.TokenBuffer;

class JsonCodecTest {
    @SuppressWarnings("ArrayRecordComponent") // what applications write
    private record Shot(String name, byte[] image, List<ByteBuffer> parts) {}

    private record Dated(
            @JsonFormat(pattern = "uuuu-MM-dd", timezone = "UTC")
            Instant day,

            Instant at) {}

    private static final class Cycle {
        @JsonProperty
        Cycle self() {
            return this;
        }
    }

    private final JsonCodec codec = new JsonCodec();

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "-0.0, 0",
        "1, 1",
        "-1, -1",
        "100, 100",
        "0.1, 0.1",
        "-12.25, -12.25",
        "1e-6, 0.000001",
        "1.5e-6, 0.0000015",
        "1e-7, 1e-7",
        "1.25e-7, 1.25e-7",
        "123456789.125, 123456789.125",
        "9007199254740991, 9007199254740991",
        "9007199254740992, 9007199254740992",
        "-9007199254740994, -9007199254740994",
        "1e20, 100000000000000000000",
        "123456789012345680000, 123456789012345680000",
        "1e21, 1e+21",
        "-1.5e300, -1.5e+300",
        "2e23, 2e+23",
        "1.7976931348623157e308, 1.7976931348623157e+308",
        "2.2250738585072014e-308, 2.2250738585072014e-308",
        "4.9e-324, 5e-324",
        "-4.9e-324, -5e-324",
        "1e-323, 1e-323",
        "9.9e-323, 1e-322",
        "2e-3, 0.002",
        "0.000123, 0.000123",
        "5e-324, 5e-324"
    })
    void printsNumbersAsJavaScriptDoes(double value, String printed) {
        assertThat(json(value)).isEqualTo("[" + printed + "]");
        assertThat(json(new double[] {value})).isEqualTo("[[" + printed + "]]");
        assertThat(json(Map.of("a", value))).isEqualTo("[{\"a\":" + printed + "}]");
    }

    @Test
    void printsFloatsWithTheirFewestDigits() {
        assertThat(json(0.1f, 1f, 1e21f, -0f, 16777216f, new float[] {0.5f}))
                .isEqualTo("[0.1,1,1e+21,0,16777216,[0.5]]");
    }

    @Test
    void printsNullForWhatIsNoNumber() {
        assertThat(json(Double.NaN, Double.POSITIVE_INFINITY, Float.NaN, Float.NEGATIVE_INFINITY))
                .isEqualTo("[null,null,null,null]");
        assertThat(json(new double[] {Double.NaN}, List.of(Double.NaN))).isEqualTo("[[null],[null]]");
    }

    @Test
    void printsIntegersWithAllTheirDigits() {
        assertThat(json(Long.MIN_VALUE, BigInteger.TWO.pow(70), new BigDecimal("1.50"), (short) 3, (byte) 4))
                .isEqualTo("[-9223372036854775808,1180591620717411303424,1.50,3,4]");
    }

    @Test
    void escapesLoneSurrogatesAnywhere() {
        assertThat(json("a\ud800b\u001e\"\\", Map.of("\udc00é", "😀")))
                .isEqualTo("[\"a\\ud800b\\u001e\\\"\\\\\",{\"\\udc00é\":\"😀\"}]");
        assertThat(json(new String[] {"\ud800", "x"}, '\ud800')).isEqualTo("[[\"\\ud800\",\"x\"],\"\\ud800\"]");
        assertThat(json("x".repeat(100_000) + "\ud800")).hasSize(100_010);
    }

    @Test
    void escapesControlCharactersInLowerCase() {
        assertThat(json("\u0000\u001e\u001f\u007f", Map.of("\u001e", 1)))
                .isEqualTo("[\"\\u0000\\u001e\\u001f\u007f\",{\"\\u001e\":1}]");
    }

    @Test
    @SuppressWarnings("JavaUtilDate") // applications still have them
    void writesDatesInMillisecondsUnlessToldOtherwise() {
        Instant instant = Instant.parse("2026-01-02T03:04:05.123456Z");

        assertThat(json(instant, java.util.Date.from(instant), Instant.EPOCH, new java.sql.Timestamp(0)))
                .isEqualTo("[\"2026-01-02T03:04:05.123Z\",\"2026-01-02T03:04:05.123Z\","
                        + "\"1970-01-01T00:00:00.000Z\",\"1970-01-01T00:00:00.000Z\"]");
        assertThat(json(new Dated(instant, instant)))
                .isEqualTo("[{\"day\":\"2026-01-02\",\"at\":\"2026-01-02T03:04:05.123Z\"}]");
    }

    @Test
    void findsBinaryValuesWhereverTheyStand() {
        byte[] one = {1};
        ByteBuffer two = ByteBuffer.wrap(new byte[] {0, 2, 0}, 1, 1);
        ByteBuffer three = ByteBuffer.allocateDirect(1).put(0, (byte) 3);
        Bytes four = Bytes.wrap(new byte[] {0, 4}, 1, 1);
        JsonNode five = JsonNodeFactory.instance.objectNode().set("b", BinaryNode.valueOf(new byte[] {5}));
        JsonNode six = new POJONode(new byte[] {6});
        TokenBuffer seven = TokenBuffer.forGeneration();
        seven.writeBinary(new byte[] {7});
        Shot shot = new Shot("s", new byte[] {8}, List.of(ByteBuffer.wrap(new byte[] {9})));

        Payload payload = codec.writeEvent(
                "e", one, Map.of("deep", List.of(two)), Optional.of(three), four, five, six, seven, shot);

        assertThat(payload.attachments().stream().map(bytes -> (int) bytes.at(0)))
                .containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(payload.json().utf8()).startsWith("[\"e\",{\"_placeholder\":true,\"num\":0},{\"deep\":[{");
        assertThat(payload.json().utf8()).contains("{\"name\":\"s\",\"image\":{\"_placeholder\":true,\"num\":7}");
        assertThat(two.position()).isEqualTo(1);
    }

    @Test
    void copiesArraysThatTheApplicationMayChange() {
        byte[] array = {1};
        Bytes bytes = Bytes.wrap(new byte[] {2});

        Payload payload = codec.write(array, bytes);
        array[0] = 9;

        assertThat(payload.attachments()).containsExactly(Bytes.wrap(new byte[] {1}), bytes);
        assertThat(payload.attachments().get(1)).isSameAs(bytes);
    }

    @Test
    void writesNullsAndNothing() {
        assertThat(json()).isEqualTo("[]");
        assertThat(json((Object) null)).isEqualTo("[null]");
        assertThat(json(Optional.empty())).isEqualTo("[null]");
        assertThat(codec.writeEvent("e").json().utf8()).isEqualTo("[\"e\"]");
    }

    @Test
    void refusesReservedEventNames() {
        for (String name : ReservedEvents.NAMES) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> codec.writeEvent(name))
                    .withMessage("\"" + name + "\" is a reserved event name");
        }
        assertThat(codec.writeEvent("error").json().utf8()).isEqualTo("[\"error\"]");
    }

    @Test
    void namesTheArgumentThatCannotBeWritten() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.write(1, new Cycle()))
                .withMessage("argument 1 cannot be written as JSON: " + Cycle.class.getName());
        List<Object> list = new ArrayList<>();
        list.add(list);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.write(list))
                .withMessage("argument 0 cannot be written as JSON: java.util.ArrayList");
    }

    @Test
    void writesObjectsForConnectPackets() {
        assertThat(codec.writeValue(Map.of("sid", "abc")).json().utf8()).isEqualTo("{\"sid\":\"abc\"}");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.writeValue(Map.of("key", new byte[1])))
                .withMessageStartingWith("value must not hold binary data: ");
        assertThatIllegalArgumentException().isThrownBy(() -> codec.writeValue(new Cycle()));
    }

    @Test
    void readsObjectsOfConnectPackets() {
        assertThat(codec.value(Payload.NONE).isMissingNode()).isTrue();
        assertThat(codec.value(Payload.ofJson("{\"sid\":\"abc\"}")).path("sid").asString())
                .isEqualTo("abc");
    }

    @Test
    void takesTheMapperOfTheApplication() {
        JsonMapper mapper = JsonMapper.builder()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .enable(JsonWriteFeature.WRITE_HEX_UPPER_CASE)
                .build();
        JsonCodec own = new JsonCodec(mapper);

        Payload payload = own.write(Map.of("a", Bytes.wrap(new byte[] {1})), "\u001e", 1.0);

        assertThat(payload.json().utf8()).contains("\n").contains("\"\\u001e\"");
        assertThat(payload.attachments()).hasSize(1);
        assertThat(mapper.writeValueAsString(Map.of("a", 1)))
                .isEqualTo("{\n  \"a\" : 1\n}".replace("\n", System.lineSeparator()));
    }

    @Test
    void writesTextFromReaders() {
        assertThat(json(new Texts())).isEqualTo("[[\"ab\",\"a\\ud800\",\"cd\"]]");
    }

    private static final class Texts implements tools.jackson.databind.JacksonSerializable {
        @Override
        public void serialize(
                tools.jackson.core.JsonGenerator generator, tools.jackson.databind.SerializationContext context) {
            generator.writeStartArray();
            generator.writeString(new StringReader("abx"), 2);
            generator.writeString(new StringReader("a\ud800"), -1);
            generator.writeString("xcd".toCharArray(), 1, 2);
            generator.writeEndArray();
        }

        @Override
        public void serializeWithType(
                tools.jackson.core.JsonGenerator generator,
                tools.jackson.databind.SerializationContext context,
                tools.jackson.databind.jsontype.TypeSerializer types) {
            serialize(generator, context);
        }
    }

    @Test
    void writesUtf8() {
        assertThat(codec.write("é€😀").json()).isEqualTo(Bytes.wrap("[\"é€😀\"]".getBytes(StandardCharsets.UTF_8)));
    }

    private String json(@Nullable Object... args) {
        return codec.write(Arrays.copyOf(args, args.length)).json().utf8();
    }

    // ---- Objects that read like placeholders ----------------------------------------------------

    private record Forged(@JsonProperty("_placeholder") boolean placeholder, int num) {}

    private record Raw(@JsonRawValue String json) {}

    private static Stream<Object> forgeries() {
        String json = "{\"_placeholder\":true,\"num\":7}";
        return Stream.of(
                Map.of("_placeholder", true, "num", 7),
                Map.of("_placeholder", true, "num", 0),
                Map.of("_placeholder", true),
                List.of(1, Map.of("deep", List.of(new Forged(true, 0)))),
                new Forged(true, 1),
                JsonMapper.shared().readTree(json),
                new RawValue(json),
                new Raw("{ \"_placeholder\" : false, \"_placeh\\u006flder\" : true, \"num\" : 0 }"));
    }

    /** No receiver could tell it from one of ours: it would take another value for it, or throw us out. */
    @ParameterizedTest
    @MethodSource("forgeries")
    void refusesBesideABinaryValueWhatReadsLikeAPlaceholder(Object forged) {
        byte[] binary = {1};
        for (Object[] args : new Object[][] {{binary, forged}, {forged, binary}, {List.of(binary, forged)}}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> codec.writeEvent("news", args))
                    .withMessage("an object with \"_placeholder\": true cannot be sent beside a binary value, "
                            + "since receivers would take it for one");
            assertThatIllegalArgumentException().isThrownBy(() -> codec.write(args));
        }
    }

    @ParameterizedTest
    @MethodSource("forgeries")
    void writesItAsItIsWhereNoBinaryValueIs(Object forged) {
        Payload payload = codec.writeEvent("news", forged);
        assertThat(payload.attachments()).isEmpty();
        assertThat(payload.json().utf8()).contains("true");
    }

    @Test
    void writesBesideABinaryValueWhatOnlyLooksLikeAPlaceholder() {
        List<Object> harmless = List.of(
                Map.of("_placeholder", false, "num", 0),
                Map.of("_placeholder", "true"),
                Map.of("_Placeholder", true),
                Map.of("placeholder", true, "num", 0),
                Map.of("text", "{\"_placeholder\":true}"),
                new Raw("{\"_placeholder\":true,\"_placeholder\":null}"));
        Payload payload = codec.write(harmless, new byte[1], Map.of("b", new byte[2]), new byte[3]);
        assertThat(payload.attachments()).hasSize(3);
    }

    @Test
    void refusesBesideABinaryValueWhatIsNoJson() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.write(new byte[1], new RawValue("{")))
                .withMessage("an argument has been written as what is no JSON");
    }
}
