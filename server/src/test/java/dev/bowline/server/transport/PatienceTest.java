package dev.bowline.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.testkit.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How long emits wait for clients that do not read: never longer in all than their bytes would take at 4 MiB/s. */
class PatienceTest {
    private static final long SECOND = 1_000_000_000;

    private final ManualTicker ticker = new ManualTicker();
    private final Patience patience = new Patience(ticker);

    @Test
    void hasASecondToSpendAtFirst() {
        assertThat(patience.forEmitOf(1)).isEqualTo(SECOND);
        patience.spend(SECOND);
        assertThat(patience.forEmitOf(0)).isZero();
    }

    @Test
    void neverSlowsEmitsBelowTheirPaceHoweverManyClientsDoNotRead() {
        long waited = 0;
        int emits = 10_000;
        int size = 10_240;
        for (int i = 0; i < emits; i++) {
            for (int client = 0; client < 100; client++) {
                long granted = patience.forEmitOf(size / 100);
                patience.spend(granted);
                waited += granted;
            }
        }
        long atPace = (long) emits * size * SECOND / (4 << 20);
        assertThat(waited).isBetween(SECOND, SECOND + atPace);
    }

    @Test
    void savesUpAHundredthOfAllTimeButNoMoreThanASecond() {
        patience.spend(SECOND);
        ticker.advance(Duration.ofSeconds(10));
        assertThat(patience.forEmitOf(0)).isEqualTo(SECOND / 10);
        ticker.advance(Duration.ofDays(1));
        assertThat(patience.forEmitOf(0)).isEqualTo(SECOND);
    }

    @Test
    void letsNoMoreHandlersWaitThanThreadsCanBeSpared() {
        for (int i = 0; i < 256; i++) {
            assertThat(patience.handlerMayWait()).isTrue();
        }
        assertThat(patience.handlerMayWait()).isFalse();
        patience.handlerWaited();
        assertThat(patience.handlerMayWait()).isTrue();
    }
}
