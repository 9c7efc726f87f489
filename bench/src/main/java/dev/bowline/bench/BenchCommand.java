package dev.bowline.bench;

import dev.bowline.bench.load.Job.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code bowline bench}. Exit status: 0 if every answer was right, however long it took; 1 if one was not; 2 for a wrong
 * command.
 */
@Command(
        name = "bowline bench",
        mixinStandardHelpOptions = true,
        version = "bowline bench 0.1.0-SNAPSHOT",
        description =
                "The same load on Bowline, on bare Netty, on netty-socketio and on Node's socket.io, in turn: what "
                        + "an item costs the server. See bench/README.md.",
        subcommands = ClientsCommand.class)
public final class BenchCommand implements Callable<Integer> {
    @Option(names = "--quick", description = "Fewer and smaller workloads, one short round: within four minutes.")
    private boolean quick;

    @Option(names = "--smoke", description = "Whether it works at all, in seconds. The numbers mean nothing.")
    private boolean smoke;

    @Option(names = "--workload", split = ",", description = "Only these: W1, W3/1000/64, W3 for all that begin so.")
    private List<String> workloads = new ArrayList<>();

    @Option(
            names = "--target",
            split = ",",
            description = "Only these: bowline, bowline-loop, bare, netty-socketio, socket.io.")
    private List<String> targets = new ArrayList<>();

    @Option(names = "--rounds", description = "How often each is measured. Default: 3; with --quick 1.")
    private @Nullable Integer rounds;

    @Option(names = "--json", description = "Where to write the result as JSON.")
    private @Nullable Path json;

    @Option(names = "--html", description = "Where to write the result as a page with plots.")
    private @Nullable Path html;

    @Option(names = "--node-modules", description = "Where the JavaScript packages are. Default: interop/js.")
    private Path nodeModules = Path.of("interop", "js");

    @Option(names = "--peers", hidden = true, description = "Where the libraries of the peers are.")
    private Path peers = Path.of("bench", "target", "peers");

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    /** Made by {@link #main}. */
    BenchCommand() {}

