package dev.bowline.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * What a peer sends is read or refused with a RemoteProtocolException: nothing else happens, and what was read
 * is never larger than what came. The seeds run with every build; {@code JAZZER_FUZZ=1} looks for more.
 */
class EngineFuzzTest {
    @FuzzTest
    void readsPacketsOrRefuses(byte[] input) {
        try {
            EnginePacket packet = EnginePacketCodec.decodeText(Bytes.wrap(input));
            assertThat(packet.data().length()).isLessThan(input.length);
            Bytes written = EnginePacketCodec.encodeAsText(packet);
            assertThat(EnginePacketCodec.decodeText(written)).isEqualTo(packet);
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
