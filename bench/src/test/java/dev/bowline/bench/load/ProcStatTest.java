package dev.bowline.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcStatTest {
    @Test
    void addsUserAndSystemTimeOfAProcessWhateverItsName() {
        String stat = "42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 7 5 0 0 20 0 1 0 100 0 0";
        assertThat(ProcStat.parseProcess(stat)).isEqualTo(120_000);
    }

    @Test
    void addsWhatTheMachineWasBusyWithAndWhatWasStolen() {
        String stat = "cpu  10 1 20 1000 50 3 4 5 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assertThat(ProcStat.parseMachine(stat)).isEqualTo(360_000);
    }

    @Test
    void findsWhatListenersLostByItsName() {
        String netstat = """
                TcpExt: SyncookiesSent ListenOverflows ListenDrops
                TcpExt: 1 42 43
                IpExt: A
                IpExt: 1
                """;
        assertThat(ProcStat.parseNetwork(netstat, "ListenOverflows")).isEqualTo(42);
        assertThat(ProcStat.parseNetwork(netstat, "NoSuchThing")).isZero();
    }
}
