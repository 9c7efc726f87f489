package dev.bowline.lab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TallyTest {
    private final Tally.Counter counter = new Tally.Counter();

    @Test
    void countsNothingBeforeAnythingCame() {
        assertThat(counter.tally()).isEqualTo(new Tally(0, 0, 0, 0));
    }

    @Test
    void findsNoFaultInARunThatIsWhole() {
        add(0, 1, 2, 3);
        assertThat(counter.tally()).isEqualTo(new Tally(4, 0, 0, 0));
    }

    @Test
    void countsGapsBelowTheLargestNumberAsLost() {
        add(0, 1, 4);
        assertThat(counter.tally()).isEqualTo(new Tally(3, 2, 0, 0));
    }

    @Test
    void countsRepeatsAsDoubledAndNotAsReordered() {
        add(0, 1, 1, 0);
        assertThat(counter.tally()).isEqualTo(new Tally(2, 0, 2, 0));
    }

    @Test
    void countsLateArrivalsAsReordered() {
        add(0, 2, 1, 3);
        assertThat(counter.tally()).isEqualTo(new Tally(4, 0, 0, 1));
    }

    private void add(int... numbers) {
        for (int number : numbers) {
            counter.add(number);
        }
    }
}
