package dev.bowline.bench;

import dev.bowline.bench.load.Job;
import dev.bowline.bench.load.LoadProcess;
import dev.bowline.bench.load.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/** The load's process, as long as its cores stay the same. */
record Load(Child process) implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(450);
    private static final JsonMapper JSON = JsonMapper.shared();

    static Load start(List<Integer> cores) {
        List<String> command =
                new ArrayList<>(Target.jvm(System.getProperty("java.class.path", ""), LoadProcess.class.getName()));
        command.add(Integer.toString(Math.max(1, cores.size())));
        Child process = Child.start("load", command, cores, Optional.empty());
        process.hear(PATIENCE);
        return new Load(process);
    }

    /** Plays a job; calls {@code whileHeld} while its clients are held, if it holds them. */
    Outcome play(Job job, Runnable whileHeld) {
        process.say(JSON.writeValueAsString(job));
        Duration patience = PATIENCE.plusMillis(job.windowMillis() + job.settleMillis());
        String line = process.hear(patience);
        if (line.equals(LoadProcess.HOLDING)) {
            whileHeld.run();
            process.say("");
            line = process.hear(patience);
        }
        return JSON.readValue(line, Outcome.class);
    }

    @Override
    public void close() {
        process.close();
    }
}
