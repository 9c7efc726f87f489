package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.bowline.adapter.FreshReason;
import dev.bowline.adapter.InMemoryAdapter;
import dev.bowline.core.packet.DeliveryId;
import dev.bowline.server.transport.EngineConnection;
import dev.bowline.testkit.ManualScheduler;
import dev.bowline.testkit.ManualTicker;
import dev.bowline.testkit.Recorder;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who comes back in time has missed nothing; who does not is told why. */
class RecoveryTest {
    private static final DataKey<String> NAME = DataKey.of("name", String.class);
    private static final Duration WITHIN = Duration.ofMinutes(2);
    private static final Pattern OFFSET = Pattern.compile(",\"([\\w-]{8}-\\d+)\"\\]$");

    private final ManualLoop loop = new ManualLoop();
    private final ManualTicker ticker = new ManualTicker();
    private ManualScheduler timer = new ManualScheduler(ticker);
    private final Recorder<String> events = new Recorder<>();
    private final AtomicReference<@Nullable Socket> latest = new AtomicReference<>();
    private SocketIoServer io = server(ServerOptions.builder());

    private final List<String> told = new CopyOnWriteArrayList<>();
    private String offset = "";

    private SocketIoServer server(ServerOptions.Builder options) {
        return server(options, Recovery.within(WITHIN));
    }

    private SocketIoServer server(ServerOptions.Builder options, Recovery recovery) {
        timer = new ManualScheduler(ticker);
        var watcher = new ServerListener() {
            @Override
            public void recoveryDecided(ConnectionInfo connection, String namespace, RecoveryOutcome outcome) {
                told.add(outcome.toString());
            }
        };
        SocketIoServer server = SocketIoServer.create(
                options.recovery(recovery).listener(watcher).build(), timer, ticker);
        server.onConnection(socket -> {
            latest.set(socket);
            socket.onDisconnect(reason -> events.accept("out " + reason));
            events.accept("in " + socket.recovery());
        });
        return server;
    }

    @AfterEach
    void close() {
        io.close();
        loop.run();
    }

    // ---- The client -----------------------------------------------------------------------------

    /** Connects for the first time. */
    private Peer first() {
        Peer peer = Peer.connect(io, loop).send("40");
        in(peer, "in fresh(NOT_ASKED)");
        return peer;
    }

    private void in(Peer peer, String how) {
        loop.until("the client to be let in", () -> !peer.id().isEmpty());
        events.expectNext(how);
    }

    /** Comes back with what it has. */
    private Peer back(Peer before) {
        String auth = offset.isEmpty() ? "" : ",\"offset\":\"" + offset + "\"";
        return Peer.connect(io, loop).send("40{\"pid\":\"" + before.pid() + "\"" + auth + "}");
    }

    /** What came, without offsets; the last of them is remembered, as clients do. */
    private List<String> take(Peer peer) {
        List<String> all = new ArrayList<>();
        for (String frame : peer.take()) {
            Matcher stamped = OFFSET.matcher(frame);
            if (stamped.find()) {
                offset = stamped.group(1);
                all.add(stamped.replaceAll("]"));
            } else {
                all.add(frame.startsWith("40") ? "40" : frame);
            }
        }
        return all;
    }

    private Socket socket() {
        Socket socket = latest.get();
        if (socket == null) {
            throw new AssertionError("nobody is in");
        }
        return socket;
    }

    private void lose(Peer peer) {
        peer.cut();
        events.expectNext("out transport close");
    }

    // ---- Who comes back -------------------------------------------------------------------------

    @Test
    void comesBackUnderItsIdWithAllThatItMissed() {
        Peer before = first();
        socket().join("crew");
        socket().data().put(NAME, "Ada");
        socket().emit("direct", 1);
        io.emit("all", 2);
        assertThat(take(before)).containsExactly("40", "42[\"direct\",1]", "42[\"all\",2]");
        Socket gone = socket();
        lose(before);
        io.to("crew").emit("room", 3);
        io.to("others").emit("room", 4);
        io.except("crew").emit("room", 5);
        gone.emit("direct", 6);
        io.emit("picture", (Object) new byte[] {7});

        Peer after = back(before);
        in(after, "in recovered");
        assertThat(take(after))
                .containsExactly(
                        "42[\"room\",3]",
                        "42[\"direct\",6]",
                        "451-[\"picture\",{\"_placeholder\":true,\"num\":0}]",
                        "binary:1",
                        "40");
        assertThat(after.id()).isEqualTo(before.id());
        assertThat(after.pid()).isEqualTo(before.pid());
        assertThat(socket()).isNotSameAs(gone);
        assertThat(socket().recovered()).isTrue();
        assertThat(socket().recovery().replayed()).isEqualTo(3);
        assertThat(socket().data().get(NAME)).isEqualTo("Ada");
        assertThat(socket().rooms()).containsExactly(before.id(), "crew");
        io.to("crew").emit("room", 8);
        assertThat(take(after)).containsExactly("42[\"room\",8]");
        assertThat(io.of("/").sockets()).containsExactly(socket());
    }

    @Test
    void comesBackEvenIfItHadReceivedNothing() {
        Peer before = first();
        take(before);
        lose(before);
        io.emit("missed");
        Peer after = back(before);
        in(after, "in recovered");
        assertThat(take(after)).containsExactly("42[\"missed\"]", "40");
    }