    /** Runs it, and exits with its status. */
    public static void main(String[] arguments) {
        System.exit(run(
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                arguments));
    }

    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        return new CommandLine(new BenchCommand())
                .setOut(out)
                .setErr(err)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    if (failure instanceof BenchException) {
                        command.getErr().println("bowline: " + failure.getMessage());
                        return CommandLine.ExitCode.USAGE;
                    }
                    throw failure;
                })
                .execute(arguments);
    }

    @Override
    public Integer call() {
        Optional.ofNullable(json).ifPresent(Report::requireWritable);
        Optional.ofNullable(html).ifPresent(Report::requireWritable);
        CommandLine line = Objects.requireNonNull(spec).commandLine();
        Machine machine = Machine.look();
        List<String> notes = new ArrayList<>();
        Plan plan = plan(machine, notes);
        List<Target> chosen = targets(machine, notes);
        Report report = play(plan, chosen, machine, notes, line.getOut(), line.getErr());
        if (json != null) {
            report.writeJson(json);
            line.getOut().println(json + " has the numbers");
        }
        if (html != null) {
            report.writeHtml(html);
            line.getOut().println(html + " shows them");
        }
        return report.errors() == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    /** Plays a plan, with the table on {@code out} as it comes and what is being done on {@code err}. */
    Report play(Plan plan, List<Target> chosen, Machine machine, List<String> notes, PrintWriter out, PrintWriter err) {
        Instant startedAt = Instant.now();
        long start = System.nanoTime();
        head(plan, machine, notes, out);
        var table = new Table(out, chosen);
        table.head();
        Optional<Path> modules = Optional.of(nodeModules.toAbsolutePath());
        boolean watched = Boolean.getBoolean("bowline.terminal");
        try (var runner = new Runner(plan, chosen, machine.cores(), modules, step -> {
            if (watched) {
                err.print("\r\033[K" + step + "\r");
                err.flush();
            }
        })) {
            List<Row> rows = runner.play(table::block);
            plan.workloads()
                    .forEach(workload ->
                            Table.leftOut(workload, chosen).ifPresent(note -> notes.add(workload.id() + ": " + note)));
            if (runner.late()) {
                notes.add("the time was up: workloads, targets or rounds are missing");
                out.println("The time was up: what is missing above was left out.");
            }
            table.scaling(rows);
            long millis = Duration.ofNanos(System.nanoTime() - start).toMillis();
            Report report = new Report(plan, machine, startedAt, millis, rows, notes);
            out.println();
            out.println((report.errors() == 0 ? "Every answer was right" : report.errors() + " answers were WRONG")
                    + ", in " + millis / 1000 + " s");
            return report;
        }
    }

    private static void head(Plan plan, Machine machine, List<String> notes, PrintWriter out) {
        out.println("Bowline bench, " + plan.name() + ": " + plan.rounds()
                + (plan.rounds() == 1 ? " round" : " rounds") + " of "
                + plan.window().toMillis() + " ms after "
                + plan.warmUp().toMillis() + " ms of warm-up"
                + (plan.untilSteady() ? ", longer until steady" : ""));
        out.println(machine.processor() + ", " + machine.cores().size() + " cores to pin to; " + machine.kernel() + "; "
                + machine.java()
                + machine.node().map(version -> "; Node " + version).orElse(""));
        out.println("Every JVM under load: " + String.join(" ", Target.JVM_FLAGS));
        notes.forEach(note -> out.println("Note: " + note));
        out.println();
    }

    private Plan plan(Machine machine, List<String> notes) {
        if (quick && smoke) {
            throw new BenchException("--quick and --smoke exclude each other");
        }
        Plan plan = smoke ? Plan.smoke() : quick ? Plan.quick() : Plan.full();
        plan = rounds == null ? plan : plan.withRounds(rounds);
        plan = workloads.isEmpty() ? plan : plan.only(workloads);
        if (quick) {
            notes.add("--quick: less of everything on hardly warm servers, a first impression");
        }
        if (machine.cores().size() < 2) {
            notes.add("there are no two cores to pin server and load apart to: they disturb each other");
        } else if (machine.cores().size() < 4 && plan.workloads().stream().anyMatch(one -> one.cores() > 1)) {
            notes.add("W9 has the load on the server's cores, because there are fewer than four");
        }
        return plan.with(plan.workloads().stream()
                .map(workload -> fitting(workload, machine, notes))
                .toList());
    }

    private static Workload fitting(Workload workload, Machine machine, List<String> notes) {
        int most = machine.mostClients() / (workload.shape() == Shape.POLLING ? 2 : 1);
        if (workload.clients() <= most) {
            return workload;
        }
        if (most < workload.clients() / 10) {
            throw new BenchException(String.format(
                    "%s needs %,d open files, and ulimit -n allows %,d: raise it (ulimit -n 20000), or leave %s out",
                    workload.id(), workload.clients(), machine.openFiles(), workload.id()));
        }
        notes.add(workload.id() + " has fewer clients, because ulimit -n is " + machine.openFiles());
        return workload.atMost(most);
    }

    private List<Target> targets(Machine machine, List<String> notes) {
        List<Target> there = new ArrayList<>(List.of(Target.bowline(), Target.bowlineOnLoop(), Target.bare()));
        Target.nettySocketIo(peers.resolve("netty-socketio").toAbsolutePath(), ourClasses())
                .ifPresentOrElse(
                        there::add, () -> notes.add("netty-socketio is left out: its libraries are not in " + peers));
        if (machine.node().isEmpty()) {
            notes.add("socket.io is left out: Node is not there");
        } else if (!Files.isDirectory(nodeModules.resolve("node_modules").resolve("socket.io"))) {
            notes.add("socket.io is left out: it is not in " + nodeModules + ", run `npm ci --prefix interop/js`");
        } else {
            there.add(Target.node(nodeScript()));
        }
        for (String name : targets) {
            if (there.stream().noneMatch(target -> target.name().equals(name))) {
                throw new BenchException("--target must be among "
                        + there.stream().map(Target::name).toList() + ": " + name);
            }
        }
        return there.stream()
                .filter(target -> targets.isEmpty() || targets.contains(target.name()))
                .toList();
    }

    Path peers() {
        return peers;
    }

    static Path ourClasses() {
        try {
            return Path.of(BenchCommand.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Path nodeScript() {
        try (var source = BenchCommand.class.getResourceAsStream("node-target.cjs")) {
            Path file = Files.createTempFile("bowline-bench-", ".cjs");
            file.toFile().deleteOnExit();
            Files.write(file, Objects.requireNonNull(source).readAllBytes());
            return file;
        } catch (IOException failed) {
            throw new BenchException("cannot write Node's script: " + failed.getMessage());
        }
    }
}
