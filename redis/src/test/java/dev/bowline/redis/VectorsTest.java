package dev.bowline.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.adapter.cluster.ClusterCodec;
import dev.bowline.adapter.cluster.ClusterMessage;
import dev.bowline.adapter.cluster.ClusterMessage.Kind;
import dev.bowline.core.engine.RemoteProtocolException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What Node's adapters and emitters were seen to write: it is understood, and what is understood is written as they write
 * it, byte for byte.
 */
class VectorsTest {
    private static final JsonNode VECTORS = vectors();

    /** What has no JSON (a date, undefined) becomes something else on its way, and so do flags that mean nothing here. */
    private static final Set<String> CHANGED =
            Set.of("broadcast-date-bigint", "remote-socket.timeout.emit", "emitter-flags-except", "allRooms");

    private static JsonNode vectors() {
        try (InputStream in = VectorsTest.class.getResourceAsStream("/redis-vectors.json")) {
            return JsonMapper.shared().readTree(Objects.requireNonNull(in));
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Stream<JsonNode> section(String name) {
        return VECTORS.path(name).values().stream();
    }

    private static byte[] bytes(JsonNode frame) {
        return frame.has("hex")
                ? HexFormat.of().parseHex(frame.path("hex").asString())
                : frame.path("text").asString().getBytes(StandardCharsets.UTF_8);
    }

    private static String shown(byte[] bytes) {
        return bytes.length > 0 && bytes[0] == '{'
                ? new String(bytes, StandardCharsets.UTF_8)
                : HexFormat.of().formatHex(bytes);
    }

    /** Of a channel's name, the namespace in it. */
    private static String namespace(String channel) {
        return channel.split("#", -1)[1];
    }

    @TestFactory
    Stream<DynamicTest> speaksAsTheClassicAdapter() {
        return section("redis_adapter_frames")
                .map(frame -> DynamicTest.dynamicTest(
                        frame.path("name").asString() + " on "
                                + frame.path("channel").asString(),
                        () -> classic(frame)));
    }

    private static void classic(JsonNode frame) throws RemoteProtocolException {
        String channel = frame.path("channel").asString();
        byte[] bytes = bytes(frame);
        byte[] again;
        if (channel.contains("-request#")) {
            ClusterMessage message =
                    ClassicCodec.readRequest(bytes, namespace(channel)).orElseThrow();
            if (CHANGED.contains(frame.path("name").asString())) {
                return;
            }
            ClusterMessage said = message.node().isEmpty() ? renamed(message) : message;
            again = ClassicCodec.request(said, namespace(channel));
        } else if (channel.contains("-response#")) {
            var read = ClassicCodec.readResponse(bytes);
            if (read.isEmpty()) { // the list of all rooms, which is never asked for here
                assertThat(frame.path("name").asString()).isEqualTo("allRooms");
                return;
            }
            again = ClassicCodec.response(read.get());
            ObjectNode tree = (ObjectNode) Json.readEither(again);
            assertThat(tree.remove("uid").asString()).isEmpty();
            again = again[0] == '{' ? Json.write(tree) : MessagePack.write(tree);
        } else {
            ClusterMessage message = ClassicCodec.readBroadcast(bytes, namespace(channel));
            assertThat(ClassicChannels.of(
                            message, channel.substring(0, channel.indexOf('#')) + '#' + namespace(channel) + '#'))
                    .isEqualTo(channel);
            if (CHANGED.contains(frame.path("name").asString())) {
                return;
            }
            again = ClassicCodec.broadcast(message, namespace(channel));
        }
        assertThat(shown(again)).isEqualTo(shown(bytes));
    }

    /** An emitter does not say that it is one in requests. */
    private static ClusterMessage renamed(ClusterMessage message) {
        return ClusterMessage.of(message.kind(), NodeNames.EMITTER)
                .to(message.options())
                .with(message.rooms())
                .closing(message.closeConnection());
    }

    @Test
    void tellsWhatADateIs() throws RemoteProtocolException {
        JsonNode frame = section("redis_adapter_frames")
                .filter(one -> one.path("name").asString().equals("broadcast-date-bigint"))
                .findFirst()
                .orElseThrow();
        ClusterMessage message = ClassicCodec.readBroadcast(bytes(frame), "/");
        assertThat(message.payload().json().utf8())
                .isEqualTo("[\"date\",\"2023-11-14T22:13:20.123Z\",4294967296,-5,-200,300,70000,-40000,-3000000000]");
    }

    @Test
    void answersWhoAsksForAllRooms() throws RemoteProtocolException {
        ClusterMessage asked = ClassicCodec.readRequest(
                        "{\"uid\":\"B9SGqU\",\"requestId\":\"hezycl\",\"type\":1}".getBytes(StandardCharsets.UTF_8),
                        "/")
                .orElseThrow();
        assertThat(asked.kind()).isEqualTo(Kind.ALL_ROOMS);
        byte[] answer = ClassicCodec.response(ClusterMessage.of(Kind.ALL_ROOMS_RESPONSE, "me")
                .under(asked.requestId())
                .with(Set.of("room1")));
        assertThat(shown(answer)).isEqualTo("{\"requestId\":\"hezycl\",\"rooms\":[\"room1\"],\"uid\":\"me\"}");
    }

    @TestFactory
    Stream<DynamicTest> speaksAsTheShardedAdapter() {
        return section("redis_sharded_adapter_frames")
                .map(frame -> DynamicTest.dynamicTest(
                        frame.path("name").asString() + " on "
                                + frame.path("channel").asString(),
                        () -> {
                            byte[] bytes = bytes(frame);
                            ClusterMessage message = ClusterCodec.read(Json.readEither(bytes), "/");
                            assertThat(shown(ShardedBus.encode(message, "/"))).isEqualTo(shown(bytes));
                        }));
    }

    @TestFactory
    Stream<DynamicTest> speaksAsTheStreamsAdapterOnItsChannels() {
        return section("redis_streams_pubsub")
                .map(frame -> DynamicTest.dynamicTest(frame.path("name").asString(), () -> {
                    byte[] bytes = bytes(frame);
                    ClusterMessage message = ClusterCodec.read(MessagePack.read(bytes), "/");
                    assertThat(shown(MessagePack.write(ClusterCodec.write(message, "/"))))
                            .isEqualTo(shown(bytes));
                }));
    }

    @TestFactory
    Stream<DynamicTest> speaksAsTheStreamsAdapterInTheStream() {
        return section("redis_streams_entries")
                .map(entry -> DynamicTest.dynamicTest(entry.path("id").asString(), () -> {
                    Map<String, byte[]> fields = new LinkedHashMap<>();
                    entry.path("fields")
                            .properties()
                            .forEach(field -> fields.put(
                                    field.getKey(), field.getValue().asString().getBytes(StandardCharsets.UTF_8)));
                    ClusterMessage message = StreamsBus.read(fields, 1_000_000);
                    String namespace = entry.path("fields").path("nsp").asString();
                    assertEntry(StreamsBus.fields(message, namespace, ClusterCodec.data(message)), fields);
                }));
    }

    private static void assertEntry(Map<String, byte[]> written, Map<String, byte[]> expected) {
        assertThat(written.keySet()).containsExactly("uid", "nsp", "type", "data");
        expected.forEach((name, value) -> assertThat(new String(written.get(name), StandardCharsets.UTF_8))
                .isEqualTo(new String(value, StandardCharsets.UTF_8)));
    }

    @TestFactory
    Stream<DynamicTest> speaksAsTheStreamsEmitter() {
        return section("redis_streams_emitter")
                .map(vector -> DynamicTest.dynamicTest(vector.path("name").asString(), () -> {
                    Map<String, byte[]> fields = new LinkedHashMap<>();
                    Iterator<JsonNode> arguments = vector.path("xaddArgs").iterator();
                    for (int skipped = 0; skipped < 5; skipped++) {
                        arguments.next();
                    }
                    while (arguments.hasNext()) {
                        fields.put(
                                arguments.next().asString(),
                                arguments.next().asString().getBytes(StandardCharsets.UTF_8));
                    }
                    ClusterMessage message = StreamsBus.read(fields, 1_000_000);
                    String namespace = new String(fields.get("nsp"), StandardCharsets.UTF_8);
                    assertEntry(StreamsBus.fields(message, namespace, RedisEmitter.data(message, namespace)), fields);
                }));
    }

    @TestFactory
    Stream<DynamicTest> choosesTheStreamsOfNode() {
        return section("redis_streams_hash")
                .map(vector ->
                        DynamicTest.dynamicTest("\"" + vector.path("input").asString() + "\"", () -> {
                            String namespace = vector.path("input").asString();
                            for (int count : new int[] {3, 4}) {
                                assertThat(StreamOptions.DEFAULTS
                                                .withStreamCount(count)
                                                .streamOf(namespace))
                                        .isEqualTo("socket.io-"
                                                + vector.path("mod" + count).asInt());
                            }
                        }));
    }

    @TestFactory
    Stream<DynamicTest> writesNumbersAndTextsAsNotepackDoes() {
        return section("notepack3_values")
                .filter(vector -> !vector.path("input").toString().contains("$"))
                .map(vector -> DynamicTest.dynamicTest(vector.path("notepack3").asString(), () -> {
                    String hex = vector.path("notepack3").asString();
                    JsonNode input = vector.path("input");
                    assertThat(shown(MessagePack.write(input))).isEqualTo(hex);
                    assertThat(MessagePack.read(HexFormat.of().parseHex(hex)).toString())
                            .isEqualTo(input.toString());
                }));
    }
}
