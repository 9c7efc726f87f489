package dev.bowline.lab;

import dev.bowline.lab.Happening.Kind;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The scenarios with more than one socket. */
final class Crowds {
    private static final int CROWD = 500;
    private static final Duration LONG = Duration.ofSeconds(60);

    private Crowds() {}

    static List<Scenario> all() {
        return List.of(
                Scenario.of(13, "a storm: 500 clients reset at once", Crowds::storm)
                        .needing(Duration.ofSeconds(5), Duration.ofSeconds(5)),
                Scenario.of(14, "two namespaces and rooms on one link", Crowds::namespaces));
    }

    private static void storm(Stage stage) {
        List<LabClient> crowd = IntStream.range(0, CROWD)
                .mapToObj(n -> stage.client("client" + n, "/", stage.reconnection()))
                .toList();
        crowd.forEach(LabClient::connect);
        List<String> before = crowd.stream().map(client -> id(stage, client, 0)).toList();
        if (stage.mode() == Mode.UPGRADE) {
            crowd.forEach(client ->
                    stage.require(client.journal(), 0, seen -> seen.is(Kind.UPGRADE), LONG, "every client's upgrade"));
        }
        awaitCount(stage, CROWD, "before the storm");
        stage.quiet();
        List<Integer> marks =
                crowd.stream().map(client -> client.journal().size()).toList();
        stage.breakIt("reset", () -> stage.proxy().existing().reset());
        for (int n = 0; n < CROWD; n++) {
            stage.require(
                    crowd.get(n).journal(),
                    marks.get(n),
                    seen -> seen.is(Kind.DISCONNECT),
                    LONG,
                    "every client's disconnect");
        }
        stage.clientNotices(crowd.get(0), "transport close", "transport error");
        Set<String> after = new HashSet<>();
        for (int n = 0; n < CROWD; n++) {
            after.add(id(stage, crowd.get(n), marks.get(n)));
        }
        stage.back(crowd.get(0), before.get(0));
        stage.expect(after.size() == CROWD, "two clients share an id");
        after.retainAll(new HashSet<>(before));
        stage.expect(after.isEmpty(), after.size() + " clients came back under an old id");
        awaitCount(stage, CROWD, "after the storm");
        List<String> told = stage.control().journal().all().stream()
                .filter(seen -> seen.is(Kind.DISCONNECT))
                .map(Happening::text)
                .toList();
        Map<String, Long> reasons =
                told.stream().collect(Collectors.groupingBy(reason -> reason, Collectors.counting()));
        stage.expect(
                told.size() == CROWD, "the server told of " + told.size() + " losses, not " + CROWD + ": " + reasons);
    }

    private static String id(Stage stage, LabClient client, int from) {
        return stage.require(client.journal(), from, seen -> seen.is(Kind.CONNECT), LONG, "every client's connection")
                .id()
                .orElseThrow();
    }

    private static void awaitCount(Stage stage, int wanted, String when) {
        long deadline = System.nanoTime() + LONG.toNanos();
        int count = stage.control().sockets("/").size();
        while (count != wanted && System.nanoTime() - deadline < 0) {
            java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
            count = stage.control().sockets("/").size();
        }
        stage.expect(count == wanted, "the server counts " + count + " sockets " + when + ", not " + wanted);
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
