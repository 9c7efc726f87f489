package dev.bowline.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * What a peer sends is read or refused with a RemoteProtocolException: nothing else happens, and what was read
 * is never larger than what came. The seeds run with every build; {@code JAZZER_FUZZ=1} looks for more.
 */
class EngineFuzzTest {
    private static final EnginePacketCodec OLD = EnginePacketCodec.of(ProtocolRevision.V3, false);
    private static final EnginePacketCodec OLD_TEXT = EnginePacketCodec.of(ProtocolRevision.V3, true);

    @FuzzTest
    void readsPacketsOrRefuses(byte[] input) {
        try {
            EnginePacket packet = EnginePacketCodec.V4.decodeText(Bytes.wrap(input));
            assertThat(packet.data().length()).isLessThan(input.length);
            Bytes written = EnginePacketCodec.V4.encodeAsText(packet);
            assertThat(EnginePacketCodec.V4.decodeText(written)).isEqualTo(packet);
        } catch (RemoteProtocolException refused) {
            assertThat(refused.getMessage()).hasSizeLessThan(100);
        }
    }

    @FuzzTest
    void readsPayloadsOrRefuses(byte[] input) {
        PollingPayload.Decoded decoded = PollingPayload.decode(Bytes.wrap(input));
        assertThat(decoded.packets().size()).isLessThanOrEqualTo(input.length);
        if (decoded.error() == null) {
            Bytes written = PollingPayload.encode(decoded.packets());
            assertThat(PollingPayload.decode(written)).isEqualTo(decoded);
        }
    }

    @FuzzTest
    void readsOldPacketsOrRefuses(byte[] input) {
        try {
            EnginePacket packet = OLD.decodeText(Bytes.wrap(input));
            assertThat(packet.data().length()).isLessThan(input.length);
            assertThat(OLD.decodeText(OLD.encodeAsText(packet))).isEqualTo(packet);
        } catch (RemoteProtocolException refused) {
            assertThat(refused.getMessage()).hasSizeLessThan(100);
        }
        try {
            EnginePacket packet = OLD.decodeBinary(Bytes.wrap(input));
            assertThat(OLD.encode(packet)).isEqualTo(Bytes.wrap(input));
        } catch (RemoteProtocolException refused) {
            assertThat(refused.getMessage()).hasSizeLessThan(100);
        }
    }

    @FuzzTest
    void readsOldTextPayloadsOrRefuses(byte[] input) {
        PollingPayload.Decoded decoded = OLD_TEXT.decodePayload(PollingBody.text(Bytes.wrap(input)));
        assertThat(decoded.packets().size()).isLessThanOrEqualTo(input.length / 3);
        if (decoded.error() == null) {
            PollingBody written = OLD_TEXT.encodePayload(decoded.packets());
            assertThat(OLD_TEXT.decodePayload(written)).isEqualTo(decoded);
        }
    }

    @FuzzTest
    void readsOldBinaryPayloadsOrRefuses(byte[] input) {
        PollingPayload.Decoded decoded = OLD.decodePayload(new PollingBody(Bytes.wrap(input), true));
        assertThat(decoded.packets().size()).isLessThanOrEqualTo(input.length / 4);
        if (decoded.error() == null && decoded.packets().stream().anyMatch(EnginePacket::isBinary)) {
            PollingBody written = OLD.encodePayload(decoded.packets());
            assertThat(written.binary()).isTrue();
            assertThat(OLD.decodePayload(written)).isEqualTo(decoded);
        }
    }

    @FuzzTest
    void readsHandshakesOrRefuses(byte[] input) {
        byte[] wire = new byte[input.length + 1];
        wire[0] = '0';
        System.arraycopy(input, 0, wire, 1, input.length);
        try {
            OpenPacket open = OpenPacket.decode(EnginePacket.ofText(EnginePacket.Type.OPEN, Bytes.wrap(wire)));
            assertThat(OpenPacket.decode(open.encode())).isEqualTo(open);
        } catch (RemoteProtocolException refused) {
            assertThat(refused.getMessage()).hasSizeLessThan(100);
        }
    }
}
