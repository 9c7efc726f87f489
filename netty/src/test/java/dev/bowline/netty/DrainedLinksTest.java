package dev.bowline.netty;

import static dev.bowline.netty.RawClient.CLOSE;
import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static dev.bowline.netty.RawClient.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.server.ServerListener;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.Refusal;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import dev.bowline.testkit.ThreadLeaks;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server that makes way for another, as its clients see it on their links. */
class DrainedLinksTest {
    private static final Duration FOREVER = Duration.ofDays(1);
    private static final String GOODBYE = "out server shutting down";

    // Netty and the JDK keep some for the whole process: a timer thread, carriers of virtual threads.
    private final ThreadLeaks threads =
            ThreadLeaks.snapshot().ignoring("globalEventExecutor").ignoring("ForkJoinPool-1-worker-");
    private final Recorder<String> events = new Recorder<>();
    private final Recorder<String> refusals = new Recorder<>();
    private final Recorder<String> errors = new Recorder<>();
    private final SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
            .maxQueuedBytes(32 << 20)
            .listener(new ServerListener() {
                @Override
                public void requestRefused(HttpRequestHead request, Refusal refusal) {
                    refusals.accept(refusal.status() + " " + refusal.message());
                }
            })
            .build());
    private final NettyServer server = NettyServer.bind(io, 0);

    DrainedLinksTest() {
        io.onConnectionError(error -> errors.accept(error.message()));
        io.onConnection(socket -> {
            socket.on("say", String.class, events);
            socket.onDisconnect(reason -> events.accept("out " + reason.text()));
        });
    }

    @AfterEach
    void close() {
        server.close();
        assertThat(io.connectionCount()).isZero();
        threads.assertNone();
    }

    private static void isOver(CompletableFuture<Void> drain) {
        assertThat(drain).succeedsWithin(20, TimeUnit.SECONDS);
    }

    private static String path(String sid) {
        return POLLING + "&sid=" + sid;
    }

    /** Over the same link the client would come to the same server again. */
    private static void assertLinkEnds(RawClient client, RawClient.Response response) {
        assertThat(response.header("connection")).contains("close");
        assertThat(client.isClosedByServer()).isTrue();
    }

    @Test
    void refusesHandshakesSoThatClientsTryElsewhere() {
        try (RawClient there = RawClient.enter(server.port());
                RawClient polling = new RawClient(server.port());
                RawClient websocket = new RawClient(server.port())) {
            CompletableFuture<Void> drain = io.drain(FOREVER);
            RawClient.Response refused = polling.get(POLLING);
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.body()).isEqualTo("{\"code\":3,\"message\":\"Server shutting down\"}");
            assertThat(refused.header("retry-after")).contains("1");
            assertLinkEnds(polling, refused);
            RawClient.Response upgrade = websocket.upgrade(WEBSOCKET);
            assertThat(upgrade.status()).isEqualTo(503);
            assertThat(upgrade.body()).isEqualTo("Server shutting down");
            assertThat(upgrade.header("retry-after")).contains("1");
            assertLinkEnds(websocket, upgrade);
            for (int i = 0; i < 2; i++) {
                errors.expectNext("Server shutting down");
                refusals.expectNext("503 Server shutting down");
            }
            there.text("42[\"say\",\"still here\"]");
            events.expectNext("still here");
            assertThat(drain).isNotDone();
            io.close();
            isOver(drain);
        }
    }

    @Test
    void refusesHandshakesUntilThePortIsClosed() {
        isOver(io.drain(Duration.ZERO));
        try (RawClient polling = new RawClient(server.port())) {
            assertThat(polling.get(POLLING).status()).isEqualTo(503);
        }
    }

    @Test
    void servesThoseWhoAreThereAndTheirUpgrades() {
        String sid = RawClient.openPolling(server.port());
        CompletableFuture<Void> drain = io.drain(FOREVER);
        try (RawClient polling = new RawClient(server.port());
                RawClient websocket = new RawClient(server.port())) {
            assertThat(polling.post(path(sid), "42[\"say\",\"by post\"]").body())
                    .isEqualTo("ok");
            events.expectNext("by post");
            io.emit("news");
            assertThat(polling.get(path(sid)).body()).isEqualTo("42[\"news\"]");
            websocket.upgrade(WEBSOCKET + "&sid=" + sid);
            websocket.text("2probe");
            assertThat(websocket.nextText()).isEqualTo("3probe");
            websocket.text("5").text("42[\"say\",\"moved\"]");
            events.expectNext("moved");
        }
        events.expectNext("out transport close");
        isOver(drain);
    }

    @Test
    void saysGoodbyeThroughThePollThatIsHeld() {
        String sid = RawClient.openPolling(server.port());
        try (RawClient poll = new RawClient(server.port())) {
            poll.send(request("GET", path(sid)));
            Eventually.await("the poll to be held", () -> RawClient.isPollHeld(io, sid));
            CompletableFuture<Void> drain = io.drain(Duration.ZERO);
            RawClient.Response goodbye = poll.response();
            assertThat(goodbye.body()).isEqualTo("1");
            assertLinkEnds(poll, goodbye);
            events.expectNext(GOODBYE);
            isOver(drain);
        }
    }

    @Test
    void saysGoodbyeThroughTheNextPollAndHearsTheClientUntilThen() {
        String sid = RawClient.openPolling(server.port());
        io.emit("news");
        CompletableFuture<Void> drain = io.drain(Duration.ZERO);
        try (RawClient link = new RawClient(server.port())) {
            assertThat(link.post(path(sid), "42[\"say\",\"late\"]").body()).isEqualTo("ok");
            events.expectNext("late");
            assertThat(link.get(path(sid)).body()).isEqualTo("42[\"news\"]");
            assertThat(link.post(path(sid), "42[\"say\",\"later\"]").body()).isEqualTo("ok");
            events.expectNext("later");
            RawClient.Response goodbye = link.get(path(sid));
            assertThat(goodbye.body()).isEqualTo("6\u001e1");
            assertLinkEnds(link, goodbye);
            events.expectNext(GOODBYE);
            isOver(drain);
        }
    }

    @Test
    void saysGoodbyeToAClientThatIsAboutToMoveOnceItHasMoved() {
        String sid = RawClient.openPolling(server.port());
        try (RawClient websocket = new RawClient(server.port())) {
            websocket.upgrade(WEBSOCKET + "&sid=" + sid);
            websocket.text("2probe");
            assertThat(websocket.nextText()).isEqualTo("3probe");
            CompletableFuture<Void> drain = io.drain(Duration.ZERO);
            io.emit("news");
            websocket.text("5");
            assertThat(websocket.nextText()).isEqualTo("42[\"news\"]");
            assertThat(websocket.frame().opcode()).isEqualTo(CLOSE);
            websocket.frame(true, CLOSE, new byte[0]);
            events.expectNext(GOODBYE);
            isOver(drain);
        }
    }

    /**
     * Its session has ended long before; but who closes the port now would cut what it has not got yet, more than the
     * system's buffers take.
     */
    @Test
    void waitsForAClientThatReadsSlowly() {
        int messages = 200;
        String text = "x".repeat(50_000);
        try (RawClient slow = new RawClient(server.port(), 4_096)) {
            slow.upgrade(WEBSOCKET);
            slow.frame();
            slow.text("40");
            slow.frame();
            Eventually.await("it to be in", () -> io.of("/").socketCount() == 1);
            for (int i = 0; i < messages; i++) {
                io.emit("news", i, text);
            }
            CompletableFuture<Void> closed = io.drain(Duration.ZERO).thenRun(server::close);
            Eventually.await("the session to be over", () -> io.connectionCount() == 0);
            for (int i = 0; i < messages; i++) {
                assertThat(slow.nextText()).isEqualTo("42[\"news\"," + i + ",\"" + text + "\"]");
            }
            assertThat(slow.frame().opcode()).isEqualTo(CLOSE);
            slow.frame(true, CLOSE, new byte[0]);
            assertThat(slow.isClosedByServer()).isTrue();
            isOver(closed);
        }
    }

    @Test
    void isOverAtOnceWhereNobodyIs() {
        isOver(io.drain(FOREVER));
        assertThat(io.isClosed()).isTrue();
    }

    @Test
    void endsWithThePort() {
        try (RawClient client = RawClient.enter(server.port())) {
            CompletableFuture<Void> drain = io.drain(FOREVER);
            server.close();
            assertThat(client.frame().opcode()).isEqualTo(CLOSE);
            events.expectNext(GOODBYE);
            isOver(drain);
        }
    }

    @Test
    void getsNoOtherPort() {
        try (RawClient client = RawClient.enter(server.port())) {
            CompletableFuture<Void> drain = io.drain(FOREVER);
            assertThatThrownBy(() -> NettyServer.bind(io, 0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the SocketIoServer is draining: create another one");
            client.text("42[\"say\",\"still here\"]");
            events.expectNext("still here");
            assertThat(drain).isNotDone();
        }
    }
}
