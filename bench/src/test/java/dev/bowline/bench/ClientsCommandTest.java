package dev.bowline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** A few idle clients of each kind: that all are counted, not what they cost. */
class ClientsCommandTest {
    private final StringWriter said = new StringWriter();

    private int run(String... arguments) {
        return BenchCommand.run(new PrintWriter(said, true), new PrintWriter(said, true), arguments);
    }

    @Test
    void everyKindOfClientConnectsAndStays() {
        int status = run("--peers=target/peers", "clients", "--count=20", "--idle=PT0.1S");
        assertThat(status).as("%s", said).isZero();
        assertThat(said.toString().lines().filter(line -> line.startsWith("| ")).toList())
                .as("%s", said)
                .hasSize(5)
                .anyMatch(line -> line.startsWith("| bowline, sharing, small buffers |"))
                .anyMatch(line -> line.startsWith("| bowline, each for itself |"))
                .anyMatch(line -> line.startsWith("| socket.io-client 2.1.2, sharing |"));
    }

    @Test
    void aNumberThatMakesNoSenseIsRefused() {
        assertThat(run("clients", "--count=0")).isEqualTo(2);
        assertThat(run("clients", "--count=1000000")).isEqualTo(2);
        assertThat(said.toString())
                .contains("--count must be positive: 0", "--count 1,000,000 needs more open files than ulimit -n");
    }
}
