package dev.bowline.bench;

import dev.bowline.bench.load.Job;
import dev.bowline.bench.load.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Plays a plan: for each workload all targets are warm at the same time, and are measured in turn, round after round,
 * each round beginning with another one, so that what changes on the machine meets all of them. Confined to one thread.
 */
final class Runner implements AutoCloseable {
    /** How much of a core others may take in a window before it counts as noisy. */
    private static final double NOISE = 0.05;
    /** How much the cost of an item may still change from one slice of the warm-up to the next. */
    private static final double STEADY = 0.05;

    private static final Duration SLICE = Duration.ofSeconds(5);

    private final Plan plan;
    private final List<Target> targets;
    private final List<Integer> allowedCores;
    private final Optional<Path> nodeModules;
    private final Consumer<String> said;
    private final Map<List<Integer>, Load> loads = new HashMap<>();
    private final long deadline;
    private final List<Server> servers = new ArrayList<>();
    private boolean late;

    Runner(
            Plan plan,
            List<Target> targets,
            List<Integer> allowedCores,
            Optional<Path> nodeModules,
            Consumer<String> said) {
        this.plan = plan;
        this.targets = List.copyOf(targets);
        this.allowedCores = List.copyOf(allowedCores);
        this.nodeModules = nodeModules;
        this.said = said;
        this.deadline = System.nanoTime() + plan.limit().toNanos();
    }

    /** Whether something was left out because the time was up. */
    boolean late() {
        return late;
    }

    /** Plays all of it, and hands over the rows of each workload as soon as they are complete. */
    List<Row> play(Consumer<List<Row>> onWorkload) {
        List<Row> all = new ArrayList<>();
        Map<String, List<Workload>> families = new LinkedHashMap<>();
        plan.workloads()
                .forEach(workload -> families.computeIfAbsent(family(workload), name -> new ArrayList<>())
                        .add(workload));
        for (List<Workload> family : families.values()) {
            if (timeIsUp()) {
                break;
            }
            Workload first = family.get(0);
            Cores cores = Cores.of(allowedCores, first);
            Load load = loads.computeIfAbsent(cores.load(), Load::start);
            try {
                for (Target target : targets) {
                    if (family.stream().anyMatch(workload -> workload.suits(target))) {
                        servers.add(Server.start(target, first, cores.server(), nodeModules));
                    }
                }
                for (Workload workload : family) {
                    List<Row> rows = play(workload, load, workload == first ? plan.warmUp() : plan.nextWarmUp());
                    onWorkload.accept(rows);
                    all.addAll(rows);
                }
            } finally {
                endServers();
            }
        }
        return all;
    }

    /** The workloads that one set of servers serves. */
    private String family(Workload workload) {
        return plan.sharing()
                ? Cores.of(allowedCores, workload) + " " + workload.pingInterval() + " " + workload.recovering()
                : workload.family();
    }

    private List<Row> play(Workload workload, Load load, Duration warmUp) {
        List<Server> wanted = servers.stream()
                .filter(server -> workload.suits(server.target()))
                .toList();
        Map<Server, List<Outcome>> outcomes = new LinkedHashMap<>();
        Map<Server, Integer> noisy = new HashMap<>();
        for (Server server : wanted) {
            outcomes.put(server, new ArrayList<>());
            if (!timeIsUp()) {
                said.accept(workload.id() + ": warming up " + server.target().name());
                warmUp(workload, server, load, warmUp);
            }
        }
        for (int round = 0; round < plan.rounds(); round++) {
            for (int i = 0; i < wanted.size() && !timeIsUp(); i++) {
                Server server = wanted.get((i + round) % wanted.size());
                said.accept(workload.id() + ": round " + (round + 1) + ", "
                        + server.target().name());
                Outcome outcome = measure(workload, server, load);
                outcomes.computeIfAbsent(server, any -> new ArrayList<>()).add(outcome);
                if (outcome.foreignShare() > NOISE) {
                    noisy.merge(server, 1, Integer::sum);
                }
            }
        }
        List<Row> rows = new ArrayList<>();
        outcomes.forEach((server, list) -> {
            if (!list.isEmpty()) {
                rows.add(new Row(workload, server.target(), list, noisy.getOrDefault(server, 0)));
            }
        });
        return rows;
    }

    private boolean timeIsUp() {
        boolean up = System.nanoTime() - deadline > 0;
        late |= up;
        return up;
    }

    /** Load until the time is over, and, if the plan wants it, until it makes no difference any more. */
    private void warmUp(Workload workload, Server server, Load load, Duration time) {
        long start = System.nanoTime();
        Duration slice = time.compareTo(SLICE) < 0 ? time : SLICE;
        double before = Double.NaN;
        boolean steady = !plan.untilSteady();
        long spent = 0;
        while (spent < time.toNanos() || (!steady && spent < 2 * time.toNanos())) {
            Outcome outcome = load.play(job(workload.warmUp(), server, load, 0, slice.toMillis()), () -> {});
            double now = outcome.cpuPerItem();
            steady |= Math.abs(now / before - 1) < STEADY;
            before = now;
            spent = System.nanoTime() - start;
            if (outcome.items() == 0 || timeIsUp()) {
                return;
            }
        }
    }

    /** One window, again if it was noisy, as often as the plan allows; the quietest counts. */
    private Outcome measure(Workload workload, Server server, Load load) {
        Outcome best = once(workload, server, load);
        for (int i = 0; i < plan.repeats() && best.foreignShare() > NOISE && best.errors() == 0; i++) {
            Outcome again = once(workload, server, load);
            if (again.errors() > 0 || again.foreignShare() < best.foreignShare()) {
                best = again;
            }
        }
        return best;
    }

    private Outcome once(Workload workload, Server server, Load load) {
        boolean idle = workload.shape() == Job.Shape.HEARTBEAT;
        Duration window = idle ? plan.idleWindow() : plan.window();
        Job job = job(workload, server, load, plan.settle().toMillis(), window.toMillis());
        if (workload.shape() != Job.Shape.IDLE) {
            return load.play(job, () -> {});
        }
        long before = server.memory();
        long[] held = new long[1];
        Outcome outcome = load.play(job, () -> held[0] = server.memory());
        Map<String, Double> figures = new LinkedHashMap<>(outcome.figures());
        figures.put("bytesPerConnection", (double) (held[0] - before) / workload.clients());
        return new Outcome(
                outcome.items(),
                outcome.errors(),
                outcome.complaints(),
                outcome.windowMicros(),
                outcome.cpuMicros(),
                outcome.loadShare(),
                outcome.foreignShare(),
                outcome.latencies(),
                figures);
    }

    private Job job(Workload workload, Server server, Load load, long settle, long window) {
        List<Long> own = new ArrayList<>();
        own.add(ProcessHandle.current().pid());
        own.add(load.process().pid());
        servers.forEach(each -> own.add(each.process().pid()));
        return workload.job(
                server.target(), server.port(), settle, window, server.process().pid(), own);
    }

    private void endServers() {
        servers.forEach(Server::close);
        servers.clear();
    }

    @Override
    public void close() {
        endServers();
        loads.values().forEach(Load::close);
        loads.clear();
    }
}
