package dev.bowline.core.packet;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.RemoteProtocolException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a peer sends ends in a packet, in waiting or in a RemoteProtocolException, and a packet's arguments
 * in a value or in an ArgumentException: nothing else. An input is a first message, and after each byte 0xFF
 * an attachment. The seeds run with every build; {@code JAZZER_FUZZ=1} looks for more.
 */
class PacketFuzzTest {
    private record Target(
            @Nullable String name, int count, @Nullable List<Bytes> parts) {}

    private static final List<Class<?>> TYPES = List.of(
            Object.class,
            String.class,
            Integer.class,
            Long.class,
            Double.class,
            Boolean.class,
            byte[].class,
            Map.class,
            Target.class);

    private final JsonCodec codec = new JsonCodec();

    @FuzzTest
    void decodesOrRefuses(byte[] input) {
        Packet packet = decode(input);
        if (packet != null && packet.attachments().isEmpty()) {
            // What was read can be written, and reads the same again.
            EnginePacket written = PacketEncoder.encode(packet).packets().get(0);
            assertThat(decode(written.data().toByteArray())).isEqualTo(packet);
        }
    }

    @FuzzTest
    void bindsOrRefuses(byte[] input) {
        Packet packet = decode(input);
        if (packet == null || (packet.type() != Packet.Type.EVENT && packet.type() != Packet.Type.ACK)) {
            return;
        }
        Args args = codec.args(packet);
        for (int i = 0; i < args.size(); i++) {
            for (Class<?> type : TYPES) {
                try {
                    args.get(i, type);
                } catch (ArgumentException e) {
                    assertThat(e.getMessage()).hasSizeLessThan(400);
                }
            }
        }
    }

    private static @Nullable Packet decode(byte[] input) {
        PacketDecoder decoder = new PacketDecoder();
        try {
            Packet packet = null;
            int from = 0;
            while (from <= input.length) {
                int to = from;
                while (to < input.length && input[to] != (byte) 0xFF) {
                    to++;
                }
                byte[] part = Arrays.copyOfRange(input, from, to);
                packet = decoder.add(from == 0 ? text(part) : EnginePacket.binary(Bytes.wrap(part)));
                from = to + 1;
            }
            return packet;
        } catch (RemoteProtocolException e) {
            assertThat(decoder.isAwaitingAttachments()).isFalse();
            assertThat(e.getMessage()).hasSizeLessThan(100);
            return null;
        }
    }

    private static EnginePacket text(byte[] data) {
        byte[] wire = new byte[data.length + 1];
        wire[0] = '4';
        System.arraycopy(data, 0, wire, 1, data.length);
        return EnginePacket.ofText(EnginePacket.Type.MESSAGE, Bytes.wrap(wire));
    }
}
