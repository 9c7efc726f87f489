package dev.bowline.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.Vectors;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/** Frames and payloads of Engine.IO v3 as the JavaScript packages write and read them: all are followed. */
class EngineV3VectorsTest {
    private static final EnginePacketCodec CODEC = EnginePacketCodec.of(ProtocolRevision.V3, false);

    @TestFactory
    Stream<DynamicTest> decodesTextPayloads() {
        return Vectors.tests("eio3_decode_payload_text", vector -> {
            Bytes body = Bytes.utf8(vector.required("input").asString());
            checkDecoded(CODEC.decodePayload(PollingBody.text(body)), vector);
        });
    }

    @TestFactory
    Stream<DynamicTest> decodesBinaryPayloads() {
        return Vectors.tests("eio3_decode_payload_binary", vector -> {
            Bytes body =
                    Bytes.wrap(HexFormat.of().parseHex(vector.required("input").asString()));
            checkDecoded(CODEC.decodePayload(new PollingBody(body, true)), vector);
        });
    }

    private static void checkDecoded(PollingPayload.Decoded decoded, JsonNode vector) {
        List<Object> actual = new ArrayList<>(decoded.packets());
        String error = decoded.error();
        if (error != null) {
            actual.add(error);
        }
        List<Object> expected = new ArrayList<>();
        vector.required("output").forEach(packet -> expected.add(EngineVectorsTest.packetOrError(packet)));
        assertThat(actual).isEqualTo(expected);
    }

    @TestFactory
    Stream<DynamicTest> encodesPayloads() {
        return Vectors.tests("eio3_encode_payload", vector -> {
            JsonNode input = vector.required("input");
            List<EnginePacket> packets = new ArrayList<>();
            input.required("packets").forEach(packet -> packets.add(EngineVectorsTest.packet(packet)));
            boolean textOnly = !input.required("supportsBinary").asBoolean();
            PollingBody body =
                    EnginePacketCodec.of(ProtocolRevision.V3, textOnly).encodePayload(packets);
            JsonNode output = vector.required("output");
            assertThat(body)
                    .isEqualTo(
                            Vectors.isBinary(output)
                                    ? new PollingBody(Bytes.wrap(Vectors.binary(output)), true)
                                    : PollingBody.text(Bytes.utf8(output.asString())));
        });
    }

    @TestFactory
    Stream<DynamicTest> readsAndWritesFrames() {
        return Vectors.tests("eio3_packet_ws", vector -> {
            JsonNode input = vector.required("input");
            boolean binary = Vectors.isBinary(input);
            Bytes frame = binary ? Bytes.wrap(Vectors.binary(input)) : Bytes.utf8(input.asString());
            EnginePacket packet = binary ? CODEC.decodeBinary(frame) : CODEC.decodeText(frame);
            assertThat(packet).isEqualTo(EngineVectorsTest.packet(vector.required("output")));
            assertThat(CODEC.isBinaryFrame(packet)).isEqualTo(binary);
            assertThat(CODEC.encode(packet)).isEqualTo(frame);
        });
    }
}
