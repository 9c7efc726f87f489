package dev.bowline.lab;

import java.time.Duration;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * One way in which a connection is put to the test.
 *
 * @param number its number in the table of {@code docs/verify.md}; several variants may share one
 * @param title what happens, in a few words
 * @param server which server it needs
 * @param timings the timings that it needs, from those that the user chose
 * @param unfit says why it cannot be run with these timings, if it cannot
 * @param script what is done, and what must be seen
 */
record Scenario(
        int number,
        String title,
        Server server,
        java.util.function.UnaryOperator<Timings> timings,
        BiFunction<Timings, Mode, Optional<String>> unfit,
        Script script) {
    /** The kinds of server. */
    enum Server {
        /** Any that offers the contract. */
        ANY,
        /** One in a process that the lab can kill. */
        OWN_PROCESS
    }

    /** What is done, and what must be seen. */
    @FunctionalInterface
    interface Script {
        /** Plays it; what is not seen is a failure of the stage's row. */
        void play(Stage stage);
    }

    static Scenario of(int number, String title, Script script) {
        return new Scenario(number, title, Server.ANY, timings -> timings, (timings, mode) -> Optional.empty(), script);
    }

    Scenario onOwnProcess() {
        return new Scenario(number, title, Server.OWN_PROCESS, timings, unfit, script);
    }

    /** Needs at least these times; the lab's own server is given them, another is left alone. */
    Scenario needing(Duration interval, Duration timeout) {
        return new Scenario(
                number,
                title,
                server,
                chosen -> chosen.with(longer(chosen.pingInterval(), interval), longer(chosen.pingTimeout(), timeout)),
                (timings, mode) -> timings.pingInterval().compareTo(interval) < 0
                                || timings.pingTimeout().compareTo(timeout) < 0
                        ? Optional.of("needs a server with pingInterval " + interval.toMillis() + " ms and pingTimeout "
                                + timeout.toMillis() + " ms or more")
                        : Optional.empty(),
                script);
    }

    /** Works the machine so hard that the lab's own server is given these times at least; another is taken as it is. */
    Scenario preferring(Duration interval, Duration timeout) {
        return new Scenario(
                number,
                title,
                server,
                chosen -> chosen.with(longer(chosen.pingInterval(), interval), longer(chosen.pingTimeout(), timeout)),
                unfit,
                script);
    }

    /** Makes no sense over one transport. */
    Scenario exceptOver(Mode excluded, String why) {
        return new Scenario(
                number,
                title,
                server,
                timings,
                (given, mode) -> mode == excluded ? Optional.of(why) : unfit.apply(given, mode),
                script);
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) >= 0 ? a : b;
    }
}