    @Test
    void givesVolatileEventsAnOffsetTooSoThatTheirTextIsNotTakenForOne() {
        Peer before = first();
        io.emit("one");
        socket().droppable().emit("noise", "not-1-offset");
        io.droppable().emit("noise", "nor this");
        assertThat(take(before))
                .containsExactly("40", "42[\"one\"]", "42[\"noise\",\"not-1-offset\"]", "42[\"noise\",\"nor this\"]");
        assertThat(offset).endsWith("-1");
        lose(before);
        io.emit("missed");
        io.droppable().emit("noise", "for those who are here");
        Peer after = back(before);
        in(after, "in recovered");
        assertThat(take(after)).containsExactly("42[\"missed\"]", "40");
    }

    @Test
    void takesOverFromAConnectionOfWhichNobodyKnowsThatItIsDead() {
        Peer before = first();
        io.emit("seen");
        take(before);
        io.emit("lost on the way");
        before.take();
        Peer after = back(before);
        loop.until("the dead connection to be closed", before::isClosed);
        events.expectNext("out taken over");
        in(after, "in recovered");
        assertThat(take(after)).containsExactly("42[\"lost on the way\"]", "40");
        assertThat(after.id()).isEqualTo(before.id());
        assertThat(before.isClosed()).isTrue();
        assertThat(before.take()).isEmpty();
        assertThat(io.of("/").sockets()).containsExactly(socket());
        loop.until("the dead connection to be gone", () -> io.connectionCount() == 1);
    }

    @Test
    void replaysWhatADeadConnectionNeverWrote() {
        Peer before = first();
        io.emit("seen");
        take(before);
        before.stall(1 << 19);
        io.emit("queued", 1);
        io.emit("queued", 2);
        assertThat(before.take()).isEmpty();
        lose(before);
        Peer after = back(before);
        in(after, "in recovered");
        assertThat(take(after)).containsExactly("42[\"queued\",1]", "42[\"queued\",2]", "40");
    }

    @Test
    void handsOverMuchInPartsSoThatNoMoreWaitsForTheClientThanForOthers() {
        Peer before = first();
        take(before);
        lose(before);
        String kilobytes = "x".repeat(10_000);
        for (int i = 0; i < 300; i++) {
            io.emit("missed", i, kilobytes);
        }
        Peer after = Peer.connect(io, loop);
        after.pileUp();
        after.send("40{\"pid\":\"" + before.pid() + "\"}");
        loop.until("the first part", () -> after.count() > 5);
        for (int i = 0; i < 50; i++) {
            loop.run();
        }
        assertThat(after.count()).isLessThan(60);
        io.emit("meanwhile");
        after.stall(0);
        loop.call(() -> after.connection().settle());
        in(after, "in recovered");
        List<String> all = take(after);
        assertThat(all).hasSize(302);
        for (int i = 0; i < 300; i++) {
            assertThat(all.get(i)).startsWith("42[\"missed\"," + i + ",");
        }
        assertThat(all.subList(300, 302)).containsExactly("42[\"meanwhile\"]", "40");
        assertThat(after.isClosed()).isFalse();
    }

    @Test
    void handsOverThePartsOfAllNamespacesOfAConnectionInTurn() {
        int namespaces = 12;
        List<String> pids = new ArrayList<>();
        var back = new AtomicInteger();
        Peer before = Peer.connect(io, loop);
        for (int i = 0; i < namespaces; i++) {
            io.of("/n" + i).onConnection(socket -> back.addAndGet(socket.recovered() ? 1 : 0));
            before.send("40/n" + i + ",");
            int wanted = i + 1;
            loop.until("the client to be let in", () -> {
                if (!before.pid().isEmpty() && !pids.contains(before.pid())) {
                    pids.add(before.pid());
                }
                return pids.size() == wanted;
            });
        }
        before.cut();
        loop.until("the client to be away", () -> io.awaySessionCount() == namespaces);
        for (int i = 0; i < namespaces * 40; i++) {
            io.of("/n" + i % namespaces).emit("missed", i / namespaces, "x".repeat(10_000));
        }

        Peer after = Peer.connect(io, loop);
        after.pileUp();
        for (int i = 0; i < namespaces; i++) {
            after.send("40/n" + i + ",{\"pid\":\"" + pids.get(i) + "\"}");
        }
        long most = 2 * after.connection().partBytes() + 20_000;
        loop.until("all to be back", () -> {
            assertThat(after.isClosed()).isFalse();
            assertThat(after.piled()).isLessThan(most);
            after.readAll();
            return back.get() == namespaces;
        });
        assertThat(after.take()).hasSize(namespaces * 41);
    }

    @Test
    void forgetsNothingOfTheSessionWhenTheClientIsLostAgainOnItsWayBack() {
        Peer before = first();
        take(before);
        lose(before);
        for (int i = 0; i < 300; i++) {
            io.emit("missed", i, "x".repeat(10_000));
        }
        Peer halfway = Peer.connect(io, loop);
        halfway.pileUp();
        halfway.send("40{\"pid\":\"" + before.pid() + "\"}");
        loop.until("the first part", () -> halfway.count() > 5);
        int got = take(halfway).size();
        halfway.cut();
        Peer after = back(before);
        in(after, "in recovered");
        assertThat(take(after)).hasSize(300 - got + 1).last().isEqualTo("40");
        events.assertExhausted();
    }

