package dev.bowline.core.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.bowline.core.Vectors;
import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class PacketEncoderTest {
    /** Java's counterpart of an object with toJSON(). */
    private record ToJson(@JsonValue Object json) {}

    private static final List<Packet.Type> TYPES = List.of(Packet.Type.values());

    private final JsonCodec codec = new JsonCodec();

    @TestFactory
    Stream<DynamicTest> writesWhatTheReferenceWrites() {
        return Vectors.tests("sio5_encode", vector -> {
            List<EnginePacket> expected = new ArrayList<>();
            for (JsonNode frame : vector.required("output")) {
                expected.add(
                        Vectors.isBinary(frame)
                                ? EnginePacket.binary(Bytes.wrap(Vectors.binary(frame)))
                                : EnginePacket.message(frame.asString()));
            }
            List<EnginePacket> written = PacketEncoder.encode(packet(vector)).packets();
            assertThat(written.get(0).wire().utf8())
                    .isEqualTo(expected.get(0).wire().utf8());
            assertThat(written).isEqualTo(expected);
        });
    }

    private Packet packet(JsonNode vector) {
        JsonNode input = vector.required("input");
        Packet.Type type = TYPES.get(input.required("type").intValue());
        JsonNode data = input.path("data");
        String note = vector.path("note").asString("");
        Payload payload;
        if (data.isMissingNode()) {
            payload = Payload.NONE;
        } else if (data.isArray()) {
            @Nullable Object[] values = new Object[data.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = note.contains("toJSON()") && i > 0
                        ? new ToJson(withBuffers(data.get(i)))
                        : Vectors.value(data.get(i));
            }
            payload = codec.write(values);
        } else {
            payload = codec.writeValue(java.util.Objects.requireNonNull(Vectors.value(data)));
        }
        long id = input.has("id") ? input.required("id").longValue() : Packet.NO_ID;
        return new Packet(type, input.required("nsp").asString(), id, payload);
    }

    /** Node prints a Buffer inside an object with toJSON as its own JSON form. */
    private static Object withBuffers(JsonNode object) {
        return object.path("a").has("data")
                ? Map.of(
                        "a",
                        new byte[] {(byte) object.path("a").path("data").path(0).intValue()})
                : java.util.Objects.requireNonNull(Vectors.value(object));
    }

    @Test
    void writesNamesOutsideOfAscii() {
        Packet packet = Packet.of(Packet.Type.CONNECT, "/é€😀\ud800", Payload.NONE);

        assertThat(text(packet)).isEqualTo("40/é€😀?,");
    }

    @Test
    void writesTheLongestId() {
        Packet packet = Packet.of(Packet.Type.ACK, "/", Payload.ofJson("[]")).withId(Long.MAX_VALUE);

        assertThat(text(packet)).isEqualTo("43" + Long.MAX_VALUE + "[]");
    }

    @Test
    void copiesNoAttachment() {
        Bytes attachment = Bytes.wrap(new byte[] {1, 2});
        Payload payload = new Payload(Bytes.utf8("[\"e\",{\"_placeholder\":true,\"num\":0}]"), List.of(attachment));

        List<EnginePacket> packets =
                PacketEncoder.encode(Packet.of(Packet.Type.EVENT, "/", payload)).packets();

        assertThat(packets).hasSize(2);
        assertThat(packets.get(1).data()).isSameAs(attachment);
    }

    @ParameterizedTest
    @ValueSource(strings = {"chat", "/a,b", "/a\u001eb", "/a\nb"})
    void refusesANamespaceThatNoDecoderReadsBack(String namespace) {
        Packet packet = Packet.of(Packet.Type.CONNECT, namespace, Payload.NONE);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> PacketEncoder.encode(packet))
                .withMessageStartingWith("namespace must ");
    }

    @Test
    void refusesPayloadsThatDoNotSuitTheType() {
        refuses(Packet.of(Packet.Type.CONNECT, "/", Payload.ofJson("[]")));
        refuses(Packet.of(Packet.Type.CONNECT, "/", Payload.ofJson("null")));
        refuses(Packet.of(Packet.Type.DISCONNECT, "/", Payload.ofJson("{}")));
        refuses(Packet.of(Packet.Type.EVENT, "/", Payload.NONE));
        refuses(Packet.of(Packet.Type.ACK, "/", Payload.NONE).withId(1));
        refuses(Packet.of(Packet.Type.CONNECT_ERROR, "/", Payload.ofJson("[]")));
    }

    @Test
    void refusesIdsAndAttachmentsWhereTheyHaveNoPlace() {
        refuses(Packet.of(Packet.Type.ACK, "/", Payload.ofJson("[]")));
        refuses(Packet.of(Packet.Type.CONNECT, "/", Payload.NONE).withId(1));
        refuses(Packet.of(Packet.Type.CONNECT, "/", new Payload(Bytes.utf8("{}"), List.of(Bytes.EMPTY))));
    }

    private static void refuses(Packet packet) {
        assertThatIllegalArgumentException().isThrownBy(() -> PacketEncoder.encode(packet));
    }

    private static String text(Packet packet) {
        return PacketEncoder.encode(packet).packets().get(0).wire().utf8();
    }
}
