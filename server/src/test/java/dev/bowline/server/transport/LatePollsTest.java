package dev.bowline.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.engine.ProtocolRevision;
import dev.bowline.testkit.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How long, and how many, polls of clients that have left are expected. */
class LatePollsTest {
    private final ManualTicker ticker = new ManualTicker();
    private final LatePolls polls = new LatePolls(ticker);

    private void expect(String sid) {
        polls.expect(sid, ProtocolRevision.V4);
    }

    private boolean take(String sid) {
        return polls.take(sid, ProtocolRevision.V4);
    }

    @Test
    void takesOnePollOfEach() {
        expect("a");
        expect("b");
        assertThat(take("b")).isTrue();
        assertThat(take("b")).isFalse();
        assertThat(take("c")).isFalse();
        assertThat(take("a")).isTrue();
        assertThat(polls.size()).isZero();
    }

    @Test
    void takesNoPollOfAnotherRevisionAndGoesOnWaiting() {
        expect("a");
        assertThat(polls.take("a", ProtocolRevision.V3)).isFalse();
        assertThat(take("a")).isTrue();
    }

    @Test
    void losesPatience() {
        expect("in time");
        expect("too late");
        ticker.advance(LatePolls.PATIENCE.minusNanos(1));
        assertThat(take("in time")).isTrue();
        ticker.advance(Duration.ofNanos(1));
        assertThat(take("too late")).isFalse();
        assertThat(polls.size()).isZero();
    }

    @Test
    void forgetsTheOverdueWhenTheNextOneComes() {
        for (int i = 0; i < 10; i++) {
            expect("gone " + i);
        }
        ticker.advance(LatePolls.PATIENCE.minusNanos(1));
        expect("a");
        assertThat(polls.size()).isEqualTo(11);
        ticker.advance(Duration.ofNanos(1));
        expect("b");
        assertThat(polls.size()).isEqualTo(2);
        assertThat(take("a")).isTrue();
        assertThat(take("b")).isTrue();
    }

    @Test
    void startsAgainForAnIdThatIsUsedAgain() {
        expect("a");
        expect("b");
        ticker.advance(LatePolls.PATIENCE.minusNanos(1));
        expect("a");
        ticker.advance(LatePolls.PATIENCE.minusNanos(1));
        assertThat(take("b")).isFalse();
        assertThat(take("a")).isTrue();
    }

    @Test
    void neverExpectsMoreThanThereMayBeAndGivesUpWhoLeftFirst() {
        for (int i = 0; i < 3 * LatePolls.MOST; i++) {
            expect("sid " + i);
            assertThat(polls.size()).isLessThanOrEqualTo(LatePolls.MOST);
        }
        assertThat(polls.size()).isEqualTo(LatePolls.MOST);
        assertThat(take("sid " + (2 * LatePolls.MOST - 1))).isFalse();
        assertThat(take("sid " + 2 * LatePolls.MOST)).isTrue();
        assertThat(take("sid " + (3 * LatePolls.MOST - 1))).isTrue();
    }
}