    /** Comes back, and has not read on after the first part. */
    private Peer halfway(Peer before) {
        Peer halfway = Peer.connect(io, loop);
        halfway.pileUp();
        halfway.send("40{\"pid\":\"" + before.pid() + "\"}");
        loop.until("the first part", () -> halfway.count() > 5);
        return halfway;
    }

    private void miss300() {
        for (int i = 0; i < 300; i++) {
            io.emit("missed", i, "x".repeat(10_000));
        }
    }

    @Test
    void isNotTooLateWhileItReadsWhatItMissedIfItCameInTime() {
        Peer before = first();
        take(before);
        miss300();
        lose(before);
        timer.advance(WITHIN.minusSeconds(1));
        Peer after = halfway(before);
        loop.until("the client to be let in", () -> {
            timer.advance(WITHIN.minusSeconds(1));
            io.recoveryLog().orElseThrow().sweep();
            io.emit("meanwhile");
            after.readAll();
            return !after.id().isEmpty();
        });
        events.expectNext("in recovered");
        assertThat(take(after)).hasSizeGreaterThan(301).last().isEqualTo("40");
    }

    @Test
    void isTooLateIfItComesAgainWhenItsTimeIsOver() {
        Peer before = first();
        take(before);
        lose(before);
        miss300();
        timer.advance(WITHIN.minusSeconds(1));
        Peer halfway = halfway(before);
        timer.advance(Duration.ofSeconds(2));
        assertThat(io.awaySessionCount()).isEqualTo(1);
        halfway.cut();
        assertThat(io.awaySessionCount()).isZero();
        fresh(before, FreshReason.EXPIRED);
    }

    @Test
    void holdsNoSessionForWhoTakesNothing() {
        Peer before = first();
        take(before);
        lose(before);
        miss300();
        Peer idle = halfway(before);
        timer.advance(WITHIN.plusSeconds(1));
        io.recoveryLog().orElseThrow().sweep();
        assertThat(io.awaySessionCount()).isZero();
        idle.readAll();
        in(idle, "in fresh(EXPIRED)");
    }

    @Test
    void ofTwoWhoComeBackTheNewerWinsHoweverLateTheOlderReadsOn() {
        Peer before = first();
        take(before);
        lose(before);
        miss300();
        Peer older = halfway(before);
        Peer newer = back(before);
        in(newer, "in recovered");
        older.readAll();
        loop.until("the older connection to be closed", older::isClosed);
        assertThat(older.id()).isEmpty();
        assertThat(newer.isClosed()).isFalse();
        assertThat(io.of("/").sockets()).containsExactly(socket());
        events.assertExhausted();
    }

    @Test
    void ofTwoWhoComeBackTheNewerWinsEvenIfTheOlderReadsFaster() {
        Peer before = first();
        take(before);
        lose(before);
        miss300();
        Peer older = halfway(before);
        Peer newer = halfway(before);
        older.readAll();
        loop.until("the older connection to be closed", older::isClosed);
        loop.until("the newer one to be let in", () -> {
            newer.readAll();
            return !newer.id().isEmpty();
        });
        events.expectNext("in recovered");
        assertThat(take(newer)).hasSize(301);
    }

    @Test
    void hearsOfEventsWithAnAcknowledgementAsBefore() {
        Peer before = first();
        take(before);
        var answer = socket().emitWithAck("sure?", Boolean.class, "text");
        assertThat(take(before)).containsExactly("420[\"sure?\",\"text\"]");
        assertThat(offset).isEmpty();
        lose(before);
        assertThat(answer).isCompletedExceptionally();
        Peer after = back(before);
        in(after, "in recovered");
        assertThat(take(after)).containsExactly("40");
    }

    @Test
    void keepsAQuietClientRecoverableWhileOthersFillTheLog() {
        io.close();
        io = server(ServerOptions.builder(), Recovery.within(WITHIN).withMaxBytes(64 << 10));
        Peer quiet = first();
        io.emit("once");
        take(quiet);
        Peer busy = first();
        socket().join("busy");
        for (int i = 0; i < 1_000; i++) {
            io.to("busy").emit("noise", "x".repeat(1_000));
            busy.take();
        }
        quiet.cut();
        events.expectNext("out transport close");
        io.to(quiet.id()).emit("missed");
        Peer after = back(quiet);
        in(after, "in recovered");
        assertThat(take(after)).containsExactly("42[\"missed\"]", "40");
    }

    @Test
    void replaysWhatWentOutToARoomThatWasLeftBeforeTheLoss() {
        Peer before = first();
        socket().join("crew");
        io.to("crew").emit("seen");
        take(before);
        io.to("crew").emit("written to a dead link");
        before.take();
        socket().leave("crew");
        io.to("crew").emit("not for it");
        lose(before);
        Peer after = back(before);
        in(after, "in recovered");
        assertThat(take(after)).containsExactly("42[\"written to a dead link\"]", "40");
        assertThat(socket().rooms()).containsExactly(before.id());
    }

