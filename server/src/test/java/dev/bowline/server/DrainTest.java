package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.server.transport.Admission;
import dev.bowline.server.transport.Refusal;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.ManualScheduler;
import dev.bowline.testkit.Recorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that makes way for another: who goes when, what still gets through, and when it is over. */
class DrainTest {
    private static final String IN = "40{\"sid\":\"<sid>\"}";
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration TICK = Duration.ofMillis(10);
    private static final String GOODBYE = "out server shutting down";

    private final ManualScheduler timer = new ManualScheduler();
    private final ManualLoop loop = new ManualLoop();
    private final Recorder<String> events = new Recorder<>();
    private final CountDownLatch release = new CountDownLatch(1);
    private @Nullable SocketIoServer created;

    private SocketIoServer start(ServerOptions.Builder options) {
        SocketIoServer io = SocketIoServer.create(options.build(), timer);
        io.onConnection(socket -> {
            socket.onDisconnect(reason -> events.accept("out " + reason.text()));
            socket.onRequest("echo", String.class, text -> text);
            socket.onRequest("slow", String.class, text -> {
                events.accept("slow");
                awaitRelease();
                return text;
            });
        });
        created = io;
        return io;
    }

    /** With handlers on the loop, so that nothing happens but when the test says so. */
    private SocketIoServer startOnLoop() {
        return start(ServerOptions.builder().dispatch(Dispatch.onEventLoop()));
    }

    private SocketIoServer startOnThreads() {
        return start(ServerOptions.builder());
    }

