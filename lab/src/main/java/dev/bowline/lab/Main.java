package dev.bowline.lab;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. Exit status: 0 if all is well, 1 if an expectation failed, 2 for a wrong command. */
@Command(
        name = "bowline",
        description = "Socket.IO for the JVM, reconnection verified.",
        mixinStandardHelpOptions = true,
        version = "bowline 0.1.0-SNAPSHOT",
        footer = "In a checkout there is also `./bowline bench`, which has a --help of its own.",
        subcommands = {VerifyCommand.class, ServeCommand.class, ContractServerCommand.class})
public final class Main implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

    private Main() {}

    /** Runs a command, and exits with its status. */
    public static void main(String[] args) {
        System.exit(run(args));
    }

    static int run(String... args) {
        return new CommandLine(new Main())
                .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(Main::explain)
                .execute(args);
    }

    /** What the user can mend is said in a line; what is ours comes with its trace. */
    private static int explain(Exception failure, CommandLine command, CommandLine.ParseResult parsed)
            throws Exception {
        if (failure instanceof LabException || failure instanceof IllegalArgumentException) {
            command.getErr().println("bowline: " + failure.getMessage());
            return CommandLine.ExitCode.USAGE;
        }
        throw failure;
    }

    @Override
    public void run() {
        if (spec != null) {
            spec.commandLine().usage(spec.commandLine().getOut());
        }
    }
}
