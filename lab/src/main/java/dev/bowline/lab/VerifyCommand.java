package dev.bowline.lab;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bowline verify}. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = "Breaks connections on purpose, and checks what both ends see.")
final class VerifyCommand implements Callable<Integer> {
    private enum ClientKind {
        BOWLINE,
        JS
    }

    @Option(names = "--client", description = "Which client: bowline or js. Default: bowline.")
    private ClientKind client = ClientKind.BOWLINE;

    @Option(names = "--url", description = "A server elsewhere, which offers docs/verify-contract.md.")
    private @Nullable URI url;

    @Option(names = "--scenario", split = ",", description = "Only these scenarios, by number.")
    private List<Integer> scenarios = new ArrayList<>();

    @Option(names = "--transport", split = ",", description = "Only over websocket, polling or upgrade.")
    private List<Mode> transports = new ArrayList<>();

    @Option(names = "--seed", description = "Seed of what is random in the network. Default: 1.")
    private long seed = 1;

    @Option(names = "--repeat", description = "How often each scenario is played. Default: 1.")
    private int repeat = 1;

    @Option(
            names = "--tolerance",
            description = "By how many milliseconds a loss may be noticed late on a busy machine. Default: 1000.")
    private long tolerance = 1000;

    @Option(names = "--real-timings", description = "pingInterval 25 s and pingTimeout 20 s, as by default.")
    private boolean realTimings;

    @Option(names = "--json", description = "Where to write the result. Default: verify.json.")
    private Path json = Path.of("verify.json");

    @Option(names = "--html", description = "Where to write the report. Default: verify.html.")
    private Path html = Path.of("verify.html");

    @Option(names = "--node-modules", description = "Where the JavaScript packages are. Default: interop/js.")
    private @Nullable Path nodeModules;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Override
    public Integer call() {
        Verifier.Plan plan = plan();
        Report.requireWritable(json);
        Report.requireWritable(html);
        CommandLine line = java.util.Objects.requireNonNull(spec).commandLine();
        Terminal terminal = new Terminal(line.getOut(), Boolean.getBoolean("bowline.terminal"));
        Instant startedAt = Instant.now();
        long start = System.nanoTime();
        String target = plan.url().map(URI::toString).orElse("Bowline, in this process");
        try (LabClient.Factory factory = factory()) {
            terminal.head("Verifying " + target + " with the " + factory.kind() + " client, seed " + seed);
            List<Row> rows = new Verifier(plan, factory).play(terminal::start, terminal::row);
            long millis = (System.nanoTime() - start) / 1_000_000;
            Report report = new Report(plan, factory.kind(), target, startedAt, millis, rows);
            terminal.foot(report);
            report.writeJson(json);
            report.writeHtml(html);
            line.getOut().println(json + " and " + html + " tell the rest");
            return report.failed() == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        }
    }

    /** A server that is not there, or is not what it must be, is one mistake and not fifty failures. What it announces. */
    private static Timings requireContract(URI elsewhere) {
        try (Target target = Target.at(elsewhere)) {
            return announced(target);
        }
    }

    private static Timings announced(Target target) {
        try (Control control = new Control(target.address())) {
            return Setup.of(control.settings()).timings();
        } catch (LabException unfit) {
            throw new LabException(unfit.getMessage() + "; docs/verify-contract.md says what it must offer");
        }
    }

    private LabClient.Factory factory() {
        return client == ClientKind.JS
                ? new JsClients(NodeModules.find(Optional.ofNullable(nodeModules)))
                : new BowlineClients();
    }

    private Verifier.Plan plan() {
        int last = Scenarios.all().stream().mapToInt(Scenario::number).max().orElseThrow();
        Set<Integer> wanted = new LinkedHashSet<>(scenarios);
        wanted.stream()
                .filter(number -> number < 1 || number > last)
                .findFirst()
                .ifPresent(number -> {
                    throw new LabException("--scenario must be between 1 and " + last + ": " + number);
                });
        if (repeat < 1) {
            throw new LabException("--repeat must be positive: " + repeat);
        }
        if (tolerance < 0) {
            throw new LabException("--tolerance must not be negative: " + tolerance);
        }
        if (url != null && (!"http".equals(url.getScheme()) || url.getHost() == null)) {
            throw new LabException("--url must be http://host:port: " + url);
        }
        EnumSet<Mode> modes = transports.isEmpty() ? EnumSet.allOf(Mode.class) : EnumSet.copyOf(transports);
        Timings own = realTimings ? Timings.REAL : Timings.SHORT;
        return new Verifier.Plan(
                url == null ? own : requireContract(url),
                realTimings,
                Optional.ofNullable(url),
                wanted,
                Arrays.stream(Mode.values()).filter(modes::contains).toList(),
                seed,
                repeat,
                Duration.ofMillis(tolerance));
    }
}
