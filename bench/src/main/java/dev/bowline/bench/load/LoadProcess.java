package dev.bowline.bench.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * The program of the load: reads jobs from standard input, one JSON text in a line, and answers each with its outcome.
 * While the clients of an {@link Job.Shape#IDLE} job are there it says {@code holding}, and waits for a line. Ends with
 * its standard input.
 */
public final class LoadProcess {
    /** What is said while clients are held. */
    public static final String HOLDING = "holding";

    private static final JsonMapper JSON = JsonMapper.shared();

    private LoadProcess() {}

    /** Plays jobs; the argument says on how many event loops. */
    public static void main(String[] arguments) throws IOException {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (var loops = new Loops(Integer.parseInt(arguments[0]))) {
            System.out.println("ready");
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                System.out.println(JSON.writeValueAsString(play(JSON.readValue(line, Job.class), loops, in)));
            }
        }
        System.exit(0);
    }

    /** A server that cannot be used at all is an outcome, too. */
    private static Outcome play(Job job, Loops loops, BufferedReader in) {
        try {
            return Scenario.of(job, loops, () -> hold(in)).play();
        } catch (IllegalStateException failed) {
            return new Outcome(0, 1, List.of(String.valueOf(failed.getMessage())), 1, 0, 0, 0, "", Map.of());
        }
    }

    private static void hold(BufferedReader in) {
        System.out.println(HOLDING);
        try {
            in.readLine();
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }
}
