package dev.bowline.lab;

import dev.bowline.client.Reconnection;
import dev.bowline.lab.Happening.Kind;
import dev.bowline.testkit.Direction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The scenarios in which one client loses its connection. */
final class Losses {
    private static final int ATTEMPTS = 3;

    private Losses() {}

    static List<Scenario> all() {
        return List.of(
                anew(5, "the server drops the transport", Losses::dropped),
                Scenario.of(6, "the server throws the client out", Losses::kicked),
                anew(7, "the server is killed, then started again", Losses::restarted)
                        .onOwnProcess()
                        // A process may take as long to die as a short heartbeat allows; the client would tell of that.
                        .needing(Duration.ofSeconds(5), Duration.ofSeconds(5)),
                anew(8, "the network is cut silently, then heals", Losses::cut),
                anew(
                        9,
                        "the link is reset",
                        stage -> broken(
                                stage, "reset", () -> stage.proxy().existing().reset())),
                anew(
                        9,
                        "the link is closed",
                        stage -> broken(
                                stage, "closed", () -> stage.proxy().existing().finish())),
                anew(9, "only the way to the server is cut", stage -> halfCut(stage, Direction.TO_SERVER)),
                anew(9, "only the way to the client is cut", stage -> halfCut(stage, Direction.TO_CLIENT)),
                anew(10, "the client is back before the server noticed", Losses::overtaken)
                        .exceptOver(Mode.POLLING, "a polling client tells the server over its next link")
                        .needing(Duration.ofSeconds(1), Duration.ofMillis(500)),
                anew(12, "the server is away for a while", Losses::away));
    }

    /** One after which the client is new. */
    private static Scenario anew(int number, String title, Scenario.Script script) {
        return Scenario.of(number, title, script).withoutSessions();
    }

    private static void dropped(Stage stage) {
        LabClient client = stage.client();
        String id = stage.settle(client);
        stage.breakIt(
                "closed", () -> stage.expect(stage.control().drop(id), "the server does not know the socket to drop"));
        stage.serverNotices(id, "forced close");
        stage.clientNotices(client, "transport close");
        stage.back(client, id);
        stage.toldOnce(id);
        stage.echoes(client);
    }

    private static void kicked(Stage stage) {
        LabClient client = stage.client();
        String id = stage.settle(client);
        stage.breakIt(
                "closed",
                () -> stage.expect(stage.control().kick(id), "the server does not know the socket to throw out"));
        stage.serverNotices(id, "server namespace disconnect");
        stage.clientNotices(client, "io server disconnect");
        int since = client.journal().size();
        stage.never(
                client.journal(),
                since,
                Kind.CONNECT,
                stage.reconnection().maxDelay().multipliedBy(2),
                "the client came back by itself after it was thrown out");
        stage.remember();
        String newId = stage.settle(client);
        stage.row().oldId = Optional.of(id);
        stage.row().newId = Optional.of(newId);
        stage.expect(!newId.equals(id), "the id after connect() is the old one");
        stage.toldOnce(id);
    }

    private static void restarted(Stage stage) {
        LabClient client = stage.client();
        String id = stage.settle(client);
        Target.OwnProcess server = (Target.OwnProcess) stage.target();
        stage.breakIt("closed", server::kill);
        stage.clientNotices(client, "transport close", "transport error");
        server.restart();
        stage.heal();
        stage.back(client, id);
        stage.echoes(client);
    }

    private static void cut(Stage stage) {
        LabClient client = stage.client();
        String id = stage.settle(client);
        stage.breakIt("cut", () -> stage.proxy().all().blackHole(Direction.BOTH));
        stage.serverNotices(id, "ping timeout");
        stage.clientNotices(client, "ping timeout");
        stage.heal();
        stage.back(client, id);
        stage.toldOnce(id);
        stage.echoes(client);
    }

    private static void broken(Stage stage, String kind, Runnable command) {
        LabClient client = stage.client();
        String id = stage.settle(client);
        String reason = stage.mode().settlesOnWebSocket() ? "transport close" : "transport error";
        stage.breakIt(kind, command);
        stage.serverNotices(id, reason);
        stage.clientNotices(client, reason);
        stage.back(client, id);
        stage.toldOnce(id);
        stage.echoes(client);
    }

