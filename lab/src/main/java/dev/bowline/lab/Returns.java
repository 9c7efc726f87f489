package dev.bowline.lab;

import dev.bowline.adapter.FreshReason;
import dev.bowline.lab.Happening.Kind;
import dev.bowline.testkit.Direction;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The scenarios in which one client comes back to a server that keeps its session, or would like to. */
final class Returns {
    /** How long a client may be away that nobody keeps away, on a busy machine. */
    static final Duration LEAST = Duration.ofSeconds(2);

    static final Duration LONG = Duration.ofMinutes(2);
    static final long LARGE_LOG = 64 << 20;

    private static final long SMALL_LOG = 64 << 10;
    private static final int SOME = 10;
    private static final int KILOBYTE = 1_000;

    /** How long another server may make us wait. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private Returns() {}

    static List<Scenario> all() {
        return List.of(
                kept(15, "back after a silent cut", Returns::cut).forgettingNobodyUnnoticed(),
                kept(16, "back after a reset", Returns::reset),
                kept(17, "back after the server dropped the link", Returns::dropped),
                kept(18, "back before any event was received", Returns::receivedNothing)
                        .lookingInto("nothing-received"),
                kept(19, "back after a volatile event with a text", Returns::volatileText)
                        .lookingInto("volatile-text"),
                kept(20, "back before the server noticed", Returns::takesOver)
                        .needing(Duration.ofSeconds(1), Duration.ofMillis(500))
                        .preferring(Duration.ofSeconds(5), Duration.ofSeconds(5))
                        .lookingInto("unnoticed-loss"),
                Scenario.of(21, "back after the log has moved on", Returns::idle)
                        .withSessions(Sessions.of(LONG, SMALL_LOG), Returns::unlessItsLogEnds)
                        .lookingInto("trimmed-while-idle"),
                Scenario.of(22, "back, having missed more than is kept", Returns::missesTooMuch)
                        .withSessions(Sessions.of(LONG, SMALL_LOG), Returns::unlessItsLogIsSmall),
                Scenario.of(23, "back too late", Returns::tooLate)
                        .withSessions(Sessions.of(Duration.ofMillis(300), LARGE_LOG), Returns::unlessItForgetsSoon),
                Scenario.of(25, "back after it did not read", Returns::doesNotRead)
                        .withSessions(Sessions.of(LONG, LARGE_LOG), sessions -> unlessItHolds(sessions, LARGE_LOG / 2))
                        .withMaxQueuedBytes(128 << 10)
                        .needing(Duration.ofSeconds(5), Duration.ofSeconds(5)));
    }

    private static Scenario kept(int number, String title, Scenario.Script script) {
        return Scenario.of(number, title, script)
                .withSessions(Sessions.of(LONG, LARGE_LOG), sessions -> unlessItHolds(sessions, SMALL_LOG));
    }

    // ---- What another server has to be like -----------------------------------------------------

    /** Long enough to come back by itself, and that much of what was missed. */
    private static Optional<String> unlessItHolds(Sessions sessions, long bytes) {
        return unlessItHolds(sessions, LEAST, bytes);
    }

    static Optional<String> unlessItHolds(Sessions sessions, Duration least, long bytes) {
        if (sessions.within().compareTo(least) < 0) {
            return Optional.of("needs a server that keeps sessions for " + least.toMillis() + " ms or longer");
        }
        return sessions.maxBytes().orElse(Long.MAX_VALUE) < bytes
                ? Optional.of("needs a server that keeps " + bytes + " bytes or more")
                : Optional.empty();
    }

    private static boolean isSmall(OptionalLong bytes) {
        return bytes.isPresent() && bytes.getAsLong() <= 1 << 20;
    }

    private static Optional<String> unlessItsLogIsSmall(Sessions sessions) {
        return isSmall(sessions.maxBytes())
                ? unlessItHolds(sessions, 0)
                : Optional.of("needs a server that says that it keeps 1 MiB or less");
    }

    private static Optional<String> unlessItsLogEnds(Sessions sessions) {
        return isSmall(sessions.maxBytes())
                        || sessions.keeps()
                                .filter(age -> age.compareTo(PATIENCE) <= 0)
                                .isPresent()
                ? unlessItHolds(sessions, 0)
                : Optional.of("needs a server that says that it keeps 1 MiB or less, or nothing longer than "
                        + PATIENCE.toMillis() + " ms");
    }

    private static Optional<String> unlessItForgetsSoon(Sessions sessions) {
        return sessions.within().compareTo(PATIENCE) > 0
                ? Optional.of("needs a server that keeps sessions for " + PATIENCE.toMillis() + " ms or less")
                : Optional.empty();
    }

    // ---- Back in its session --------------------------------------------------------------------

    private static void cut(Stage stage) {
        Absence client = new Absence(stage);
        client.number(SOME);
        client.hasAll();
        stage.breakIt("cut", () -> stage.proxy().all().blackHole(Direction.BOTH));
        client.number(SOME); // written to a link of which nobody knows yet that it is dead
        client.isNoticed("ping timeout", "ping timeout");
        client.number(SOME);
        stage.heal();
        client.isBackInItsSession();
        stage.toldOnce(client.id());
    }

