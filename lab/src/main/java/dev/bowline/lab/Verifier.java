package dev.bowline.lab;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Plays scenarios, one after the other. */
final class Verifier {
    /**
     * What to play, and against what.
     *
     * @param timings what the server announces; the lab's own may have to announce more in a scenario that needs it
     * @param realTimings whether clients come back as slowly as in real life
     * @param url a server elsewhere, instead of the lab's own
     * @param numbers which scenarios; empty means all
     * @param modes over which transports
     * @param seed of all that is random in the network
     * @param repeat how often each is played
     * @param tolerance how much later than {@code pingInterval + pingTimeout} a loss may be noticed, for the sake of
     *     a busy machine
     */
    record Plan(
            Timings timings,
            boolean realTimings,
            Optional<URI> url,
            Set<Integer> numbers,
            List<Mode> modes,
            long seed,
            int repeat,
            Duration tolerance) {}

    private final Plan plan;
    private final LabClient.Factory factory;

    Verifier(Plan plan, LabClient.Factory factory) {
        this.plan = plan;
        this.factory = factory;
    }

    /** Plays all, and hands each row on as it comes. */
    List<Row> play(Consumer<Row> onStart, Consumer<Row> onRow) {
        List<Row> rows = new ArrayList<>();
        for (Scenario scenario : Scenarios.all()) {
            if (!plan.numbers().isEmpty() && !plan.numbers().contains(scenario.number())) {
                continue;
            }
            for (Mode mode : plan.modes()) {
                for (int time = 0; time < plan.repeat(); time++) {
                    Row row = new Row(scenario, mode, factory.kind());
                    onStart.accept(row);
                    play(row);
                    rows.add(row);
                    onRow.accept(row);
                }
            }
        }
        return rows;
    }

    private void play(Row row) {
        if (row.scenario.server() == Scenario.Server.OWN_PROCESS && plan.url().isPresent()) {
            row.skipped = Optional.of("a server elsewhere cannot be killed from here");
            return;
        }
        try (Target target = target(row.scenario);
                Stage stage = new Stage(row, factory, target, plan)) {
            row.skipped = row.scenario.unfit().apply(stage.setup(), row.mode);
            if (row.skipped.isEmpty()) {
                row.scenario.script().play(stage);
                stage.end();
            }
        } catch (Stage.NotSeen | LabException failure) {
            row.failures.add(String.valueOf(failure.getMessage()));
        }
    }

    private Target target(Scenario scenario) {
        if (plan.url().isPresent()) {
            return Target.at(plan.url().get());
        }
        Setup setup = scenario.setup().apply(Setup.of(plan.timings()));
        return scenario.server() == Scenario.Server.OWN_PROCESS
                ? new Target.OwnProcess(setup)
                : Target.inProcess(setup);
    }
}
