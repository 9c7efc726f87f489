package dev.bowline.bench;

import dev.bowline.bench.clients.BowlineClients;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/**
 * {@code bowline bench clients}: what clients cost that are connected and have nothing to say, ours beside the official
 * Java client, in one run.
 */
@Command(
        name = "clients",
        mixinStandardHelpOptions = true,
        description = "Many idle clients in one JVM: threads and memory, of ours and of the official Java client.")
final class ClientsCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofMinutes(11);
    private static final String CONNECTED = "connected ";
    private static final List<String> JVM_FLAGS = List.of("-Xms256m", "-Xmx2g", "-XX:+UseSerialGC");
    private static final int KIB = 1024;

    /** The JDK keeps three buffers of 16 KiB for each WebSocket, whether it is used or not. */
    private static final List<String> SMALL_BUFFERS = List.of(
            "-Djdk.httpclient.bufsize=1024",
            "-Djdk.httpclient.websocket.writeBufferSize=1024",
            "-Djdk.httpclient.websocket.intermediateBufferSize=1024");

    @Option(names = "--count", description = "How many clients. Default: ${DEFAULT-VALUE}.", defaultValue = "5000")
    private int count;

    @Option(
            names = "--idle",
            description = "How long all are left alone before they are looked at. Default: ${DEFAULT-VALUE}.",
            defaultValue = "PT60S")
    private Duration idle = Duration.ZERO;

    @ParentCommand
    private @Nullable BenchCommand bench;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    /** Made by picocli. */
    ClientsCommand() {}

    /** Clients of one kind, and how their process is started. */
    private record Kind(String name, String how, List<String> command) {}

    /** What one process told. */
    private record Figures(boolean connected, long connectMillis, int lost, int threads, long memory, long resident) {}

    @Override
    public Integer call() {
        if (count < 1) {
            throw new BenchException("--count must be positive: " + count);
        }
        Path peers = Objects.requireNonNull(bench).peers();
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        Machine machine = Machine.look();
        if (machine.mostClients() < count) {
            throw new BenchException(String.format(
                    "--count %,d needs more open files than ulimit -n allows: %,d", count, machine.openFiles()));
        }
        out.printf(
                Locale.ROOT,
                "Bowline bench, clients: %,d in one JVM, over WebSocket, looked at after %d s without a word%n%s; %s; %s%n",
                count,
                idle.toSeconds(),
                machine.processor(),
                machine.kernel(),
                machine.java());
        out.println("Every JVM with clients: " + String.join(" ", JVM_FLAGS));
        out.println("Small buffers: " + String.join(" ", SMALL_BUFFERS));
        out.println();
        out.println(
                "| clients | threads | heap and direct memory, a client | resident, a client | all connected within |");
        out.println("|---|---:|---:|---:|---:|");
        boolean right = true;
        for (Kind kind : kinds(peers, out)) {
            Figures figures = measure(kind);
            right &= figures.connected() && figures.lost() == 0;
            out.printf(
                    Locale.ROOT,
                    "| %s, %s | %,d | %.1f KiB | %.1f KiB | %.1f s |%s%n",
                    kind.name(),
                    kind.how(),
                    figures.threads(),
                    figures.memory() / (double) count / KIB,
                    figures.resident() / (double) count / KIB,
                    figures.connectMillis() / 1000.0,
                    figures.connected() && figures.lost() == 0 ? "" : " " + figures.lost() + " were LOST");
        }
        return right ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private static List<Kind> kinds(Path peers, PrintWriter out) {
        String own = System.getProperty("java.class.path", "");
        List<Kind> kinds = new ArrayList<>();
        String ours = BowlineClients.class.getName();
        kinds.add(new Kind("bowline", "sharing, small buffers", jvm(SMALL_BUFFERS, own, ours, "shared")));
        kinds.add(new Kind("bowline", "sharing", jvm(List.of(), own, ours, "shared")));
        kinds.add(new Kind("bowline", "each for itself", jvm(List.of(), own, ours, "alone")));
        Path libraries = peers.resolve("socket.io-client").toAbsolutePath();
        if (Files.isDirectory(libraries)) {
            kinds.add(new Kind(
                    "socket.io-client 2.1.2",
                    "sharing",
                    jvm(
                            List.of(),
                            libraries + "/*:" + BenchCommand.ourClasses(),
                            "dev.bowline.bench.clients.OfficialClients",
                            "")));
        } else {
            out.println("Note: the official client is left out: its libraries are not in " + libraries);
        }
        return kinds;
    }

    private static List<String> jvm(List<String> properties, String classPath, String main, String way) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(JVM_FLAGS);
        command.addAll(properties);
        command.addAll(List.of("-cp", classPath, main, way));
        return command;
    }

    /** Each kind has a server of its own, so that none finds one that others have warmed. */
    private Figures measure(Kind kind) {
        Workload silence = Workload.of(
                "clients", "idle clients", "connection", dev.bowline.bench.load.Job.Shape.IDLE, count, 0, 0);
        List<String> command = new ArrayList<>(kind.command());
        String way = command.remove(command.size() - 1);
        try (Server server = Server.start(Target.bowline(), silence, List.of(), Optional.empty())) {
            command.addAll(List.of(Integer.toString(server.port()), Integer.toString(count), way));
            try (Child clients = Child.start(kind.name(), command, List.of(), Optional.empty())) {
                String line = clients.hear(PATIENCE);
                boolean connected = line.startsWith(CONNECTED);
                long millis = Long.parseLong(line.substring(line.lastIndexOf(' ') + 1));
                long end = System.nanoTime() + idle.toNanos();
                while (System.nanoTime() - end < 0) {
                    LockSupport.parkNanos(end - System.nanoTime());
                }
                clients.say("figures");
                String[] words = clients.hear(PATIENCE).split(" ", -1);
                return new Figures(
                        connected,
                        millis,
                        Integer.parseInt(words[1]),
                        Integer.parseInt(words[2]),
                        Long.parseLong(words[3]),
                        Long.parseLong(words[4]));
            }
        }
    }
}