    @Test
    void doesNotReplayWhatWentOutBeforeTheRoomWasJoined() {
        Peer before = first();
        take(before);
        Peer other = Peer.connect(io, loop).send("40");
        in(other, "in fresh(NOT_ASKED)");
        socket().join("crew");
        io.to("crew").emit("before");
        Socket first = io.of("/").socket(before.id()).orElseThrow();
        first.join("crew");
        lose(before);
        io.to("crew").emit("after");
        Peer after = back(before);
        in(after, "in recovered");
        assertThat(take(after)).containsExactly("42[\"after\"]", "40");
    }

    // ---- Middlewares ----------------------------------------------------------------------------

    @Test
    void asksTheMiddlewaresBeforeAnythingIsReplayed() {
        io.use(socket -> {
            events.accept("asked " + socket.handshake().auth());
            socket.emit("at the door");
            socket.join("named by the middleware");
        });
        Peer before = Peer.connect(io, loop).send("40");
        events.expectNext("asked {}");
        in(before, "in fresh(NOT_ASKED)");
        assertThat(take(before)).containsExactly("42[\"at the door\"]", "40");
        lose(before);
        io.emit("missed");
        Peer after = back(before);
        events.expectNext("asked {}");
        in(after, "in recovered");
        assertThat(take(after)).containsExactly("42[\"at the door\"]", "42[\"missed\"]", "40");
        assertThat(socket().rooms()).containsExactly(before.id(), "named by the middleware");
    }

    @Test
    void whoIsRefusedIsSentNothingAndMayTryAgain() {
        var refusing = new AtomicBoolean();
        io.use(socket -> {
            if (refusing.get()) {
                throw new ConnectionRefusedException("come back later");
            }
        });
        Peer before = first();
        take(before);
        lose(before);
        io.emit("missed");
        refusing.set(true);
        Peer refused = back(before);
        refused.expect("44{\"message\":\"come back later\"}");
        assertThat(told).containsExactly("fresh(NOT_ASKED)", "fresh(REFUSED_BY_MIDDLEWARE)");
        refusing.set(false);
        Peer after = back(before);
        in(after, "in recovered");
        assertThat(take(after)).containsExactly("42[\"missed\"]", "40");
    }

    @Test
    void aMiddlewareThatRefusesLeavesTheLivingSocketAlone() {
        var refusing = new AtomicBoolean();
        io.use(socket -> {
            if (refusing.get()) {
                throw new ConnectionRefusedException("no");
            }
        });
        Peer living = first();
        take(living);
        refusing.set(true);
        back(living).expect("44{\"message\":\"no\"}");
        io.emit("still there");
        assertThat(take(living)).containsExactly("42[\"still there\"]");
    }

    @Test
    void skipsTheMiddlewaresWhereThatIsWanted() {
        io.close();
        io = server(ServerOptions.builder(), Recovery.within(WITHIN).skippingMiddlewares());
        io.use(socket -> events.accept("asked"));
        Peer before = Peer.connect(io, loop).send("40");
        events.expectNext("asked");
        in(before, "in fresh(NOT_ASKED)");
        lose(before);
        Peer after = back(before);
        in(after, "in recovered");
        Peer stranger = Peer.connect(io, loop).send("40{\"pid\":\"01234567890123456789\"}");
        events.expectNext("asked");
        in(stranger, "in fresh(UNKNOWN_EPOCH)");
    }

    // ---- Who is new instead ---------------------------------------------------------------------

    private Peer fresh(Peer before, FreshReason reason) {
        Peer after = back(before);
        in(after, "in fresh(" + reason + ")");
        assertThat(take(after)).containsExactly("40");
        assertThat(after.id()).isNotEqualTo(before.id());
        assertThat(after.pid()).isNotEqualTo(before.pid());
        assertThat(socket().recovered()).isFalse();
        return after;
    }

    @Test
    void whoWasAwayForTooLongIsNew() {
        Peer before = first();
        take(before);
        lose(before);
        timer.advance(WITHIN.plusSeconds(1));
        fresh(before, FreshReason.EXPIRED);
        assertThat(io.recoveryLog().orElseThrow().awayCount()).isZero();
        assertThat(io.recoveryLog().orElseThrow().bytes()).isZero();
    }

    @Test
    void whoComesJustInTimeIsNot() {
        Peer before = first();
        take(before);
        lose(before);
        io.emit("missed");
        timer.advance(WITHIN.minusSeconds(1));
        Peer after = back(before);
        in(after, "in recovered");
        assertThat(take(after)).containsExactly("42[\"missed\"]", "40");
    }

    @Test
    void whoLeftOrWasThrownOutIsNew() {
        Peer left = first();
        left.send("41");
        events.expectNext("out client namespace disconnect");
        fresh(left, FreshReason.NOT_RECOVERABLE);
        Peer thrownOut = first();
        socket().disconnect();
        events.expectNext("out server namespace disconnect");
        fresh(thrownOut, FreshReason.NOT_RECOVERABLE);
    }

    @Test
    void whoWasOfAnotherLifeOfTheServerIsNew() {
        Peer before = first();
        io.emit("seen");
        take(before);
        io.close();
        loop.run();
        events.expectNext("out server shutting down");
        io = server(ServerOptions.builder());
        fresh(before, FreshReason.UNKNOWN_EPOCH);
    }

