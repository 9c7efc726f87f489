package dev.bowline.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InboundMemoryTest {
    private static final int GRAIN = 4 << 10;

    private final InboundMemory memory = new InboundMemory(4 * GRAIN);
    private final List<String> sentAway = new ArrayList<>();

    private final class Client {
        private final String name;
        private final InboundMemory.Holding holding;
        private long bytes;

        Client(String name) {
            this.name = name;
            this.holding = memory.holding(() -> bytes, () -> sentAway.add(this.name));
        }

        void holds(long now) {
            bytes = now;
            holding.changed();
        }
    }

    @Test
    void sendsNobodyAwayAsLongAsThereIsRoom() {
        new Client("a").holds(2 * GRAIN);
        new Client("b").holds(2 * GRAIN);
        assertThat(sentAway).isEmpty();
        assertThat(memory.held()).isEqualTo(4 * GRAIN);
    }

    @Test
    void sendsThoseAwayWhoHaveHeldSomethingForTheLongestTime() {
        var a = new Client("a");
        var b = new Client("b");
        a.holds(GRAIN);
        b.holds(2 * GRAIN);
        a.holds(2 * GRAIN);
        new Client("c").holds(2 * GRAIN);
        assertThat(sentAway).containsExactly("a");
        new Client("d").holds(3 * GRAIN);
        assertThat(sentAway).containsExactly("a", "b", "c");
        assertThat(memory.held()).isEqualTo(3 * GRAIN);
    }

    @Test
    void whoIsDoneBeginsAnew() {
        var a = new Client("a");
        var b = new Client("b");
        a.holds(GRAIN);
        b.holds(GRAIN);
        a.holds(0);
        a.holds(GRAIN);
        new Client("c").holds(3 * GRAIN);
        assertThat(sentAway).containsExactly("b");
    }

    @Test
    void countsNothingMoreOfWhoWasSentAway() {
        var a = new Client("a");
        a.holds(5 * GRAIN);
        assertThat(sentAway).containsExactly("a");
        assertThat(memory.held()).isZero();
        a.holds(GRAIN);
        a.holds(0);
        assertThat(memory.held()).isZero();
        assertThat(sentAway).containsExactly("a");
    }

    @Test
    void littleIsNotCounted() {
        for (int i = 0; i < 100; i++) {
            new Client("small").holds(GRAIN - 1);
        }
        assertThat(memory.held()).isZero();
        assertThat(sentAway).isEmpty();
    }

    @Test
    void whoCannotBeSentAwayHarmsNobodyElse() {
        var gone = memory.holding(() -> 3 * GRAIN, () -> {
            throw new IllegalStateException("its loop has ended");
        });
        gone.changed();
        var last = new Client("last");
        last.holds(2 * GRAIN);
        assertThat(sentAway).isEmpty();
        assertThat(memory.held()).isEqualTo(2 * GRAIN);
    }
}
