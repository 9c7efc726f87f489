package dev.bowline.lab;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bowline contract-server}: a server to be verified, in a process of its own. */
@Command(
        name = "contract-server",
        mixinStandardHelpOptions = true,
        description = "Serves what verify needs (docs/verify-contract.md), on this machine only.")
final class ContractServerCommand implements Callable<Integer> {
    @Option(names = "--port", description = "Where to listen; 0 for any free port. Default: 0.")
    private int port;

    @Option(names = "--ping-interval", description = "In milliseconds. Default: 300.")
    private long pingInterval = Timings.SHORT.pingInterval().toMillis();

    @Option(names = "--ping-timeout", description = "In milliseconds. Default: 200.")
    private long pingTimeout = Timings.SHORT.pingTimeout().toMillis();

    @Option(
            names = "--recovery",
            description =
                    "For how many milliseconds sessions of clients that are away are kept. Default: they are not.")
    private @Nullable Long recovery;

    @Option(
            names = "--recovery-bytes",
            description = "How much what is kept of and for clients that are away may cost. Default: 67108864.")
    private long recoveryBytes = 64L << 20;

    @Option(
            names = "--drain",
            description =
                    "How long the clients' connections take to end, one after the other, when the process is asked "
                            + "to end; in milliseconds. Default: 5000.")
    private long drain = 5_000;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        Timings timings = Timings.SHORT.with(Duration.ofMillis(pingInterval), Duration.ofMillis(pingTimeout));
        Setup setup = Setup.of(timings);
        if (recovery != null) {
            setup = setup.with(Sessions.of(Duration.ofMillis(recovery), recoveryBytes));
        }
        var exit = new DrainOnExit(drain);
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try (LabServer server = new LabServer(setup, address)) {
            exit.of(server::drain);
            java.util.Objects.requireNonNull(spec)
                    .commandLine()
                    .getOut()
                    .println("listening on http://127.0.0.1:" + server.address().getPort());
            server.awaitTermination();
        }
        return CommandLine.ExitCode.OK;
    }
}