    @Test
    void anOffsetOfAnotherLifeCountsAsNoneInASessionOfThisOne() {
        Peer before = first();
        io.emit("seen");
        take(before);
        io.close();
        loop.run();
        events.expectNext("out server shutting down");
        io = server(ServerOptions.builder());
        Peer again = fresh(before, FreshReason.UNKNOWN_EPOCH);
        lose(again);
        io.emit("missed");
        Peer after = back(again);
        in(after, "in recovered");
        assertThat(take(after)).containsExactly("42[\"missed\"]", "40");
    }

    @Test
    void whoMissedMoreThanTheLogHoldsIsNew() {
        io.close();
        io = server(ServerOptions.builder(), Recovery.within(WITHIN).withMaxBytes(64 << 10));
        Peer before = first();
        take(before);
        lose(before);
        for (int i = 0; i < 100; i++) {
            io.emit("missed", "x".repeat(1_000));
        }
        assertThat(io.recoveryLog().orElseThrow().bytes()).isLessThanOrEqualTo(64 << 10);
        fresh(before, FreshReason.TRIMMED);
    }

    @Test
    void aSessionOfAnotherNamespaceIsNobodys() {
        io.of("/other").onConnection(socket -> events.accept("in other " + socket.recovery()));
        Peer before = first();
        lose(before);
        Peer other = Peer.connect(io, loop).send("40/other,{\"pid\":\"" + before.pid() + "\"}");
        in(other, "in other fresh(NEVER_SEEN)");
    }

    // ---- What its client says again -------------------------------------------------------------

    private static final String ASKED = "42" + DeliveryId.of(7, 0) + "[\"order\",1]";
    private static final String ANSWER = "43" + DeliveryId.of(7, 0) + "[\"done 1\"]";

    private void answerOrders() {
        io.onConnection(socket -> socket.onRequest("order", Integer.class, number -> {
            events.accept("order " + number);
            return "done " + number;
        }));
    }

    @Test
    void hearsAnEventOnceHoweverOftenItIsSentAgain() {
        answerOrders();
        Peer before = first();
        take(before);
        before.send(ASKED);
        before.expect(ANSWER);
        events.expectNext("order 1");
        before.send(ASKED);
        before.expect(ANSWER);
        lose(before);
        Peer after = back(before);
        in(after, "in recovered");
        take(after);
        after.send(ASKED);
        after.expect(ANSWER);
        events.assertExhausted();
    }

    @Test
    void remembersWhatItHasHeardEvenOfWhoIsNewBecauseTheLogWasTrimmed() {
        io.close();
        io = server(ServerOptions.builder(), Recovery.within(WITHIN).withMaxBytes(64 << 10));
        answerOrders();
        Peer before = first();
        take(before);
        before.send(ASKED);
        before.expect(ANSWER);
        events.expectNext("order 1");
        lose(before);
        for (int i = 0; i < 100; i++) {
            io.emit("missed", "x".repeat(1_000));
        }
        Peer after = fresh(before, FreshReason.TRIMMED);
        after.send(ASKED);
        after.expect(ANSWER);
        events.assertExhausted();
    }

    @Test
    void answersOverTheNewConnectionWhatTheOldOneAsked() {
        var order = new CompletableFuture<String>();
        io.onConnection(socket -> socket.onRequest("order", Integer.class, number -> {
            events.accept("order " + number);
            return order;
        }));
        Peer before = first();
        take(before);
        before.send(ASKED);
        events.expectNext("order 1");
        lose(before);
        Peer after = back(before);
        in(after, "in recovered");
        take(after);
        after.send(ASKED);
        order.complete("done 1");
        after.expect(ANSWER);
        events.assertExhausted();
    }

    @Test
    void handlesTheNextTryOfWhatFailed() {
        var tries = new AtomicInteger();
        io.onConnection(socket -> socket.onRequest("order", Integer.class, number -> {
            if (tries.incrementAndGet() == 1) {
                throw new IllegalStateException("expected by the test");
            }
            if (tries.get() == 2) {
                return CompletableFuture.<String>failedFuture(new IllegalStateException("expected by the test"));
            }
            return CompletableFuture.completedFuture("done " + number);
        }));
        Peer peer = first();
        take(peer);
        for (int i = 1; i <= 3; i++) {
            int wanted = i;
            loop.until("try " + i, () -> {
                if (tries.get() < wanted) {
                    peer.send(ASKED);
                }
                return tries.get() == wanted;
            });
        }
        loop.until("the answer", () -> peer.count() > 0);
        assertThat(peer.take()).containsOnly(ANSWER);
    }

    @Test
    void keepsLittleOfAnswersAndCountsIt() {
        io.onConnection(socket -> socket.onRequest("echo", String.class, text -> text));
        Peer peer = first();
        take(peer);
        for (int i = 0; i < 40; i++) {
            String text = "x".repeat(i == 39 ? 100_000 : 10_000);
            peer.send("42" + DeliveryId.of(7, i) + "[\"echo\",\"" + text + "\"]");
            loop.until("the answer", () -> peer.count() > 0);
            peer.take();
        }
        lose(peer);
        assertThat(io.recoveryBytes()).isLessThan(HeardOnce.MOST_BYTES + 8_000);
        assertThat(io.awaySessionCount()).isEqualTo(1);
    }

