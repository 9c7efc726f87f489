package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import dev.bowline.testkit.ThreadLeaks;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** Handlers on threads of their own: what they may do, what they cannot harm, and what is left of them. */
class HandlerThreadsTest {
    private static final String IN = "40{\"sid\":\"<sid>\"}";

    // The JDK's carriers of virtual threads stay.
    private final ThreadLeaks threads = ThreadLeaks.snapshot().ignoring("ForkJoinPool-1-worker-");
    private final ManualLoop loop = new ManualLoop();
    private final SocketIoServer io =
            SocketIoServer.create(ServerOptions.builder().maxQueuedEvents(10).build());
    private final CountDownLatch release = new CountDownLatch(1);
    private final Recorder<String> events = new Recorder<>();

    @AfterEach
    void close() {
        release.countDown();
        io.close();
        loop.run();
        assertThat(io.connectionCount()).isZero();
        assertThat(io.of("/").sockets()).isEmpty();
        threads.assertNone();
    }

    private Peer enter() {
        return enter(io);
    }

    private Peer enter(SocketIoServer io) {
        Peer peer = Peer.connect(io, loop).send("40");
        peer.expect(IN);
        return peer;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aBlockingHandlerStopsNeitherHeartbeatsNorOthers() {
        io.onConnection(socket -> {
            socket.onEvent("block", (args, ack) -> release.await());
            socket.onRequest("echo", String.class, text -> text);
        });
        Peer blocked = enter();
        Peer other = enter();
        blocked.send("42[\"block\"]", "420[\"echo\",\"waits\"]");
        other.send("420[\"echo\",\"at once\"]").expect("430[\"at once\"]");
        loop.advance(Duration.ofSeconds(25));
        assertThat(blocked.take()).containsExactly("2");
        blocked.send("3");
        other.send("3");
        loop.advance(Duration.ofSeconds(24));
        assertThat(blocked.isClosed()).isFalse();
        release.countDown();
        blocked.expect("430[\"waits\"]");
    }

    @Test
    void keepsTheOrderOfEventsWhileOthersRun() {
        Recorder<String> heard = new Recorder<>();
        io.onConnection(socket -> socket.on("n", Integer.class, number -> {
            heard.accept(socket.id() + " " + number);
        }));
        Peer[] peers = {enter(), enter(), enter()};
        for (int number = 0; number < 300; number++) {
            for (Peer peer : peers) {
                peer.send("42[\"n\"," + number + "]");
            }
        }
        loop.until("all to be heard", () -> heard.all().size() == 900);
        for (Socket socket : io.of("/").sockets()) {
            assertThat(heard.all().stream().filter(line -> line.startsWith(socket.id() + " ")))
                    .containsExactlyElementsOf(IntStream.range(0, 300)
                            .mapToObj(number -> socket.id() + " " + number)
                            .toList());
        }
    }

    @Test
    void stopsReadingWhenHandlersAreBehindAndResumes() {
        var heard = new AtomicInteger();
        io.onConnection(socket -> socket.onEvent("n", (args, ack) -> {
            release.await();
            heard.incrementAndGet();
        }));
        Peer peer = enter();
        for (int i = 0; i < 100; i++) {
            peer.send("42[\"n\"]");
        }
        assertThat(peer.isRead()).isFalse();
        loop.advance(Duration.ofMinutes(4));
        assertThat(peer.isClosed())
                .as("a client that is not read is not blamed for a missing pong")
                .isFalse();
        release.countDown();
        loop.until("all to be heard", () -> heard.get() == 100);
        loop.until("reading again", peer::isRead);
        peer.send("3", "42[\"n\"]");
        loop.until("one more", () -> heard.get() == 101);
    }

    @Test
    void stopsReadingWhenFewButLargeEventsWait() {
        var heard = new AtomicInteger();
        io.onConnection(socket -> socket.onEvent("n", (args, ack) -> {
            release.await();
            heard.incrementAndGet();
        }));
        Peer peer = enter();
        String large = "42[\"n\",\"" + "x".repeat(300_000) + "\"]";
        peer.send(large, large, large);
        assertThat(peer.isRead()).isTrue();
        peer.send(large);
        assertThat(peer.isRead()).isFalse();
        release.countDown();
        loop.until("all to be heard", () -> heard.get() == 4);
        loop.until("reading again", peer::isRead);
    }

    @Test
    void anErrorOfOneHandlerDoesNotKeepTheNextFromBeingCalled() {
        io.onConnection(socket -> {
            socket.onEvent("n", (args, ack) -> {
                throw new AssertionError("expected by the test");
            });
            socket.onEvent("n", (args, ack) -> events.accept("second"));
        });
        enter().send("42[\"n\"]");
        events.expectNext("second");
    }

    @Test
    void readsAgainForOtherNamespacesWhenTheFullOneLeaves() {
        io.of("/slow").onConnection(socket -> {
            socket.onEvent("n", (args, ack) -> release.await());
            events.accept("slow");
        });
        io.onConnection(socket -> socket.onEvent("n", (args, ack) -> events.accept("fast")));
        Peer peer = enter();
        peer.send("40/slow,").expect("40/slow,{\"sid\":\"<sid>\"}");
        events.expectNext("slow");
        for (int i = 0; i < 10; i++) {
            peer.send("42/slow,[\"n\"]");
        }
        assertThat(peer.isRead()).isFalse();
        io.of("/slow").sockets().forEach(Socket::disconnect);
        peer.expect("41/slow,");
        assertThat(peer.isRead()).isTrue();
        peer.send("42[\"n\"]");
        events.await("fast"::equals);
    }

    @Test
    void tellsHandlersOfTheShutdownAndLeavesNothing() {
        io.onConnection(socket -> {
            socket.join("r");
            socket.onEvent("block", (args, ack) -> await(release));
            socket.onDisconnect(reason -> events.accept("out " + reason + " " + socket.rooms()));
        });
        Peer first = enter();
        Peer second = enter();
        first.send("42[\"block\"]");
        io.close();
        loop.run();
        assertThat(first.isClosed()).isTrue();
        assertThat(second.isClosed()).isTrue();
        assertThat(first.take()).isEmpty();
        assertThat(io.of("/").adapter().sockets(java.util.Set.of("r"))).isEmpty();
        assertThat(io.engine().open(Peer.request("websocket"), Ids.next(), loop, new Peer(loop)))
                .isEmpty();
        release.countDown();
        events.expectNext("out server shutting down []");
        events.expectNext("out server shutting down []");
        io.close();
    }

    @Test
    void losesNoDisconnectionToARaceWithClose() throws Exception {
        io.onConnection(socket -> socket.onDisconnect(reason -> events.accept("out")));
        for (int i = 0; i < 8; i++) {
            enter();
        }
        var go = new CountDownLatch(1);
        Thread kicker = new Thread(() -> {
            await(go);
            io.of("/").sockets().forEach(Socket::disconnect);
        });
        kicker.start();
        go.countDown();
        io.close();
        Eventually.await("all to be out", () -> {
            loop.run();
            return events.all().size() == 8;
        });
        kicker.join();
    }

    // ---- On Java before 21: so many at a time ---------------------------------------------------

    @Test
    void hasSoManyThreadsThatBeginWhenTheyAreNeededAndAreUsedAgain() {
        HandlerThreads pooled = HandlerThreads.pooled(3);
        try {
            var ran = new AtomicInteger();
            for (int i = 1; i <= 50; i++) {
                int number = i;
                pooled.handlers().execute(ran::incrementAndGet);
                Eventually.await("it to have run", () -> ran.get() == number);
            }
            assertThat(handlerThreads()).isBetween(1L, 2L);
            for (int i = 0; i < 10; i++) {
                pooled.handlers().execute(() -> {
                    await(release);
                    ran.incrementAndGet();
                });
            }
            assertThat(handlerThreads()).isEqualTo(3);
            pooled.answers().execute(() -> events.accept("an answer"));
            events.expectNext("an answer");
            release.countDown();
            Eventually.await("all to have run", () -> ran.get() == 60);
        } finally {
            pooled.close();
        }
    }

    private static long handlerThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("bowline-handler-"))
                .count();
    }

    @Test
    @EnabledForJreRange(max = JRE.JAVA_20)
    void makesFurtherHandlersWaitWhenAllThreadsAreBusyAndNobodyElse() {
        try (SocketIoServer narrow = SocketIoServer.create(
                ServerOptions.builder().maxHandlerThreads(2).build())) {
            narrow.onConnection(socket -> {
                socket.onEvent("block", (args, ack) -> release.await());
                socket.onRequest("echo", String.class, text -> text);
            });
            Peer first = enter(narrow);
            Peer second = enter(narrow);
            Peer other = enter(narrow);
            first.send("42[\"block\"]");
            second.send("42[\"block\"]");
            other.send("420[\"echo\",\"waits\"]");
            Peer knocking = Peer.connect(narrow, loop).send("40");
            loop.advance(Duration.ofSeconds(25));
            for (Peer peer : List.of(first, second, other, knocking)) {
                assertThat(peer.take()).containsExactly("2");
                peer.send("3");
            }
            loop.advance(Duration.ofSeconds(19));
            for (Peer peer : List.of(first, second, other, knocking)) {
                assertThat(peer.isClosed()).isFalse();
            }
            release.countDown();
            other.expect("430[\"waits\"]");
            knocking.expect(IN);
            List.of(first, second, other, knocking).forEach(Peer::cut);
        }
    }

    @Test
    @EnabledForJreRange(max = JRE.JAVA_20)
    void completesWhatHandlersWaitForThoughTheyHaveAllThreads() {
        try (SocketIoServer narrow = SocketIoServer.create(ServerOptions.builder()
                .maxHandlerThreads(1)
                .ackTimeout(Duration.ofSeconds(5))
                .build())) {
            narrow.onConnection(socket -> {
                socket.onRequest(
                        "client",
                        String.class,
                        text -> socket.emitWithAck("ask", String.class).join());
                socket.onRequest(
                        "all",
                        String.class,
                        text -> narrow.emitWithAck("ask", String.class).join().values());
                socket.onRequest(
                        "count",
                        String.class,
                        text -> narrow.fetchSockets().join().size());
                socket.onEvent("silence", (args, ack) -> {
                    try {
                        socket.emitWithAck("ask", String.class).join();
                    } catch (CompletionException late) {
                        events.accept(String.valueOf(late.getCause()));
                    }
                });
            });
            Peer peer = enter(narrow);
            peer.send("420[\"client\",\"\"]").expect("420[\"ask\"]");
            peer.send("430[\"yes\"]").expect("430[\"yes\"]");
            peer.send("421[\"all\",\"\"]").expect("421[\"ask\"]");
            peer.send("431[\"of all\"]").expect("431[[\"of all\"]]");
            peer.send("422[\"count\",\"\"]").expect("432[1]");
            peer.send("42[\"silence\"]").expect("422[\"ask\"]");
            loop.advance(Duration.ofSeconds(5));
            events.expectNext("java.util.concurrent.TimeoutException: operation has timed out");
            peer.cut();
        }
    }

    @Test
    void countsAClientThatHasGoneAsOutsideUntilTheMiddlewareHasSpoken() {
        io.use(socket -> release.await());
        Peer peer = Peer.connect(io, loop).send("40");
        assertThat(io.engine().outsideCount()).isEqualTo(1);
        peer.cut();
        assertThat(io.connectionCount()).isZero();
        assertThat(io.engine().outsideCount()).isEqualTo(1);
        release.countDown();
        loop.until("nobody to be outside", () -> io.engine().outsideCount() == 0);
    }
}