    /** Whoever notices first may still tell the other, if that way is open. */
    private static void halfCut(Stage stage, Direction direction) {
        LabClient client = stage.client();
        String id = stage.settle(client);
        stage.breakIt("cut", () -> stage.proxy().all().blackHole(direction));
        if (direction == Direction.TO_SERVER) {
            stage.serverNotices(id, "ping timeout");
            stage.clientNotices(client, stage.reasonsOfWhoIsNotHeard());
        } else {
            stage.clientNotices(client, "ping timeout");
            stage.serverNotices(id, "ping timeout", "transport close", "transport error");
        }
        stage.heal();
        stage.back(client, id);
        stage.toldOnce(id);
        stage.echoes(client);
    }

    /** As when a phone changes networks: the server holds a ghost until its heartbeat tells. */
    private static void overtaken(Stage stage) {
        LabClient client = stage.client();
        String id = stage.settle(client);
        stage.breakIt("reset", () -> stage.proxy().existing().resetClients());
        stage.clientNotices(client, "transport close", "transport error");
        String newId = stage.back(client, id);
        List<String> both = stage.control().sockets("/");
        stage.expect(both.contains(id) && both.contains(newId), "the server noticed too early, or mixed the two up");
        stage.echoes(client);
        stage.serverNotices(id, "ping timeout");
        stage.toldOnce(id);
        stage.expect(
                stage.control().sockets("/").equals(List.of(newId)), "the server does not hold the new socket alone");
        stage.echoes(client);
    }

    private static void away(Stage stage) {
        Reconnection limited = new Reconnection(true, ATTEMPTS, Duration.ofMillis(100), Duration.ofMillis(250), 0.5);
        LabClient client = stage.client("client", "/", limited);
        String id = stage.settle(client);
        int since = client.journal().size();
        stage.breakIt("refused", () -> {
            stage.proxy().newLinks().refuse();
            stage.proxy().existing().reset();
        });
        stage.require(
                client.journal(), since, seen -> seen.is(Kind.RECONNECT_FAILED), Stage.PATIENCE, "reconnect_failed");
        stage.require(
                client.journal(),
                since,
                seen -> seen.is(Kind.RECONNECT_ERROR)
                        && client.journal().since(since).stream()
                                        .filter(one -> one.is(Kind.RECONNECT_ERROR))
                                        .count()
                                == ATTEMPTS,
                Stage.PATIENCE,
                "a reconnect_error of each attempt");
        List<Happening> seen = client.journal().since(since);
        checkOrder(stage, seen);
        checkDelays(stage, seen, limited);
        stage.clientNotices(client, "transport close", "transport error");
        stage.heal();
        stage.remember();
        stage.expect(!stage.settle(client).equals(id), "the id after connect() is the old one");
    }

    /** The order of the reference; what happens on a link that fails while open has an error more. */
    private static void checkOrder(Stage stage, List<Happening> seen) {
        List<Kind> wanted = new ArrayList<>(List.of(Kind.DISCONNECT, Kind.CLOSE));
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            wanted.addAll(List.of(Kind.RECONNECT_ATTEMPT, Kind.CONNECT_ERROR));
            if (attempt == ATTEMPTS) {
                wanted.add(Kind.RECONNECT_FAILED);
            }
            wanted.add(Kind.RECONNECT_ERROR);
        }
        List<Kind> was = new ArrayList<>(seen.stream()
                .map(Happening::kind)
                .filter(kind -> kind != Kind.ERROR && kind != Kind.PING)
                .toList());
        if (was.size() > 1 && was.get(0) == Kind.CLOSE && was.get(1) == Kind.DISCONNECT) {
            // Which comes first depends on who subscribed first, and means nothing.
            was.set(0, Kind.DISCONNECT);
            was.set(1, Kind.CLOSE);
        }
        stage.expect(was.equals(wanted), "the order of events was " + was + ", not " + wanted);
    }

    private static void checkDelays(Stage stage, List<Happening> seen, Reconnection limits) {
        long from = 0;
        int attempt = 0;
        for (Happening happening : seen) {
            if (happening.is(Kind.RECONNECT_ATTEMPT)) {
                double delay = limits.delay().toMillis() * Math.pow(2, attempt++);
                double cap = (double) limits.maxDelay().toMillis();
                double least = Math.min(delay * (1 - limits.randomization()), cap);
                double most = Math.min(delay * (1 + limits.randomization()), cap);
                double millis = (happening.at() - from) / 1e6;
                stage.expect(
                        millis >= least - 5 && millis <= most + 500,
                        "attempt %d came %.0f ms after the failure; the jitter allows %.0f to %.0f ms"
                                .formatted(attempt, millis, least, most));
            } else if (happening.is(Kind.CLOSE) || happening.is(Kind.CONNECT_ERROR)) {
                from = happening.at();
            }
        }
        stage.expect(attempt == ATTEMPTS, attempt + " attempts were made, not " + ATTEMPTS);
    }
}
