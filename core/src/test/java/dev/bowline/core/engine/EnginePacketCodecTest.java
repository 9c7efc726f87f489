package dev.bowline.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnginePacketCodecTest {
    private static final int ROUNDS = 2000;

    private static final EnginePacketCodec V3 = EnginePacketCodec.of(ProtocolRevision.V3, false);

    @ParameterizedTest
    @CsvSource({"V3, false", "V3, true", "V4, false", "V4, true"})
    void readsBackWhatItWrites(ProtocolRevision revision, boolean textOnly) throws RemoteProtocolException {
        var codec = EnginePacketCodec.of(revision, textOnly);
        assertThat(codec.revision()).isEqualTo(revision);
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            String where = "seed " + seed + ", round " + round;
            List<EnginePacket> packets = new ArrayList<>();
            for (int i = 0; i <= random.nextInt(5); i++) {
                packets.add(packet(random));
            }
            for (EnginePacket packet : packets) {
                Bytes frame = codec.encode(packet);
                assertThat(codec.isBinaryFrame(packet) ? codec.decodeBinary(frame) : codec.decodeText(frame))
                        .as(where)
                        .isEqualTo(packet);
            }
            PollingBody body = codec.encodePayload(packets);
            assertThat(codec.decodePayload(body)).as(where).isEqualTo(new PollingPayload.Decoded(packets, null));
            boolean binary = revision == ProtocolRevision.V3
                    && !textOnly
                    && packets.stream().anyMatch(EnginePacket::isBinary);
            assertThat(body.binary()).as(where).isEqualTo(binary);
        }
    }

    private static EnginePacket packet(Random random) {
        if (random.nextInt(3) == 0) {
            byte[] data = new byte[random.nextInt(random.nextBoolean() ? 4 : 300)];
            random.nextBytes(data);
            return EnginePacket.binary(Bytes.wrap(data));
        }
        var types = EnginePacket.Type.values();
        var text = new StringBuilder();
        for (int i = random.nextInt(20); i > 0; i--) {
            text.appendCodePoint(
                    switch (random.nextInt(4)) {
                        case 0 -> ' ' + random.nextInt(0x5F);
                        case 1 -> 0xA0 + random.nextInt(0x700);
                        case 2 -> 0x800 + random.nextInt(0xD000);
                        default -> 0x10000 + random.nextInt(0x100000);
                    });
        }
        return EnginePacket.text(types[random.nextInt(types.length)], text.toString());
    }

    @Test
    void makesTheFormsOfASharedBinaryPacketOnce() {
        var packet = EnginePacket.binary(Bytes.wrap(new byte[] {1, 2, 3}));
        assertThat(EnginePacketCodec.V4.encode(packet)).isSameAs(packet.wire());
        assertThat(EnginePacketCodec.V4.encodeAsText(packet))
                .isEqualTo(Bytes.utf8("bAQID"))
                .isSameAs(EnginePacketCodec.V4.encodeAsText(packet));
        assertThat(V3.encodeAsText(packet)).isEqualTo(Bytes.utf8("b4AQID")).isSameAs(V3.encodeAsText(packet));
        assertThat(V3.encode(packet))
                .isEqualTo(Bytes.wrap(new byte[] {4, 1, 2, 3}))
                .isSameAs(V3.encode(packet));
    }

    @ParameterizedTest
    @ValueSource(strings = {"b", "b2AQ==", "bAQID", "9", ""})
    void refusesTextFramesOfV3ThatAreNone(String frame) {
        assertThatThrownBy(() -> V3.decodeText(Bytes.utf8(frame))).isInstanceOf(RemoteProtocolException.class);
    }

    @Test
    void refusesBinaryFramesOfV3ThatAreNoMessage() {
        assertThatThrownBy(() -> V3.decodeBinary(Bytes.EMPTY)).isInstanceOf(RemoteProtocolException.class);
        assertThatThrownBy(() -> V3.decodeBinary(Bytes.wrap(new byte[] {2})))
                .isInstanceOf(RemoteProtocolException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "3:4\u00e9",
                "3:4\ud83d\ude00\ud83d\ude00x",
                "-1:4",
                "+1:4",
                " 1:4",
                "1e0:4",
                "99999999999999999999:4"
            })
    void refusesLengthsThatAreWrong(String body) {
        var decoded = V3.decodePayload(PollingBody.text(Bytes.utf8(body)));
        assertThat(decoded.error()).isEqualTo("parser error");
    }

    @Test
    void takesWhoeverDoesNotSayFourForAnOlderClient() {
        assertThat(ProtocolRevision.of("4")).isEqualTo(ProtocolRevision.V4);
        assertThat(List.of("3", "", "5", "04", "abc")).allMatch(eio -> ProtocolRevision.of(eio) == ProtocolRevision.V3);
    }
}
