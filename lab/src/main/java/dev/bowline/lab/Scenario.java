package dev.bowline.lab;

import java.time.Duration;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * One way in which a connection is put to the test.
 *
 * @param number its number in the table of {@code docs/verify.md}; several variants may share one
 * @param title what happens, in a few words
 * @param server which server it needs
 * @param setup how the lab's own server is set up for it, from what the user chose
 * @param unfit says why it cannot be run with a server that is set up so, if it cannot
 * @param gap the gap of recovery that it looks into, by its name, if there are servers known to have one there
 * @param script what is done, and what must be seen
 */
record Scenario(
        int number,
        String title,
        Server server,
        UnaryOperator<Setup> setup,
        BiFunction<Setup, Mode, Optional<String>> unfit,
        Optional<String> gap,
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

    /** One that any server can play that keeps no sessions, or where it makes no difference. */
    static Scenario of(int number, String title, Script script) {
        return new Scenario(
                number, title, Server.ANY, setup -> setup, (setup, mode) -> Optional.empty(), Optional.empty(), script);
    }

    Scenario onOwnProcess() {
        return new Scenario(number, title, Server.OWN_PROCESS, setup, unfit, gap, script);
    }

    /** Needs at least these times; the lab's own server is given them, another is left alone. */
    Scenario needing(Duration interval, Duration timeout) {
        return preferring(interval, timeout)
                .unless((given, mode) -> given.timings().pingInterval().compareTo(interval) < 0
                                || given.timings().pingTimeout().compareTo(timeout) < 0
                        ? Optional.of("needs a server with pingInterval " + interval.toMillis() + " ms and pingTimeout "
                                + timeout.toMillis() + " ms or more")
                        : Optional.empty());
    }

    /** Works the machine so hard that the lab's own server is given these times at least; another is taken as it is. */
    Scenario preferring(Duration interval, Duration timeout) {
        return set(chosen -> chosen.with(chosen.timings()
                .with(
                        longer(chosen.timings().pingInterval(), interval),
                        longer(chosen.timings().pingTimeout(), timeout))));
    }

    /** Makes no sense over one transport. */
    Scenario exceptOver(Mode excluded, String why) {
        return unless((given, mode) -> mode == excluded ? Optional.of(why) : Optional.empty());
    }

    /** Who comes back is new: a server that keeps sessions is another matter. */
    Scenario withoutSessions() {
        return unless((given, mode) -> given.sessions()
                .map(kept ->
                        "the server keeps sessions, so that clients come back to theirs: see scenarios 15 and up"));
    }

    /**
     * Who comes back may come back to its session: the lab's own server is made to keep them, another has to.
     *
     * @param kept how the lab's own server keeps them
     * @param unfitFor says why it cannot be run where they are kept so, if it cannot
     */
    Scenario withSessions(Sessions kept, Function<Sessions, Optional<String>> unfitFor) {
        return set(chosen -> chosen.with(kept))
                .unless((given, mode) -> given.sessions().isEmpty()
                        ? Optional.of("the server keeps no sessions (connection state recovery)")
                        : unfitFor.apply(given.sessions().get()));
    }

    /** Sessions have to outlast the time in which nobody knows yet that somebody is away, and the way back. */
    Scenario forgettingNobodyUnnoticed() {
        return unless((given, mode) -> {
            Duration least = given.timings().budget().plus(Returns.LEAST);
            return given.sessions().orElseThrow().within().compareTo(least) < 0
                    ? Optional.of("needs a server that keeps sessions for " + least.toMillis() + " ms or longer")
                    : Optional.empty();
        });
    }

    /** So much may wait for a client that does not read; the lab's own server is told so, another needs a limit. */
    Scenario withMaxQueuedBytes(long bytes) {
        return set(chosen -> chosen.withMaxQueuedBytes(bytes))
                .unless((given, mode) -> given.maxQueuedBytes().isEmpty()
                        ? Optional.of("the server has no limit to what waits for a client that does not read")
                        : Optional.empty());
    }

    /** A server may declare that it has this gap; then what differs is told and is no failure. */
    Scenario lookingInto(String name) {
        return new Scenario(number, title, server, setup, unfit, Optional.of(name), script);
    }

    private Scenario set(UnaryOperator<Setup> more) {
        return new Scenario(number, title, server, chosen -> more.apply(setup.apply(chosen)), unfit, gap, script);
    }

    /** The reasons given first count first. */
    private Scenario unless(BiFunction<Setup, Mode, Optional<String>> reason) {
        return new Scenario(
                number,
                title,
                server,
                setup,
                (given, mode) -> unfit.apply(given, mode).or(() -> reason.apply(given, mode)),
                gap,
                script);
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) >= 0 ? a : b;
    }
}
