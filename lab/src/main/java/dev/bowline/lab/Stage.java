package dev.bowline.lab;

import dev.bowline.client.Reconnection;
import dev.bowline.lab.Happening.Kind;
import dev.bowline.testkit.Direction;
import dev.bowline.testkit.FaultProxy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One scenario over one transport: a server, the proxy before it, the clients behind the proxy, and what was
 * seen of them. Scripts command it step by step; each expectation that does not hold is a failure of the row.
 *
 * <p>Used by one thread. Closing it closes all that it opened. The file is long because it is the whole vocabulary
 * of the scripts.
 */
final class Stage implements AutoCloseable {
    /** How long something may take that has no limit of its own, before the lab gives up on it. */
    static final Duration PATIENCE = Duration.ofSeconds(15);

    private static final Duration QUIET = Duration.ofMillis(60);

    /** What comes twice may come by a timer: nobody is believed to be whole before so long a silence, or a heartbeat. */
    private static final Duration LEAST_SILENCE = Duration.ofMillis(300);

    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(1);

    /** What must come did not; the script ends here. */
    static final class NotSeen extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotSeen(String what) {
            super(what);
        }
    }

    private final Row row;
    private final Mode mode;
    private final LabClient.Factory factory;
    private final Duration tolerance;
    private final boolean realTimings;
    private final Target target;
    private final FaultProxy proxy;
    private final Setup setup;
    private final long start = System.nanoTime();
    private final List<LabClient> clients = new ArrayList<>();
    private final Map<LabClient, Integer> clientMarks = new HashMap<>();
    private Control control;
    private Optional<Target> successor = Optional.empty();
    private int serverMark;
    private long lostAt = start;
    private long healedAt = start;

    Stage(Row row, LabClient.Factory factory, Target target, Verifier.Plan plan) {
        this.row = row;
        this.mode = row.mode;
        this.factory = factory;
        this.tolerance = plan.tolerance();
        this.realTimings = plan.realTimings();
        this.target = target;
        this.proxy = FaultProxy.builder()
                .target(target.address())
                .seed(plan.seed() + row.scenario.number())
                .build()
                .start();
        this.control = new Control(target.address());
        this.setup = Setup.of(control.settings());
    }

    Mode mode() {
        return mode;
    }

    Timings timings() {
        return setup.timings();
    }

    /** How the server is set up, as it says. */
    Setup setup() {
        return setup;
    }

    FaultProxy proxy() {
        return proxy;
    }

    Control control() {
        return control;
    }

    Target target() {
        return target;
    }

    Row row() {
        return row;
    }

    // ---- Clients --------------------------------------------------------------------------------

    /** How clients come back: quickly, unless the run is to last as long as in real life. */
    Reconnection reconnection() {
        return realTimings
                ? Reconnection.defaults()
                : Reconnection.defaults().withDelay(Duration.ofMillis(100)).withMaxDelay(Duration.ofMillis(500));
    }

    LabClient client() {
        return client("client", "/", reconnection());
    }

    LabClient client(String name, String namespace, Reconnection reconnection) {
        return client(new LabClient.Spec(name, name, uri(), namespace, mode, reconnection, Optional.empty()));
    }

    LabClient client(LabClient.Spec spec) {
        LabClient client = factory.open(spec);
        clients.add(client);
        return client;
    }

    URI uri() {
        return proxy.uri();
    }

    /** Connects, and waits until both ends know, and until an upgrade is through. */
    String settle(LabClient client) {
        int from = client.journal().size();
        client.connect();
        String id = connected(client, from);
        if (mode == Mode.UPGRADE) {
            require(client.journal(), from, seen -> seen.is(Kind.UPGRADE), PATIENCE, "an upgrade to websocket");
        }
        quiet();
        return id;
    }

    /** Waits until both ends know of a connection. */
    String connected(LabClient client, int from) {
        String id = require(client.journal(), from, seen -> seen.is(Kind.CONNECT), PATIENCE, "a connection")
                .id()
                .orElseThrow();
        awaitServer(id, client.spec().namespace());
        return id;
    }

    /** The server's word may have come while the controls were away: then it is asked. */
    private void awaitServer(String id, String namespace) {
        Optional<Happening> told = control.journal().await(0, seen -> seen.is(Kind.CONNECT, id), Duration.ofSeconds(1));
        expect(
                told.isPresent() || control.sockets(namespace).contains(id),
                "the server does not know " + id + ", which the client holds");
    }

    /** Lets time pass, where something has to become old. */
    static void letPass(Duration time) {
        long until = System.nanoTime() + time.toNanos();
        while (System.nanoTime() - until < 0) {
            java.util.concurrent.locks.LockSupport.parkNanos(until - System.nanoTime());
        }
    }

    /** Waits until nothing is under way: a polling client has its poll at the server then, and no other request. */
    void quiet() {
        quiet(QUIET);
    }

    /** The same of many clients, which takes longer to be sure of. */
    void quiet(Duration silence) {
        long since = System.nanoTime();
        long bytes = proxy.bytes(Direction.BOTH);
        long deadline = since + PATIENCE.toNanos();
        while (System.nanoTime() - since < silence.toNanos() && System.nanoTime() - deadline < 0) {
            java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
            long now = proxy.bytes(Direction.BOTH);
            if (now != bytes) {
                bytes = now;
                since = System.nanoTime();
            }
        }
    }

    /** From now on whoever comes gets to another server, whose word counts. It is closed with the stage. */
    void handOver(Target next) {
        successor = Optional.of(next);
        control.close();
        control = new Control(next.address()); // before anybody comes, so as to hear of it
        serverMark = 0;
        proxy.retarget(next.address());
    }

    // ---- Faults ---------------------------------------------------------------------------------

    /** Breaks something, and remembers when: what is seen from now on is the answer to it. */
    void breakIt(String kind, Runnable command) {
        remember();
        lostAt = System.nanoTime();
        healedAt = lostAt;
        command.run();
        row.budgetFrom = OptionalLong.of(millisOf(lostAt));
        row.budgetMillis = timings().budget().toMillis();
        note("network", kind, "");
    }

    /** From now on only what comes later counts. */
    void remember() {
        serverMark = control.journal().size();
        clients.forEach(client -> clientMarks.put(client, client.journal().size()));
    }

    /** Takes all faults back. */
    void heal() {
        proxy.all().heal();
        healedAt = System.nanoTime();
        note("network", "healed", "");
    }

    // ---- Expectations ---------------------------------------------------------------------------

    void expect(boolean holds, String failure) {
        if (!holds) {
            row.failures.add(failure);
        }
    }

    /**
     * The same of what follows where clients are new that should be back in their sessions: a server may declare the gap
     * that is looked into. Nothing excuses what becomes of those who are recovered.
     */
    void expectOfRecovery(boolean recovered, boolean holds, String failure) {
        if (!holds) {
            boolean declared = row.scenario
                    .gap()
                    .filter(gap -> setup.sessions()
                            .filter(kept -> kept.gaps().contains(gap))
                            .isPresent())
                    .isPresent();
            (declared && !recovered ? row.differences : row.failures).add(failure);
        }
    }

    Happening require(Journal journal, int from, Predicate<Happening> wanted, Duration limit, String what) {
        return journal.await(from, wanted, limit)
                .orElseThrow(() -> new NotSeen("not seen within " + limit.toMillis() + " ms: " + what));
    }

    /** The server is told of the loss, in time and with one of these reasons. */
    void serverNotices(String id, String... reasons) {
        Happening told = control.journal()
                .await(
                        serverMark,
                        seen -> seen.is(Kind.DISCONNECT, id),
                        noticeLimit().plusSeconds(5))
                .orElseThrow(() -> new NotSeen("not seen within "
                        + noticeLimit().plusSeconds(5).toMillis() + " ms: the server's word that " + id + " is gone"
                        + (control.losses() > 0
                                ? "; but the controls were away themselves meanwhile, as on a machine that is too busy"
                                : "")));
        row.serverReason = Optional.of(told.text());
        row.serverNoticedMillis = OptionalLong.of(millisBetween(lostAt, told.at()));
        checkNotice("server", told, lostAt, reasons);
    }

    /**
     * What a client may see that the server no longer hears. Over polling the cut may fall into a POST: a server that
     * has half of one ends it together with the session.
     */
    String[] reasonsOfWhoIsNotHeard() {
        return mode().settlesOnWebSocket()
                ? new String[] {"transport close", "ping timeout"}
                : new String[] {"transport close", "ping timeout", "transport error"};
    }

    /** The client notices the loss, in time since then or since its last ping, and with one of these reasons. */
    Happening clientNotices(LabClient client, String... reasons) {
        Happening told = require(
                client.journal(),
                clientMarks.getOrDefault(client, 0),
                seen -> seen.is(Kind.DISCONNECT),
                noticeLimit().plus(timings().budget()).plusSeconds(5),
                "the client's disconnect");
        row.clientReason = Optional.of(told.text());
        row.clientNoticedMillis = OptionalLong.of(millisBetween(lostAt, told.at()));
        long lastPing = client.journal().all().stream()
                .filter(seen -> seen.is(Kind.PING) && seen.at() - told.at() <= 0)
                .mapToLong(Happening::at)
                .reduce(lostAt, (a, b) -> b - a > 0 ? b : a);
        checkNotice("client", told, lastPing, reasons);
        return told;
    }

    private void checkNotice(String end, Happening told, long from, String... reasons) {
        expect(
                Set.of(reasons).contains(told.text()),
                "the " + end + "'s reason is '" + told.text() + "', not '" + String.join("' or '", reasons) + "'");
        long millis = millisBetween(from, told.at());
        expect(
                millis <= noticeLimit().toMillis(),
                "the " + end + " noticed after " + millis + " ms; pingInterval + pingTimeout is "
                        + timings().budget().toMillis() + " ms");
    }

    private Duration noticeLimit() {
        return timings().budget().plus(tolerance);
    }

    /** The client is back by itself, under a new id that the server knows; the old one was told gone once. */
    String back(LabClient client, String oldId) {
        String newId = connected(client, clientMarks.getOrDefault(client, 0));
        isBack(client, oldId);
        expect(!newId.equals(oldId), "the id after the reconnection is the old one");
        return newId;
    }

    /** The client is back by itself, under whatever id; what it says of it. */
    Happening isBack(LabClient client, String oldId) {
        Happening again = require(
                client.journal(),
                clientMarks.getOrDefault(client, 0),
                seen -> seen.is(Kind.CONNECT),
                PATIENCE,
                "a connection");
        row.oldId = Optional.of(oldId);
        row.newId = again.id();
        row.backMillis = OptionalLong.of(millisBetween(healedAt, again.at()));
        return again;
    }

    /** The server has let a socket in since then; what it says of it. */
    Happening isLetIn(String id) {
        return require(
                control.journal(),
                serverMark,
                seen -> seen.is(Kind.CONNECT, id),
                PATIENCE,
                "the server's word that " + id + " is in");
    }

    /** The server spoke of the loss of this socket exactly once. */
    void toldOnce(String id) {
        long times = control.journal().count(seen -> seen.is(Kind.DISCONNECT, id));
        expect(times == 1, "the server told " + times + " times that " + id + " is gone");
    }

    /** As the server told it, and in its order: whoever had this id was out before the next one was in, and one is left. */
    void neverTwoAtOnce(String id) {
        List<Happening> told = control.journal().all().stream()
                .filter(seen -> seen.is(Kind.CONNECT, id) || seen.is(Kind.DISCONNECT, id))
                .sorted(java.util.Comparator.comparingLong(
                        seen -> seen.data().path("n").asLong(0)))
                .toList();
        int in = 0;
        int most = 0;
        for (Happening seen : told) {
            in += seen.is(Kind.CONNECT) ? 1 : -1;
            most = Math.max(most, in);
        }
        String order = told.stream()
                .map(seen -> seen.is(Kind.CONNECT) ? "connected" : "disconnected")
                .collect(java.util.stream.Collectors.joining(", "));
        expect(most == 1, "the session had two sockets at once, or none: the server told " + order);
        expect(in == 1, "the session is left with " + in + " sockets: the server told " + order);
    }

    /** Nothing of that kind comes for a while. */
    void never(Journal journal, int from, Kind kind, Duration limit, String failure) {
        expect(journal.await(from, seen -> seen.is(kind), limit).isEmpty(), failure);
    }

    /** Requests pass in both directions. */
    void echoes(LabClient client) {
        List<JsonNode> answer = answer(client, "echo", "héllo \u20ac");
        expect(
                !answer.isEmpty() && answer.get(0).asString("").equals("héllo \u20ac"),
                "an echo came back changed: " + answer);
    }

    List<JsonNode> answer(LabClient client, String event, @Nullable Object... args) {
        try {
            return client.request(PATIENCE, event, args).get(PATIENCE.toSeconds() + 1, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException failed) {
            throw new NotSeen("no acknowledgement of " + event + ": " + failed.getMessage());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new NotSeen("interrupted");
        }
    }

    /** Both runs of numbers arrived whole: {@code n} each way. */
    void tally(LabClient client, int n) {
        awaitAll(n, () -> Tally.of(answer(client, "tally").get(0)));
        awaitAll(n, client::tally);
        awaitStragglers(client);
        Tally up = Tally.of(answer(client, "tally").get(0));
        Tally down = client.tally();
        Tally sum = up.of(n).plus(down.of(n));
        row.tally = Optional.of(sum);
        expect(sum.lost() == 0, sum.lost() + " of " + 2 * n + " messages are lost");
        expect(sum.doubled() == 0, sum.doubled() + " messages came twice");
        expect(sum.reordered() == 0, sum.reordered() + " messages came out of order");
    }

    private static Tally awaitAll(int n, java.util.function.Supplier<Tally> counts) {
        return await(counts, tally -> tally.received() >= n);
    }

    /**
     * What became of {@code n} numbers, once the last of them is here: those before it that are not will never come,
     * since what was sent to one client stays in order.
     */
    static Tally awaitLast(int n, LabClient client) {
        return await(client::tally, tally -> tally.received() + tally.lost() >= n)
                .of(n);
    }

    /**
     * Waits for what a client may still be sent when it has all that it should: for as long as a heartbeat takes, then
     * until its link is quiet, then for an answer, which overtakes nothing.
     */
    void awaitStragglers(LabClient client) {
        awaitStragglers();
        answer(client, "echo", "last");
    }

    /** The same of many clients, without the answer. */
    void awaitStragglers() {
        Duration heartbeat = timings().pingInterval().plus(QUIET);
        letPass(shorter(LONGEST_SILENCE, heartbeat.compareTo(LEAST_SILENCE) < 0 ? LEAST_SILENCE : heartbeat));
        quiet();
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    /** What is found, once it is enough, or time is up. */
    static <T> T await(java.util.function.Supplier<T> counts, Predicate<T> enough) {
        long deadline = System.nanoTime() + PATIENCE.multipliedBy(2).toNanos();
        T tally = counts.get();
        while (!enough.test(tally) && System.nanoTime() - deadline < 0) {
            java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
            tally = counts.get();
        }
        return tally;
    }

    // ---- The timeline ---------------------------------------------------------------------------

    void note(String lane, String kind, String text) {
        row.timeline.add(new Row.Mark(millisOf(System.nanoTime()), lane, kind, Optional.empty(), text));
    }

    private long millisOf(long instant) {
        return millisBetween(start, instant);
    }

    private static long millisBetween(long from, long to) {
        return TimeUnit.NANOSECONDS.toMillis(to - from);
    }

    private void drawTimeline() {
        clients.stream()
                .limit(2)
                .forEach(client -> draw("client", client.journal().all()));
        Set<String> shown = new java.util.HashSet<>();
        row.timeline.forEach(mark -> mark.id().ifPresent(shown::add));
        draw(
                "server",
                control.journal().all().stream()
                        .filter(seen -> seen.id().filter(shown::contains).isPresent())
                        .toList());
        row.timeline.sort(java.util.Comparator.comparingLong(Row.Mark::at));
    }

    private void draw(String lane, List<Happening> journal) {
        Optional<String> latest = Optional.empty();
        for (Happening seen : journal) {
            latest = seen.id().or(orElse(latest));
            switch (seen.kind()) {
                case CONNECT -> mark(seen, lane, "connected", latest, "");
                case DISCONNECT -> mark(seen, lane, "disconnected", latest, seen.text());
                case RECONNECT_ATTEMPT -> mark(seen, lane, "attempt", Optional.empty(), seen.text());
                case CONNECT_ERROR -> mark(seen, lane, "failed", Optional.empty(), seen.text());
                case UPGRADE -> mark(seen, lane, "upgraded", Optional.empty(), seen.text());
                case RECONNECT_FAILED -> mark(seen, lane, "note", Optional.empty(), "gave up");
                default -> {
                    // Not drawn.
                }
            }
        }
    }

    private static java.util.function.Supplier<Optional<String>> orElse(Optional<String> known) {
        return () -> known;
    }

    private void mark(Happening seen, String lane, String kind, Optional<String> id, String text) {
        row.timeline.add(new Row.Mark(millisOf(seen.at()), lane, kind, id, text));
    }

    /** Everyone leaves: the server must forget them all. */
    void end() {
        factory.closeClients();
        long deadline = System.nanoTime() + noticeLimit().plusSeconds(5).toNanos();
        int left = leftOver();
        while (left > 0 && System.nanoTime() - deadline < 0) {
            java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
            left = leftOver();
        }
        expect(left == 0, left + " sockets are left on the server after everyone has gone");
    }

    private int leftOver() {
        return control.sockets("/").size() + control.sockets("/other").size();
    }

    @Override
    public void close() {
        drawTimeline();
        row.millis = millisOf(System.nanoTime()); // nothing on the timeline is later
        factory.closeClients();
        control.close();
        proxy.close();
        successor.ifPresent(Target::close);
    }
}
