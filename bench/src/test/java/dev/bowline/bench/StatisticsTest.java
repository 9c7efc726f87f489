package dev.bowline.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    @Test
    void theMedianIsTheOneInTheMiddle() {
        assertThat(Statistics.median(List.of(9.0, 1.0, 2.0))).isEqualTo(2.0);
    }

    @Test
    void theMedianOfAnEvenNumberIsTheMeanOfTheTwoThere() {
        assertThat(Statistics.median(List.of(4.0, 1.0, 2.0, 9.0))).isEqualTo(3.0);
    }

    @Test
    void nothingHasNoMedian() {
        assertThat(Statistics.median(List.of())).isNaN();
        assertThat(Statistics.spread(List.of())).isNaN();
    }

    @Test
    void theSpreadIsHalfTheRange() {
        assertThat(Statistics.spread(List.of(1.0, 3.0, 2.5))).isCloseTo(1.0, within(1e-9));
        assertThat(Statistics.spread(List.of(7.0))).isZero();
    }
}
