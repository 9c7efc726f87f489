package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import dev.bowline.testkit.ThreadLeaks;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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
}
