package dev.bowline.lab;

import dev.bowline.adapter.FreshReason;
import dev.bowline.lab.Happening.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The scenarios with more than one socket. */
final class Crowds {
    private static final int CROWD = 500;
    private static final int DRAINED = 50;
    private static final int RUN = 400;
    private static final int BROADCASTS = 1_000;
    private static final int ROOMS = 50;

    /**
     * So long that no ping comes. A client that polls is out of the storm's way for a moment when it answers one; and if
     * its server closes the session meanwhile, the answer may be refused before the client learns why.
     */
    private static final Duration QUIET_INTERVAL = Duration.ofSeconds(25);

    /** So many clients take a while to get their turn. */
    private static final Duration TURN = Duration.ofMillis(300);

    private static final Duration LONG = Duration.ofSeconds(60);

    private Crowds() {}

    static List<Scenario> all() {
        return List.of(
                Scenario.of(13, "a storm: 500 clients reset at once", Crowds::storm)
                        .withoutSessions()
                        .needing(Duration.ofSeconds(5), Duration.ofSeconds(5))
                        .preferring(QUIET_INTERVAL, QUIET_INTERVAL),
                Scenario.of(14, "two namespaces and rooms on one link", Crowds::namespaces)
                        .withoutSessions(),
                Scenario.of(24, "a storm while 1,000 broadcasts go out", Crowds::stormOfReturns)
                        .withSessions(
                                Sessions.of(Returns.LONG, Returns.LARGE_LOG),
                                sessions -> Returns.unlessItHolds(sessions, LONG, 8 << 20))
                        .needing(QUIET_INTERVAL, Duration.ofSeconds(5))
                        .preferring(QUIET_INTERVAL, QUIET_INTERVAL)
                        // Over polling: of whoever has no request on its way.
                        .lookingInto("unnoticed-loss"),
                Scenario.of(26, "a server that is drained while it speaks", Crowds::drained)
                        .onOwnProcess()
                        .withSessions(Sessions.of(Returns.LONG, Returns.LARGE_LOG), sessions -> Optional.empty())
                        .needing(Duration.ofSeconds(5), Duration.ofSeconds(5)));
    }

    private static void storm(Stage stage) {
        List<LabClient> crowd = crowd(stage, CROWD);
        List<String> before = settle(stage, crowd);
        List<Integer> marks = marks(crowd);
        stage.breakIt("reset", () -> stage.proxy().existing().reset());
        awaitLosses(stage, crowd, marks);
        Set<String> after = new HashSet<>();
        for (int n = 0; n < CROWD; n++) {
            after.add(id(stage, crowd.get(n), marks.get(n)));
        }
        stage.back(crowd.get(0), before.get(0));
        stage.expect(after.size() == CROWD, "two clients share an id");
        after.retainAll(new HashSet<>(before));
        stage.expect(after.isEmpty(), after.size() + " clients came back under an old id");
        awaitCount(stage, true, CROWD, "after the storm");
        countLosses(stage, true, CROWD);
    }

    /** The same where sessions are kept, and while the server speaks in many rooms. */
    private static void stormOfReturns(Stage stage) {
        List<LabClient> crowd = crowd(stage, CROWD);
        List<String> before = settle(stage, crowd);
        List<Integer> marks = marks(crowd);
        int mark = stage.control().journal().size();
        for (int n = 0; n < BROADCASTS; n++) {
            if (n == BROADCASTS / 4) {
                if (stage.mode() == Mode.POLLING) {
                    // Whoever is between two polls has no link that could be broken.
                    awaitNumbers(crowd, n / ROOMS);
                    stage.quiet(TURN);
                }
                stage.breakIt("reset", () -> stage.proxy().existing().reset());
            }
            stage.control().number(room(n), n / ROOMS, 1, 0);
        }
        awaitLosses(stage, crowd, marks);
        awaitNumbers(crowd, BROADCASTS / ROOMS);
        Set<String> recovered = stage.control().journal().since(mark).stream()
                .filter(told ->
                        told.is(Kind.CONNECT) && told.data().path("recovered").asBoolean(false))
                .flatMap(told -> told.id().stream())
                .collect(Collectors.toSet());
        List<LabClient> kept = new ArrayList<>();
        List<LabClient> fresh = new ArrayList<>();
        for (int n = 0; n < CROWD; n++) {
            boolean isKept = recovered.contains(before.get(n))
                    && id(stage, crowd.get(n), marks.get(n)).equals(before.get(n));
            (isKept ? kept : fresh).add(crowd.get(n));
        }
        boolean all = fresh.isEmpty();
        stage.row().outcome =
                Optional.of(all ? "recovered" : "recovered: " + kept.size() + " of " + CROWD + " clients");
        stage.expectOfRecovery(all, all, fresh.size() + " clients are new, and not back in their sessions");
        countLosses(stage, all, CROWD);
        awaitCount(stage, all, CROWD, "after the storm");
        stage.awaitStragglers();
        Tally ofKept = numbers(kept, BROADCASTS / ROOMS);
        Tally ofFresh = numbers(fresh, BROADCASTS / ROOMS);
        hasNoneTwice(stage, ofKept.plus(ofFresh));
        stage.expect(ofKept.lost() == 0, ofKept.lost() + " messages to clients that are recovered are lost");
        stage.expectOfRecovery(false, ofFresh.lost() == 0, ofFresh.lost() + " messages are lost");
        stage.isBack(crowd.get(0), before.get(0));
    }

