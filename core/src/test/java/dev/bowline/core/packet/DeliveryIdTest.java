package dev.bowline.core.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeliveryIdTest {
    @Test
    void liesWhereNobodyCountsAndJavaScriptIsExact() {
        assertThat(DeliveryId.of(0, 0)).isEqualTo(1L << 52).isEqualTo(4503599627370496L);
        assertThat(DeliveryId.of(0, 1)).isEqualTo(4503599627370497L);
        assertThat(DeliveryId.of(1, 0)).isEqualTo((1L << 52) + (1L << 32));
        assertThat(DeliveryId.of(DeliveryId.SENDERS - 1, -1)).isEqualTo((1L << 53) - 1);
    }

    @Test
    void countsBeyondTheLargestIntAndBeginsAgain() {
        assertThat(DeliveryId.of(7, Integer.MIN_VALUE) - DeliveryId.of(7, Integer.MAX_VALUE))
                .isEqualTo(1);
        assertThat(DeliveryId.of(8, 0) - DeliveryId.of(7, -1)).isEqualTo(1);
        int last = -1;
        assertThat(DeliveryId.of(7, last + 1)).isEqualTo(DeliveryId.of(7, 0));
    }

    @Test
    void isToldFromAllOtherIds() {
        for (long id : new long[] {DeliveryId.of(0, 0), DeliveryId.of(5, 17), DeliveryId.of(0xFFFFF, -1)}) {
            assertThat(DeliveryId.isDeliveryId(id)).as("%s", id).isTrue();
        }
        for (long id : new long[] {Packet.NO_ID, 0, 1, (1L << 52) - 1, 1L << 53, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertThat(DeliveryId.isDeliveryId(id)).as("%s", id).isFalse();
        }
    }

    @Test
    void isWrittenAndReadAsItIs() throws Exception {
        for (long id : new long[] {DeliveryId.of(0, 0), DeliveryId.of(0xFFFFF, -1)}) {
            Packet packet = new Packet(Packet.Type.EVENT, "/", id, new Payload(Bytes.utf8("[\"x\"]"), List.of()));
            EnginePacket message = PacketEncoder.encode(packet).packets().get(0);
            assertThat(message.data().utf8()).isEqualTo("2" + id + "[\"x\"]");
            assertThat(new PacketDecoder().add(message)).isEqualTo(packet);
        }
    }

    @Test
    void refusesASenderThatThereCannotBe() {
        assertThatThrownBy(() -> DeliveryId.of(1 << 20, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sender must be from 0 to below 1048576: 1048576");
        assertThatThrownBy(() -> DeliveryId.of(-1, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
