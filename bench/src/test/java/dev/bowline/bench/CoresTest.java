package dev.bowline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.bench.load.Job.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

class CoresTest {
    private static Workload workload(String id, int cores) {
        return Workload.of(id, "", "", Shape.ECHO, 1, 1, 64).onCores(cores);
    }

    @Test
    void serverAndLoadAreApartWhereThereAreTwoCores() {
        assertThat(Cores.of(List.of(2, 5), workload("W1", 1))).isEqualTo(new Cores(List.of(2), List.of(5)));
    }

    @Test
    void theyShareWhereThereIsOne() {
        assertThat(Cores.of(List.of(3), workload("W1", 1))).isEqualTo(new Cores(List.of(3), List.of(3)));
    }

    @Test
    void scalingComparesSharedCoresWhereThereAreFewerThanFour() {
        assertThat(Cores.of(List.of(0, 1), workload("W9/1", 1))).isEqualTo(new Cores(List.of(0), List.of(0)));
        assertThat(Cores.of(List.of(0, 1), workload("W9/2", 2))).isEqualTo(new Cores(List.of(0, 1), List.of(0, 1)));
    }

    @Test
    void scalingKeepsTheLoadAwayWhereThereAreFour() {
        List<Integer> four = List.of(0, 1, 2, 3);
        assertThat(Cores.of(four, workload("W9/1", 1))).isEqualTo(new Cores(List.of(0), List.of(2, 3)));
        assertThat(Cores.of(four, workload("W9/2", 2))).isEqualTo(new Cores(List.of(0, 1), List.of(2, 3)));
    }

    @Test
    void nothingIsPinnedWhereNothingCanPin() {
        assertThat(Cores.of(List.of(), workload("W1", 1))).isEqualTo(new Cores(List.of(), List.of()));
    }

    @Test
    void readsTheKernelsList() {
        assertThat(Cores.parse("\t0-2,5")).containsExactly(0, 1, 2, 5);
    }
}