    @Test
    void countsAnswersThatComeWhileTheClientIsAway() {
        List<Ack> asked = new CopyOnWriteArrayList<>();
        io.close();
        io = server(ServerOptions.builder(), Recovery.within(WITHIN).withMaxBytes(100_000));
        io.onConnection(socket -> socket.onEvent("q", (args, ack) -> asked.add(ack)));
        List<Peer> peers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Peer peer = first();
            peer.send("42" + DeliveryId.of(i, 0) + "[\"q\"]");
            int wanted = i + 1;
            loop.until("the event to be handled", () -> asked.size() == wanted);
            lose(peer);
            peers.add(peer);
        }
        long before = io.recoveryBytes();
        asked.get(0).send("x".repeat(40_000));
        assertThat(io.recoveryBytes()).isBetween(before + 40_000, before + 41_000);
        asked.get(1).send("x".repeat(40_000));
        assertThat(io.awaySessionCount()).isEqualTo(3);
        asked.get(2).send("x".repeat(40_000));
        assertThat(io.awaySessionCount()).isEqualTo(2);
        assertThat(io.recoveryBytes()).isLessThanOrEqualTo(100_000);
        in(back(peers.get(2)), "in recovered");
        in(back(peers.get(1)), "in recovered");
        assertThat(io.recoveryBytes()).isZero();
    }

    // ---- Who is who -----------------------------------------------------------------------------

    @Test
    void whatIsEmittedToASocketReachesNobodyWhoJoinedARoomOfItsName() {
        Peer victim = first();
        Socket secretive = socket();
        Peer eve = first();
        socket().join(victim.id());
        take(victim);
        take(eve);
        secretive.emit("secret");
        secretive.leave(victim.id());
        secretive.emit("also");
        assertThat(take(victim)).containsExactly("42[\"secret\"]", "42[\"also\"]");
        assertThat(take(eve)).isEmpty();
        lose(victim);
        secretive.emit("while away");
        assertThat(take(eve)).isEmpty();
    }

    @Test
    void asksTheMiddlewaresOfWhoIsNewAfterTheyWereSkipped() {
        io.close();
        io = server(
                ServerOptions.builder(),
                Recovery.within(WITHIN).withMaxBytes(64 << 10).skippingMiddlewares());
        io.use(socket -> events.accept("asked"));
        Peer before = Peer.connect(io, loop).send("40");
        events.expectNext("asked");
        in(before, "in fresh(NOT_ASKED)");
        take(before);
        lose(before);
        for (int i = 0; i < 100; i++) {
            io.emit("missed", "x".repeat(1_000));
        }
        Peer after = back(before);
        loop.until("the client to be let in", () -> !after.id().isEmpty());
        events.expectNext("asked");
        events.expectNext("in fresh(TRIMMED)");
    }

    @Test
    void throwsOutWhoIsAwayToo() {
        Peer before = first();
        take(before);
        lose(before);
        io.in(before.id()).disconnectSockets(false);
        fresh(before, FreshReason.NOT_RECOVERABLE);
        Peer other = first();
        Socket gone = socket();
        take(other);
        offset = "";
        lose(other);
        gone.disconnect();
        fresh(other, FreshReason.NOT_RECOVERABLE);
    }

    @Test
    void whoIsAwayCanBeTakenOutOfRoomsAndIntoThem() {
        Peer before = first();
        socket().join("crew");
        socket().join("ship");
        take(before);
        Socket gone = socket();
        lose(before);
        io.to("crew").emit("crew", 1);
        io.to("ship").emit("ship", 1);
        io.in("crew").socketsLeave("crew");
        gone.leave("ship");
        io.in(before.id()).socketsJoin("shore");
        io.to("crew").emit("crew", 2);
        io.to("ship").emit("ship", 2);
        io.to("shore").emit("shore", 2);
        Peer after = back(before);
        in(after, "in recovered");
        assertThat(take(after)).containsExactly("42[\"crew\",1]", "42[\"ship\",1]", "42[\"shore\",2]", "40");
        assertThat(socket().rooms()).containsExactlyInAnyOrder(before.id(), "shore");
        socket().join("ship");
        gone.leave("ship");
        assertThat(socket().rooms()).contains("ship");
        lose(after);
        timer.advance(WITHIN.plusSeconds(1));
        io.recoveryLog().orElseThrow().sweep();
        assertThat(io.awaySessionCount()).isZero();
    }

    @Test
    void givesNobodyTheDataOfASessionThatIsNotTheirs() {
        io.close();
        io = server(ServerOptions.builder(), Recovery.within(WITHIN).withMaxBytes(64 << 10));
        Peer before = first();
        socket().data().put(NAME, "Ada");
        take(before);
        lose(before);
        for (int i = 0; i < 100; i++) {
            io.emit("missed", "x".repeat(1_000));
        }
        fresh(before, FreshReason.TRIMMED);
        assertThat(socket().data().find(NAME)).isEmpty();
    }

    @Test
    void aRefusedClaimChangesNothingOfTheLivingSocket() {
        var knocked = new AtomicBoolean();
        io.use(socket -> {
            if (knocked.getAndSet(true)) {
                assertThat(socket.rooms()).isEmpty();
                socket.leave("staff");
                throw new ConnectionRefusedException("no");
            }
            socket.join("staff");
        });
        Peer living = first();
        take(living);
        back(living).expect("44{\"message\":\"no\"}");
        assertThat(socket().rooms()).containsExactly(living.id(), "staff");
    }

    @Test
    void comingBackDoesNotPassTheLimitOfRooms() {
        io.close();
        io = server(ServerOptions.builder().maxRoomsPerSocket(2));
        var names = new AtomicInteger();
        io.use(socket -> socket.joinAll(List.of("a" + names.get(), "b" + names.getAndIncrement())));
        Peer before = first();
        take(before);
        lose(before);
        Peer after = back(before);
        in(after, "in recovered");
        assertThat(socket().rooms()).containsExactly(before.id(), "a0", "b0");
    }

    @Test
    void handlersOfOneSocketDoNotOverlapWhenItsSessionMoves() throws Exception {
        var busy = new CountDownLatch(1);
        var released = new CountDownLatch(1);
        io.onConnection(socket -> socket.onEvent("slow", (args, ack) -> {
            busy.countDown();
            released.await();
            events.accept("slow");
        }));
        Peer before = first();
        take(before);
        before.send("42[\"slow\"]");
        busy.await();
        Peer after = back(before);
        loop.until("the client to be let in", () -> !after.id().isEmpty());
        events.assertExhausted();
        released.countDown();
        events.expectNext("slow");
        events.expectNext("out taken over");
        events.expectNext("in recovered");
    }

    @Test
    void anEventIsHandledByTheSocketThatItCameFor() throws Exception {
        var busy = new CountDownLatch(1);
        var released = new CountDownLatch(1);
        io.onConnection(socket -> {
            socket.onEvent("slow", (args, ack) -> {
                busy.countDown();
                released.await();
            });
            socket.on(
                    "say",
                    String.class,
                    text -> events.accept((socket.recovered() ? "who came back" : "another") + ": " + text));
        });
        Peer before = first();
        take(before);
        lose(before);
        Peer after = back(before);
        in(after, "in recovered");
        after.send("42[\"slow\"]");
        busy.await();
        after.send("42[\"say\",\"I am back\"]");
        after.send("41");
        after.take();
        after.send("40");
        released.countDown();
        loop.until("another socket on the same connection", () -> after.count() > 0);
        after.send("42[\"say\",\"I am new\"]");
        events.expectNext("who came back: I am back");
        events.expectNext("out client namespace disconnect");
        events.expectNext("in fresh(NOT_ASKED)");
        events.expectNext("another: I am new");
    }

    @Test
    void whatHandlersKeepAfterTheLossIsThereToo() throws Exception {
        DataKey<Integer> count = DataKey.of("count", Integer.class);
        DataKey<String> asked = DataKey.of("asked", String.class);
        var busy = new CountDownLatch(1);
        var released = new CountDownLatch(1);
        var rounds = new AtomicInteger();
        io.use(socket -> socket.data().put(asked, "round " + rounds.incrementAndGet()));
        io.onConnection(socket -> {
            events.accept("counted " + socket.data().find(count).orElse(0)
                    + (socket.data().find(NAME).isPresent() ? ", with a name" : "") + ", "
                    + socket.data().get(asked));
            socket.onEvent("count", (args, ack) -> {
                busy.countDown();
                released.await();
                socket.data().put(count, socket.data().find(count).orElse(0) + 1);
            });
            socket.onDisconnect(reason -> {
                socket.data().remove(NAME);
                socket.data().put(asked, "the old one");
            });
        });
        Peer before = first();
        events.expectNext("counted 0, round 1");
        socket().data().put(NAME, "Ada");
        take(before);
        for (int i = 0; i < 20; i++) {
            before.send("42[\"count\"]");
        }
        busy.await();
        before.cut();
        Peer after = back(before);
        loop.until("the client to be let in", () -> !after.id().isEmpty());
        released.countDown();
        events.expectNext("out transport close");
        events.expectNext("in recovered");
        events.expectNext("counted 20, round 2");
    }

    @Test
    void whoIsThrownOutWithItsConnectionWhileItIsAwayIsNew() {
        Peer before = first();
        take(before);
        Socket gone = socket();
        lose(before);
        gone.disconnect(true);
        Peer after = back(before);
        in(after, "in fresh(NOT_RECOVERABLE)");
        assertThat(io.awaySessionCount()).isZero();
        assertThat(after.id()).isNotEqualTo(before.id());
    }

    @Test
    void aDrainWaitsForTheHandlersOfWhoHasComeBack() throws Exception {
        var busy = new CountDownLatch(1);
        var released = new CountDownLatch(1);
        io.onConnection(socket -> socket.onEvent("slow", (args, ack) -> {
            busy.countDown();
            released.await();
            ack.send(2);
        }));
        Peer before = first();
        take(before);
        lose(before);
        Peer after = back(before);
        in(after, "in recovered");
        take(after);
        after.send("427[\"slow\",2]");
        busy.await();
        var drained = io.drain(Duration.ZERO);
        for (int i = 0; i < 50; i++) {
            timer.advance(Duration.ofMillis(10));
            loop.run();
        }
        assertThat(after.isClosed()).isFalse();
        released.countDown();
        loop.until("the answer", () -> after.count() > 0);
        assertThat(after.take()).containsExactly("437[2]");
        loop.until("the connection to be closed", after::isClosed);
        after.cut();
        events.expectNext("out server shutting down");
        loop.until("the drain to be over", () -> {
            timer.advance(Duration.ofMillis(10));
            return drained.isDone();
        });
    }

    @Test
    void closesWhoComesBackAndTakesNothing() {
        io.close();
        io = server(ServerOptions.builder().connectTimeout(Duration.ofSeconds(5)));
        Peer before = first();
        take(before);
        lose(before);
        for (int i = 0; i < 300; i++) {
            io.emit("missed", i, "x".repeat(10_000));
        }
        Peer idle = Peer.connect(io, loop);
        idle.pileUp();
        idle.send("40{\"pid\":\"" + before.pid() + "\"}");
        loop.until("the first part", () -> idle.count() > 5);
        assertThat(io.engine().outsideCount()).isEqualTo(1);
        loop.advance(Duration.ofSeconds(6));
        assertThat(idle.isClosed()).isTrue();
        assertThat(io.engine().outsideCount()).isZero();
    }

    @Test
    void keepsNothingOfADeadConnectionWhereHandlersRunOnItsLoop() {
        io.close();
        io = server(ServerOptions.builder().dispatch(Dispatch.onEventLoop()));
        WeakReference<EngineConnection> dead = comeAndGo();
        assertThat(io.awaySessionCount()).isEqualTo(1);
        loop.until("the connection to be collected", () -> {
            System.gc();
            return dead.get() == null;
        });
    }

    private WeakReference<EngineConnection> comeAndGo() {
        Peer peer = first();
        var connection = new WeakReference<>(peer.connection());
        lose(peer);
        latest.set(null);
        loop.advance(Duration.ofMinutes(5));
        return connection;
    }

    // ---- What surrounds it ----------------------------------------------------------------------

    @Test
    void aNamespaceThatOnlyAnAbsentClientIsInWaitsForIt() {
        io.close();
        io = server(ServerOptions.builder().cleanupEmptyChildNamespaces(true));
        io.of(Pattern.compile("/doc-\\d+")).onConnection(socket -> events.accept("in " + socket.recovery()));
        Peer before = Peer.connect(io, loop).send("40/doc-1");
        in(before, "in fresh(NOT_ASKED)");
        before.cut();
        loop.run();
        io.namespaces().forEach(namespace -> namespace.emit("missed"));
        Peer after = Peer.connect(io, loop).send("40/doc-1,{\"pid\":\"" + before.pid() + "\"}");
        in(after, "in recovered");
        assertThat(after.id()).isEqualTo(before.id());
        assertThat(after.take()).hasSize(2).first().asString().startsWith("42/doc-1,[\"missed\",");
    }

    @Test
    void aNamespaceGoesWithTheLastWhoCouldHaveComeBack() {
        io.close();
        io = server(ServerOptions.builder().cleanupEmptyChildNamespaces(true));
        io.of(Pattern.compile("/doc-\\d+")).onConnection(socket -> events.accept("in"));
        Peer before = Peer.connect(io, loop).send("40/doc-1");
        in(before, "in");
        before.cut();
        loop.run();
        assertThat(io.namespaces()).extracting(Namespace::name).contains("/doc-1");
        timer.advance(Duration.ofSeconds(1));
        Peer again = Peer.connect(io, loop).send("40/doc-1,{\"pid\":\"" + before.pid() + "\"}");
        in(again, "in");
        again.cut();
        loop.run();
        timer.advance(WITHIN.plusSeconds(30));
        assertThat(io.namespaces()).extracting(Namespace::name).containsExactly("/");
    }

    @Test
    void clientsOfSocketIo2ComeAndGoAsEver() {
        io.close();
        io = server(ServerOptions.builder().allowEIO3(true));
        Peer old = Peer.connectOld(io, loop);
        loop.until("the old client to be in", () -> !io.of("/").sockets().isEmpty());
        events.expectNext("in fresh(NOT_ASKED)");
        old.cut();
        events.expectNext("out transport close");
        assertThat(io.recoveryLog().orElseThrow().awayCount()).isZero();
    }

    @Test
    void aServerWithoutRecoverySendsNoOffsetsAndNoSecret() {
        io.close();
        io = SocketIoServer.create();
        io.onConnection(latest::set);
        Peer peer = Peer.connect(io, loop).send("40{\"pid\":\"01234567890123456789\",\"offset\":\"a-1\"}");
        loop.until("a socket", () -> !peer.id().isEmpty());
        io.emit("plain");
        assertThat(peer.take()).containsExactly("40{\"sid\":\"<sid>\"}", "42[\"plain\"]");
    }

    @Test
    void refusesOptionsThatMakeNoSense() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Recovery.within(Duration.ZERO))
                .withMessage("recovery.within must be more than zero: PT0S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Recovery.within(WITHIN).withMaxBytes(1))
                .withMessage("recovery.maxBytes must not be less than 65536: 1");
        var plain = ServerOptions.builder()
                .recovery(Recovery.within(WITHIN))
                .adapter(InMemoryAdapter::new)
                .build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SocketIoServer.create(plain))
                .withMessageStartingWith("recovery must not be set with an adapter that keeps no sessions: ");
    }
}
