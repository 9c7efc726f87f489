package dev.bowline.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PacketGroupTest {
    private static final PacketGroup GROUP = new PacketGroup(
            List.of(EnginePacket.message("51-[\"x\"]"), EnginePacket.binary(Bytes.utf8("abc"))),
            PacketGroup.Kind.EVENT);

    @Test
    void isWorthCompressingUnlessItsSenderSaysOtherwise() {
        assertThat(GROUP.packets()).allMatch(EnginePacket::isCompressible);
        assertThat(GROUP.asUncompressed().packets()).noneMatch(EnginePacket::isCompressible);
        assertThat(GROUP.asUncompressed().asDroppable().packets()).noneMatch(EnginePacket::isCompressible);
        assertThat(GROUP.asDroppable().asUncompressed().droppable()).isTrue();
    }

    @Test
    void isTheSameOnTheWireWithoutCompression() {
        assertThat(GROUP.asUncompressed()).isEqualTo(GROUP);
        EnginePacket packet = GROUP.packets().get(1);
        assertThat(packet.uncompressed().wire()).isSameAs(packet.wire());
        assertThat(packet.uncompressed().uncompressed().isCompressible()).isFalse();
    }
}