    private void awaitRelease() {
        try {
            release.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @AfterEach
    void close() {
        release.countDown();
        if (created != null) {
            created.close();
            loop.run();
            assertThat(created.connectionCount()).isZero();
            assertThat(created.of("/").sockets()).isEmpty();
            loop.until("no handler to run", created::isQuiet);
        }
    }

    private Peer enter(SocketIoServer io) {
        Peer peer = Peer.connect(io, loop).send("40");
        peer.expect(IN);
        return peer;
    }

    /** Lets time pass for the server's timer and for the loop. */
    private void pass(Duration time) {
        for (Duration passed = Duration.ZERO; passed.compareTo(time) < 0; passed = passed.plus(TICK)) {
            timer.advance(TICK);
            loop.advance(TICK);
        }
    }

    /** The next tick, and what it brings about. */
    private void tick() {
        timer.runDue();
        loop.run();
    }

    private void isOver(CompletableFuture<Void> drain) {
        loop.until("the drain to be over", () -> {
            timer.advance(TICK);
            return drain.isDone();
        });
        assertThat(drain).isCompleted();
    }

    // ---- Turns ----------------------------------------------------------------------------------

    @Test
    void closesOneConnectionInEachPartOfTheDurationInRandomOrder() {
        SocketIoServer io = startOnLoop();
        List<Peer> peers = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            peers.add(enter(io));
        }
        CompletableFuture<Void> drain = io.drain(SECOND.multipliedBy(12));
        List<Peer> gone = new ArrayList<>();
        for (int second = 1; second <= 12; second++) {
            assertThat(drain).isNotDone();
            pass(SECOND);
            peers.stream()
                    .filter(peer -> peer.isClosed() && !gone.contains(peer))
                    .forEach(gone::add);
            assertThat(gone).hasSize(second);
            events.expectNext(GOODBYE);
        }
        assertThat(gone).isNotEqualTo(peers);
        assertThat(peers).allSatisfy(peer -> assertThat(peer.take()).isEmpty());
        isOver(drain);
        assertThat(io.isClosed()).isTrue();
        events.assertExhausted();
    }

    @Test
    void closesAllAtOnceWhereThereIsNoTime() {
        SocketIoServer io = startOnLoop();
        List<Peer> peers = List.of(enter(io), enter(io), enter(io));
        CompletableFuture<Void> drain = io.drain(Duration.ZERO);
        tick();
        assertThat(peers).allMatch(Peer::isClosed);
        isOver(drain);
    }

    @Test
    void isOverWhenAllHaveGoneByThemselves() {
        SocketIoServer io = startOnLoop();
        Peer peer = enter(io);
        CompletableFuture<Void> drain = io.drain(Duration.ofHours(1));
        tick();
        assertThat(drain).isNotDone();
        peer.cut();
        events.expectNext("out transport close");
        isOver(drain);
    }

    @Test
    void tellsTheApplicationsReasonWhereThatWasFirst() {
        SocketIoServer io = startOnLoop();
        Peer peer = enter(io);
        CompletableFuture<Void> drain = io.drain(Duration.ofHours(1));
        io.of("/").sockets().forEach(Socket::closeConnection);
        loop.run();
        assertThat(peer.isClosed()).isTrue();
        events.expectNext("out forced close");
        isOver(drain);
    }

    // ---- Who comes in ---------------------------------------------------------------------------

    private Optional<Refusal> refusalOf(SocketIoServer io) {
        return io.engine()
                .admit(Peer.request("polling"))
                .thenApply(Admission::refusal)
                .toCompletableFuture()
                .join();
    }

    @Test
    void letsNobodyInFromThenOn() {
        SocketIoServer io = startOnLoop();
        enter(io);
        assertThat(io.isDraining()).isFalse();
        assertThat(refusalOf(io)).isEmpty();
        CompletableFuture<Void> drain = io.drain(SECOND);
        assertThat(io.isDraining()).isTrue();
        assertThat(refusalOf(io)).contains(Refusal.SHUTTING_DOWN);
        loop.call(() -> assertThat(io.engine().open(Peer.request("polling"), Ids.next(), loop, null))
                .isEmpty());
        assertThat(io.engine().whyNotOpened("any")).isEqualTo(Refusal.SHUTTING_DOWN);
        pass(SECOND);
        isOver(drain);
        assertThat(io.isDraining()).isTrue();
        assertThat(refusalOf(io)).contains(Refusal.SHUTTING_DOWN);
    }

    @Test
    void refusesWhomTheApplicationHasAllowedMeanwhile() {
        SocketIoServer io = start(ServerOptions.builder().allowRequest(request -> {
            events.accept("asked");
            awaitRelease();
            return Optional.empty();
        }));
        CompletableFuture<Admission> admission =
                io.engine().admit(Peer.request("polling")).toCompletableFuture();
        events.expectNext("asked");
        CompletableFuture<Void> drain = io.drain(SECOND);
        release.countDown();
        assertThat(admission.join().refusal()).contains(Refusal.SHUTTING_DOWN);
        isOver(drain);
    }

    @Test
    void closesAConnectionThatComesAtTheSameMoment() {
        SocketIoServer io = start(ServerOptions.builder().listener(new ServerListener() {
            @Override
            public void connectionOpened(ConnectionInfo connection) {
                if (created != null) {
                    events.accept("opened " + created.drain(SECOND).isDone());
                }
            }
        }));
        Peer peer = Peer.connect(io, loop);
        events.expectNext("opened false");
        assertThat(peer.isClosed()).isTrue();
        isOver(io.drain(SECOND));
    }

    @Test
    void servesThoseWhoAreThereAsBefore() {
        SocketIoServer io = startOnLoop();
        io.of("/more").onConnection(socket -> socket.emit("welcome"));
        Peer peer = enter(io);
        CompletableFuture<Void> drain = io.drain(SECOND);
        peer.send("40/more,").expect("40/more,{\"sid\":\"<sid>\"}", "42/more,[\"welcome\"]");
        peer.send("420[\"echo\",\"a\"]").expect("430[\"a\"]");
        io.emit("news");
        peer.expect("42[\"news\"]");
        pass(SECOND);
        isOver(drain);
    }

    // ---- What is under way ----------------------------------------------------------------------

    @Test
    void letsHandlersAnswerBeforeTheClientGoes() {
        SocketIoServer io = startOnThreads();
        Peer peer = enter(io);
        peer.send("420[\"slow\",\"a\"]", "421[\"echo\",\"b\"]");
        events.expectNext("slow");
        CompletableFuture<Void> drain = io.drain(Duration.ZERO);
        pass(SECOND);
        assertThat(peer.isClosed()).isFalse();
        io.emit("news");
        release.countDown();
        peer.expect("42[\"news\"]", "430[\"a\"]", "431[\"b\"]");
        loop.until("it to be closed", peer::isClosed);
        events.expectNext(GOODBYE);
        isOver(drain);
    }

    @Test
    void waitsNoLongerThanFiveSecondsForAHandlerBeforeTheClientGoes() {
        SocketIoServer io = startOnThreads();
        Peer peer = enter(io).send("420[\"slow\",\"a\"]");
        events.expectNext("slow");
        CompletableFuture<Void> drain = io.drain(Duration.ZERO);
        tick();
        pass(Drain.HANDLERS.minus(TICK));
        assertThat(peer.isClosed()).isFalse();
        pass(TICK);
        assertThat(peer.isClosed()).isTrue();
        assertThat(io.connectionCount()).isZero();
        assertThat(drain).isNotDone();
        release.countDown();
        events.expectNext(GOODBYE);
        isOver(drain);
    }

    @Test
    void waitsForTheHandlersOfThoseWhoLeftByThemselves() {
        SocketIoServer io = startOnThreads();
        Peer peer = enter(io).send("42[\"slow\",\"a\"]", "42[\"slow\",\"b\"]");
        events.expectNext("slow");
        peer.cut();
        CompletableFuture<Void> drain = io.drain(Duration.ZERO);
        pass(SECOND);
        assertThat(drain).isNotDone();
        release.countDown();
        events.expectNext("slow");
        events.expectNext("out transport close");
        isOver(drain);
    }

    @Test
    void waitsForTheMiddlewaresOfWhoIsAtTheDoor() {
        SocketIoServer io = startOnThreads();
        io.use(socket -> {
            events.accept("asked");
            release.await();
        });
        Peer peer = Peer.connect(io, loop).send("40");
        events.expectNext("asked");
        CompletableFuture<Void> drain = io.drain(Duration.ZERO);
        pass(SECOND);
        assertThat(peer.isClosed()).isFalse();
        release.countDown();
        loop.until("it to be closed", peer::isClosed);
        peer.expect(IN);
        events.expectNext(GOODBYE);
        isOver(drain);
    }

    @Test
    void waitsUntilTheClientHasReadWhatWasSent() {
        SocketIoServer io = startOnLoop();
        Peer peer = enter(io);
        peer.linger();
        CompletableFuture<Void> drain = io.drain(Duration.ZERO);
        pass(SECOND);
        assertThat(peer.isClosed()).isTrue();
        events.expectNext(GOODBYE);
        assertThat(drain).isNotDone();
        peer.go();
        isOver(drain);
    }

    // ---- The end --------------------------------------------------------------------------------

    @Test
    void isOverTenSecondsAfterTheDurationWhateverIsLeft() {
        SocketIoServer io = startOnThreads();
        enter(io).send("42[\"slow\",\"a\"]");
        events.expectNext("slow");
        Peer lingering = enter(io);
        lingering.linger();
        CompletableFuture<Void> drain = io.drain(SECOND);
        pass(SECOND.plus(Drain.GRACE).minus(TICK));
        assertThat(drain).isNotDone();
        assertThat(io.isClosed()).isFalse();
        pass(TICK);
        Eventually.await("the drain to be over", drain::isDone);
        assertThat(io.isClosed()).isTrue();
    }

    @Test
    void joinsTheDrainThatHasBegun() {
        SocketIoServer io = startOnLoop();
        Peer peer = enter(io);
        CompletableFuture<Void> first = io.drain(SECOND);
        CompletableFuture<Void> second = io.drain(Duration.ofHours(1));
        CompletableFuture<Void> abandoned = io.drain(Duration.ZERO);
        assertThat(abandoned.cancel(true)).isTrue();
        tick();
        pass(SECOND);
        assertThat(peer.isClosed()).isTrue();
        isOver(first);
        isOver(second);
    }

    @Test
    void endsAtOnceWhenTheServerIsClosed() {
        SocketIoServer io = startOnLoop();
        Peer peer = enter(io);
        CompletableFuture<Void> drain = io.drain(Duration.ofHours(1));
        tick();
        io.close();
        loop.run();
        assertThat(peer.isClosed()).isTrue();
        events.expectNext(GOODBYE);
        Eventually.await("the drain to be over", drain::isDone);
        assertThat(timer.pending()).isZero();
    }

    @Test
    void hasNothingToDoOnceTheServerIsClosed() {
        SocketIoServer io = startOnLoop();
        io.close();
        assertThat(io.isDraining()).isTrue();
        assertThat(io.drain(Duration.ofHours(1))).isCompleted();
    }

    @Test
    void mayBeWaitedForByWhoClosesTheServer() {
        SocketIoServer io = startOnLoop();
        CompletableFuture<Void> afterwards = io.drain(Duration.ZERO).thenRun(io::close);
        isOver(afterwards);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-0.001S", "PT2147483.648S"})
    void refusesADurationThatIsNone(String duration) {
        SocketIoServer io = startOnLoop();
        assertThatThrownBy(() -> io.drain(Duration.parse(duration)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("duration must be between 0 and 2^31-1 ms: " + Duration.parse(duration));
        assertThat(io.isDraining()).isFalse();
        io.close();
        assertThatThrownBy(() -> io.drain(Duration.parse(duration))).isInstanceOf(IllegalArgumentException.class);
    }
}