    /**
     * As in a rolling deploy: each client is in the middle of a run of numbers when its server is asked to end, gets all
     * of them, and is new at another server, which knows nothing of the sessions of the first.
     */
    private static void drained(Stage stage) {
        List<LabClient> crowd = crowd(stage, DRAINED);
        List<String> before = settle(stage, crowd);
        Target.OwnProcess server = (Target.OwnProcess) stage.target();
        Target.OwnProcess next = server.successor();
        List<Integer> marks = marks(crowd);
        crowd.forEach(client -> client.emit("pour", RUN));
        crowd.forEach(client -> Stage.await(client::tally, tally -> tally.received() > 0));
        stage.breakIt("closed", server::terminate);
        awaitLosses(stage, crowd, marks);
        // Not before, as the proxy does not know which requests belong to the sessions of the first.
        stage.heal();
        stage.handOver(next);
        Set<String> reasons = new TreeSet<>();
        Set<String> after = new TreeSet<>();
        Set<String> outcomes = new TreeSet<>();
        for (int n = 0; n < DRAINED; n++) {
            LabClient client = crowd.get(n);
            reasons.add(client.journal()
                    .await(marks.get(n), seen -> seen.is(Kind.DISCONNECT), Duration.ZERO)
                    .orElseThrow()
                    .text());
            String id = id(stage, client, marks.get(n));
            after.add(id);
            outcomes.add(Absence.outcome(stage.isLetIn(id).data()));
        }
        stage.isBack(crowd.get(0), before.get(0));
        stage.row().outcome = Optional.of(String.join(", ", outcomes));
        stage.expect(reasons.equals(Set.of("transport close")), "the clients' reasons are " + reasons);
        stage.expect(
                outcomes.equals(Set.of("fresh(" + FreshReason.UNKNOWN_EPOCH + ")")),
                "the clients are not new at the other server: " + outcomes);
        after.removeAll(before);
        stage.expect(
                after.size() == DRAINED, (DRAINED - after.size()) + " clients have no id of their own, or an old one");
        awaitCount(stage, true, DRAINED, "that came to the other server");
        Stage.await(server::hasEnded, ended -> ended);
        stage.expect(server.hasEnded(), "the server that was drained has not ended");
        stage.awaitStragglers();
        Tally sum = numbers(crowd, RUN);
        hasNoneTwice(stage, sum);
        stage.expect(sum.lost() == 0, sum.lost() + " messages are lost");
    }

    private static String room(int n) {
        return "room" + n % ROOMS;
    }

    /** Each has so many numbers, or waiting for them is in vain. */
    private static void awaitNumbers(List<LabClient> crowd, int n) {
        crowd.forEach(client -> Stage.awaitLast(n, client));
    }

    /** What they have together of so many numbers each. */
    private static Tally numbers(List<LabClient> crowd, int n) {
        return crowd.stream().map(client -> client.tally().of(n)).reduce(new Tally(0, 0, 0, 0), Tally::plus);
    }

    /** None came twice or out of order; what is lost is another matter. */
    private static void hasNoneTwice(Stage stage, Tally sum) {
        stage.row().tally = Optional.of(sum);
        stage.expect(sum.doubled() == 0, sum.doubled() + " messages came twice");
        stage.expect(sum.reordered() == 0, sum.reordered() + " messages came out of order");
    }

