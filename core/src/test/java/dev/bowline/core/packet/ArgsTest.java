package dev.bowline.core.packet;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.RemoteProtocolException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ArgsTest {
    record Order(String product, int count, @Nullable List<Order> parts) {
        Order {
            if (count < 0) {
                throw new IllegalStateException("count must not be negative");
            }
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // what applications write
    record Shot(String name, byte[] image, Map<String, Bytes> parts, ByteBuffer thumb, JsonNode rest) {}

    private static final String P0 = "{\"_placeholder\":true,\"num\":0}";
    private static final String P1 = "{\"num\":1,\"_placeholder\":true}";

    private final JsonCodec codec = new JsonCodec();

    @Test
    void bindsScalars() throws RemoteProtocolException {
        Args args = args("\"a\\u00e9\\n\"", "5", "-6", "1.5", "true", "false", "9007199254740993", "1e21");

        assertThat(args.size()).isEqualTo(8);
        assertThat(args.get(0, String.class)).isEqualTo("aé\n");
        assertThat(args.get(1, Integer.class)).isEqualTo(5);
        assertThat(args.get(1, int.class)).isEqualTo(5);
        assertThat(args.get(1, Long.class)).isEqualTo(5L);
        assertThat(args.get(1, Double.class)).isEqualTo(5.0);
        assertThat(args.get(1, double.class)).isEqualTo(5.0);
        assertThat(args.get(2, Integer.class)).isEqualTo(-6);
        assertThat(args.get(3, Double.class)).isEqualTo(1.5);
        assertThat(args.get(4, Boolean.class)).isTrue();
        assertThat(args.get(5, boolean.class)).isFalse();
        assertThat(args.get(6, Long.class)).isEqualTo(9007199254740993L);
        assertThat(args.get(7, Double.class)).isEqualTo(1e21);
        assertThat(args.get(1, Object.class)).isEqualTo(5);
        assertThat(args.get(1, Number.class)).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource({
        "2147483647, 2147483647",
        "-2147483648, -2147483648",
        "999999999, 999999999",
        "-99999999, -99999999",
        "-0, 0"
    })
    void bindsIntegersUpToTheirLimits(String json, int value) throws RemoteProtocolException {
        assertThat(args(json).get(0, Integer.class)).isEqualTo(value);
        assertThat(args(json).get(0, Long.class)).isEqualTo((long) value);
    }

    @Test
    void refusesIntegersBeyondTheirLimits() throws RemoteProtocolException {
        Args args = args("2147483648", "9223372036854775807", "9223372036854775808", "1.5", "1e400");

        mismatch(args, 0, Integer.class);
        assertThat(args.get(1, Long.class)).isEqualTo(Long.MAX_VALUE);
        mismatch(args, 2, Long.class);
        mismatch(args, 3, Integer.class);
        mismatch(args, 3, long.class);
    }

    @Test
    void coercesNothing() throws RemoteProtocolException {
        Args args = args("\"5\"", "5", "true", "\"\"", "[]", "{}");

        mismatch(args, 0, Integer.class);
        mismatch(args, 0, Long.class);
        mismatch(args, 0, Double.class);
        mismatch(args, 0, Boolean.class);
        mismatch(args, 0, Order.class);
        mismatch(args, 1, String.class);
        mismatch(args, 1, Boolean.class);
        mismatch(args, 2, String.class);
        mismatch(args, 2, Integer.class);
        mismatch(args, 3, Integer.class);
        mismatch(args, 3, Boolean.class);
        mismatch(args, 4, String.class);
        mismatch(args, 5, String.class);
    }

    @Test
    void tellsNullFromAbsent() throws RemoteProtocolException {
        Args args = args("null");

        assertThat(args.isNull(0)).isTrue();
        assertThat(args.get(0, String.class)).isNull();
        assertThat(args.get(0, Integer.class)).isNull();
        assertThat(args.get(0, Order.class)).isNull();
        assertThat(args.node(0).isNull()).isTrue();
        mismatch(args, 0, int.class);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> args.get(1, String.class))
                .withMessage("there is no argument 1: the size is 1");
        assertThatIllegalArgumentException().isThrownBy(() -> args.json(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> args.node(1));
        assertThatIllegalArgumentException().isThrownBy(() -> args.isNull(1));
    }

    @Test
    void bindsRecordsGenericsAndTrees() throws RemoteProtocolException {
        Args args = args("{\"product\":\"p\",\"count\":2,\"unknown\":1}", "[1,2]", "\"2026-01-02T03:04:05Z\"");

        assertThat(args.get(0, Order.class)).isEqualTo(new Order("p", 2, null));
        assertThat(args.get(1, new TypeReference<List<Long>>() {})).isEqualTo(List.of(1L, 2L));
        assertThat(args.get(1, codec.mapper().constructType(int[].class))).isEqualTo(new int[] {1, 2});
        assertThat(args.get(2, Instant.class)).isEqualTo(Instant.parse("2026-01-02T03:04:05Z"));
        assertThat(args.node(1).get(1).intValue()).isEqualTo(2);
    }

    @Test
    void findsArgumentsBetweenWhitespace() throws RemoteProtocolException {
        Packet packet = decode("2[ \"e\" , 1 ,\n[ 2 , 3 ]\t,{ } ]  ");
        Args args = codec.args(packet);

        assertThat(codec.eventName(packet)).isEqualTo("e");
        assertThat(args.json(0).utf8()).isEqualTo("1");
        assertThat(args.json(1).utf8()).isEqualTo("[ 2 , 3 ]");
        assertThat(args.json(2).utf8()).isEqualTo("{ }");
        assertThat(args.size()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({"5, 5", "-0, 0", "5.0, 5", "1e3, 1000", "12345678901234567890, 12345678901234567890", "1e999, Infinity"
    })
    void namesEventsByNumbersAsJavaScriptDoes(String json, String name) throws RemoteProtocolException {
        assertThat(codec.eventName(decode("2[" + json + "]"))).isEqualTo(name);
    }

    @Test
    void givesAcknowledgementsAllTheirElements() throws RemoteProtocolException {
        assertThat(codec.args(decode("31[]")).size()).isZero();
        assertThat(codec.args(decode("31[\"a\",1]")).get(0, String.class)).isEqualTo("a");
    }

    @Test
    void bindsPayloadsThatWereNeverOnTheWire() {
        Packet packet = Packet.of(Packet.Type.EVENT, "/", codec.writeEvent("e", "x", new byte[] {1}));

        assertThat(codec.eventName(packet)).isEqualTo("e");
        assertThat(codec.args(packet).get(0, String.class)).isEqualTo("x");
        assertThat(codec.args(packet).get(1, byte[].class)).containsExactly(1);
    }

    @Test
    void refusesPacketsWithoutArguments() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.args(Packet.of(Packet.Type.CONNECT, "/", Payload.NONE)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.args(Packet.of(Packet.Type.EVENT, "/", Payload.NONE)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.args(Packet.of(Packet.Type.EVENT, "/", Payload.ofJson("[]"))));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.args(Packet.of(Packet.Type.EVENT, "/", Payload.ofJson("[null]"))));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.eventName(Packet.of(Packet.Type.ACK, "/", Payload.ofJson("[\"e\"]"))));
    }

    @Test
    void bindsBinaryValuesWhereverTheyStand() throws RemoteProtocolException {
        Args args = binary(
                P0,
                "{\"name\":\"s\",\"image\":" + P0 + ",\"parts\":{\"a\":" + P1 + "},\"thumb\":" + P1 + ",\"rest\":[" + P0
                        + "]}",
                "[" + P0 + ",{\"x\":" + P1 + "}]",
                "\"plain\"");

        assertThat(args.get(0, byte[].class)).containsExactly(1, 2);
        assertThat(args.get(0, Bytes.class)).isEqualTo(Bytes.wrap(new byte[] {1, 2}));
        assertThat(args.get(0, ByteBuffer.class)).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2}));
        assertThat(args.get(0, Object.class)).isEqualTo(new byte[] {1, 2});
        assertThat(args.node(0).binaryValue()).containsExactly(1, 2);
        Shot shot = requireNonNull(args.get(1, Shot.class));
        assertThat(shot.image).containsExactly(1, 2);
        assertThat(shot.parts).containsExactly(Map.entry("a", Bytes.wrap(new byte[] {3})));
        assertThat(shot.thumb).isEqualTo(ByteBuffer.wrap(new byte[] {3}));
        assertThat(shot.rest.get(0).binaryValue()).containsExactly(1, 2);
        List<Object> list = requireNonNull(args.get(2, new TypeReference<List<Object>>() {}));
        assertThat(list.get(0)).isEqualTo(new byte[] {1, 2});
        assertThat(list.get(1)).usingRecursiveComparison().isEqualTo(Map.of("x", new byte[] {3}));
        assertThat(args.get(3, String.class)).isEqualTo("plain");
        assertThat(args.json(0).utf8()).isEqualTo(P0);
        mismatch(args, 0, Integer.class);
    }

    @Test
    void leavesTheAttachmentsToTheirOtherReaders() throws RemoteProtocolException {
        Args args = binary(P0);
        byte[] mine = requireNonNull(args.get(0, byte[].class));

        mine[0] = 9;

        assertThat(args.get(0, byte[].class)).containsExactly(1, 2);
    }

    @Test
    void copiesAnAttachmentOnceHoweverOftenItIsNamed() throws RemoteProtocolException {
        String many = "[" + (P0 + ",").repeat(9999) + P0 + "]";
        List<byte[]> arrays = requireNonNull(binary(many).get(0, new TypeReference<List<byte[]>>() {}));

        assertThat(arrays).hasSize(10_000).allMatch(array -> array == arrays.get(0));
    }

    @Test
    void takesPlaceholdersInPlainEventsForData() throws RemoteProtocolException {
        assertThat(args(P0).get(0, Object.class)).isEqualTo(Map.of("_placeholder", true, "num", 0));
    }

    @Test
    void saysWhereAnArgumentDoesNotFitWithoutSayingWhatItHolds() throws RemoteProtocolException {
        Args args = args(
                "{\"product\":\"p\",\"count\":1,\"parts\":[{\"product\":\"q\",\"count\":\"secret\"}]}",
                "{\"secret\":{\"product\":[]}}",
                "\"secret\"");

        assertThat(mismatch(args, 0, Order.class))
                .hasMessage("argument 0 (an object) does not fit Order at .parts[0].count")
                .hasNoCause();
        assertThatExceptionOfType(ArgumentException.class)
                .isThrownBy(() -> args.get(1, new TypeReference<Map<String, Order>>() {}))
                .withMessage("argument 1 (an object) does not fit Map at [*].product");
        assertThat(mismatch(args, 2, Instant.class)).hasMessage("argument 2 (a string) does not fit Instant");
        assertThat(mismatch(args, 2, Integer.class).index()).isEqualTo(2);
    }

    @Test
    void tellsWhatTheConstructorOfTheTypeThrew() throws RemoteProtocolException {
        assertThat(mismatch(args("{\"product\":\"p\",\"count\":-1}"), 0, Order.class))
                .hasMessage("argument 0 (an object) does not fit Order")
                .hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void boundsThePropertyNamesThatJacksonWouldKeep() throws RemoteProtocolException {
        mismatch(args("{\"" + "x".repeat(5000) + "\":1}"), 0, JsonNode.class);
        assertThat(args("\"" + "x".repeat(200_000) + "\"").node(0).asString()).hasSize(200_000);
    }

    @Test
    void bindsAsTheMapperOfTheApplicationSays() throws RemoteProtocolException {
        JsonCodec own = new JsonCodec(JsonMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build());
        Args args = own.args(decode("2[\"e\",{\"product\":\"p\",\"count\":2,\"unknown\":1},5]"));

        mismatch(args, 0, Order.class);
        assertThat(args.get(1, String.class)).isEqualTo("5");
    }

    private static ArgumentException mismatch(Args args, int index, Class<?> type) {
        return assertThrows(ArgumentException.class, () -> args.get(index, type));
    }

    private Args args(String... json) throws RemoteProtocolException {
        return codec.args(decode("2[\"e\"," + String.join(",", json) + "]"));
    }

    private Args binary(String... json) throws RemoteProtocolException {
        PacketDecoder decoder = new PacketDecoder();
        decoder.add(EnginePacket.message("52-[\"e\"," + String.join(",", json) + "]"));
        decoder.add(EnginePacket.binary(Bytes.wrap(new byte[] {1, 2})));
        return codec.args(requireNonNull(decoder.add(EnginePacket.binary(Bytes.wrap(new byte[] {3})))));
    }

    private static Packet decode(String text) throws RemoteProtocolException {
        return requireNonNull(new PacketDecoder().add(EnginePacket.message(text)));
    }
}