    private static void reset(Stage stage) {
        Absence client = new Absence(stage);
        client.number(SOME);
        client.hasAll();
        breaksAndReturns(stage, client);
    }

    private static void receivedNothing(Stage stage) {
        breaksAndReturns(stage, new Absence(stage));
    }

    private static void volatileText(Stage stage) {
        Absence client = new Absence(stage);
        client.number(SOME);
        client.hasAll();
        client.numberVolatile(); // over polling it is dropped, unless a poll waits for it
        client.hasAll();
        breaksAndReturns(stage, client);
    }

    private static void breaksAndReturns(Stage stage, Absence client) {
        isReset(stage, client);
        client.number(SOME);
        stage.heal();
        client.isBackInItsSession();
        stage.toldOnce(client.id());
    }

    private static void isReset(Stage stage, Absence client) {
        String reason = stage.mode().settlesOnWebSocket() ? "transport close" : "transport error";
        client.breakLink("reset", () -> stage.proxy().existing().reset());
        client.isNoticed(reason, reason);
    }

    private static void dropped(Stage stage) {
        Absence client = new Absence(stage);
        client.number(SOME);
        client.hasAll();
        client.breakLink(
                "closed",
                () -> stage.expect(stage.control().drop(client.id()), "the server does not know the socket to drop"));
        client.isNoticed("forced close", "transport close");
        client.number(SOME);
        stage.heal();
        client.isBackInItsSession();
        stage.toldOnce(client.id());
    }

    /** As when a phone changes networks: what is sent goes to the ghost, until the client is back. */
    private static void takesOver(Stage stage) {
        Absence client = new Absence(stage);
        client.number(SOME);
        client.hasAll();
        client.breakLink("reset", () -> stage.proxy().existing().resetClients());
        stage.clientNotices(client.client(), "transport close", "transport error");
        client.number(SOME);
        stage.heal();
        boolean recovered = client.isBackInItsSession();
        if (recovered) {
            stage.serverNotices(client.id(), "taken over");
            stage.toldOnce(client.id());
            stage.neverTwoAtOnce(client.id());
        }
        int sockets = stage.control().sockets("/").size();
        stage.expectOfRecovery(recovered, sockets == 1, "the server holds " + sockets + " sockets of the one client");
    }

    /** Nobody speaks to the client for so long that the last that it received is no longer kept. */
    private static void idle(Stage stage) {
        Absence client = new Absence(stage);
        client.number(SOME);
        client.hasAll();
        InetSocketAddress server = stage.target().address();
        LabClient others = stage.client(new LabClient.Spec(
                "others",
                "others",
                URI.create("http://" + server.getHostString() + ":" + server.getPort()),
                "/",
                stage.mode(),
                stage.reconnection(),
                Optional.of("others")));
        stage.isLetIn(stage.settle(others));
        Sessions sessions = stage.setup().sessions().orElseThrow();
        if (isSmall(sessions.maxBytes())) {
            stage.control().number("others", 0, twice(sessions.maxBytes().getAsLong()), KILOBYTE);
        } else {
            Stage.letPass(sessions.keeps().orElseThrow().plus(Duration.ofMillis(100)));
            stage.control().number("others", 0, 1, 0);
        }
        breaksAndReturns(stage, client);
    }

    private static int twice(long bytes) {
        return (int) (2 * bytes / KILOBYTE);
    }

    /** What waits for it is more than its budget: its connection is closed, and what waited is replayed. */
    private static void doesNotRead(Stage stage) {
        Absence client = new Absence(stage);
        client.number(SOME);
        client.hasAll();
        stage.breakIt("cut", () -> stage.proxy().all().blackHole(Direction.TO_CLIENT));
        int since = stage.control().journal().size();
        // The buffers of two systems take some megabytes before anything waits.
        for (int megabytes = 0; megabytes < 24; megabytes++) {
            client.number(SOME, 100 * KILOBYTE);
            if (stage.control()
                    .journal()
                    .await(since, seen -> seen.is(Kind.DISCONNECT), Duration.ZERO)
                    .isPresent()) {
                break;
            }
        }
        stage.serverNotices(client.id(), "transport error");
        stage.heal();
        stage.clientNotices(client.client(), "transport close", "transport error");
        client.isBackInItsSession();
        stage.toldOnce(client.id());
    }

    // ---- New ------------------------------------------------------------------------------------

    private static void missesTooMuch(Stage stage) {
        Absence client = new Absence(stage);
        client.number(SOME);
        client.hasAll();
        isReset(stage, client);
        long bytes = stage.setup().sessions().orElseThrow().maxBytes().orElseThrow();
        client.number(twice(bytes), KILOBYTE);
        stage.heal();
        client.isNew(FreshReason.TRIMMED);
        stage.toldOnce(client.id());
    }

    private static void tooLate(Stage stage) {
        Absence client = new Absence(stage);
        client.number(SOME);
        client.hasAll();
        isReset(stage, client);
        client.number(SOME);
        Stage.letPass(stage.setup().sessions().orElseThrow().within().plus(Duration.ofMillis(100)));
        stage.heal();
        client.isNew(FreshReason.EXPIRED);
        stage.toldOnce(client.id());
    }
}