    private static List<LabClient> crowd(Stage stage, int size) {
        return IntStream.range(0, size)
                .mapToObj(n -> stage.client(new LabClient.Spec(
                        "client" + n,
                        "client" + n,
                        stage.uri(),
                        "/",
                        stage.mode(),
                        stage.reconnection(),
                        Optional.of(room(n)))))
                .toList();
    }

    /** Lets all of them in, and waits until nothing is under way; their ids. */
    private static List<String> settle(Stage stage, List<LabClient> crowd) {
        crowd.forEach(LabClient::connect);
        List<String> ids = crowd.stream().map(client -> id(stage, client, 0)).toList();
        if (stage.mode() == Mode.UPGRADE) {
            crowd.forEach(client ->
                    stage.require(client.journal(), 0, seen -> seen.is(Kind.UPGRADE), LONG, "every client's upgrade"));
        }
        awaitCount(stage, true, crowd.size(), "before the storm");
        // They are in their rooms when the controls hear of them.
        ids.forEach(stage::isLetIn);
        // What is between two polls would not be concerned by the storm.
        stage.quiet(TURN);
        return ids;
    }

    private static List<Integer> marks(List<LabClient> crowd) {
        return crowd.stream().map(client -> client.journal().size()).toList();
    }

    private static void awaitLosses(Stage stage, List<LabClient> crowd, List<Integer> marks) {
        for (int n = 0; n < crowd.size(); n++) {
            stage.require(
                    crowd.get(n).journal(),
                    marks.get(n),
                    seen -> seen.is(Kind.DISCONNECT),
                    LONG,
                    "every client's disconnect");
        }
        stage.clientNotices(crowd.get(0), "transport close", "transport error");
    }

    private static void countLosses(Stage stage, boolean recovered, int size) {
        List<String> told = stage.control().journal().all().stream()
                .filter(seen -> seen.is(Kind.DISCONNECT))
                .map(Happening::text)
                .toList();
        Map<String, Long> reasons =
                told.stream().collect(Collectors.groupingBy(reason -> reason, Collectors.counting()));
        stage.expectOfRecovery(
                recovered,
                told.size() == size,
                "the server told of " + told.size() + " losses, not " + size + ": " + reasons);
    }

    private static String id(Stage stage, LabClient client, int from) {
        return stage.require(client.journal(), from, seen -> seen.is(Kind.CONNECT), LONG, "every client's connection")
                .id()
                .orElseThrow();
    }

    private static void awaitCount(Stage stage, boolean recovered, int wanted, String when) {
        long deadline = System.nanoTime() + LONG.toNanos();
        int count = stage.control().sockets("/").size();
        while (count != wanted && System.nanoTime() - deadline < 0) {
            java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
            count = stage.control().sockets("/").size();
        }
        stage.expectOfRecovery(
                recovered, count == wanted, "the server counts " + count + " sockets " + when + ", not " + wanted);
    }

    private static void namespaces(Stage stage) {
        LabClient main = inRoom(stage, "main", "/");
        LabClient other = inRoom(stage, "other", "/other");
        String mainId = stage.settle(main);
        int from = other.journal().size();
        other.connect();
        String otherId = stage.connected(other, from);
        stage.quiet();
        stage.breakIt("reset", () -> stage.proxy().existing().reset());
        stage.clientNotices(other, "transport close", "transport error");
        stage.clientNotices(main, "transport close", "transport error");
        stage.serverNotices(otherId, "transport close", "transport error");
        stage.serverNotices(mainId, "transport close", "transport error");
        String newOtherId = stage.back(other, otherId);
        String newMainId = stage.back(main, mainId);
        stage.expect(!newMainId.equals(newOtherId), "both namespaces use one id");
        for (LabClient client : List.of(main, other)) {
            String namespace = client.spec().namespace();
            stage.control().say(namespace, "crew", "news", namespace);
            stage.require(
                    client.journal(),
                    0,
                    seen -> seen.is(Kind.RECEIVED)
                            && seen.text().equals("news")
                            && seen.data().path(0).asString("").equals(namespace),
                    Stage.PATIENCE,
                    "the room's message in " + namespace);
        }
        stage.toldOnce(mainId);
        stage.toldOnce(otherId);
    }

    private static LabClient inRoom(Stage stage, String name, String namespace) {
        return stage.client(new LabClient.Spec(
                name, "link", stage.uri(), namespace, stage.mode(), stage.reconnection(), Optional.of("crew")));
    }
}
