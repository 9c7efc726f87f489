package dev.bowline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.client.FakeServer.Link;
import dev.bowline.core.packet.DeliveryId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** Events that are sent until they are acknowledged; in virtual time. */
class RetryQueueTest {
    private static final Duration ACK_TIMEOUT = Duration.ofSeconds(3);

    private final FakeServer server = new FakeServer();
    private Manager manager = server.manager(options());
    private Socket socket = server.watched(manager.socket());

    private static ManagerBuilder options() {
        return FakeServer.builder().retries(2).ackTimeout(ACK_TIMEOUT);
    }

    private void use(ManagerBuilder builder) {
        manager = server.manager(builder);
        socket = server.watched(manager.socket());
    }

    private void connect() {
        socket.connect();
        server.run();
        answer(server.link(), "s1");
        server.logged();
        server.link().taken();
    }

    private static void answer(Link link, String sid) {
        link.opens();
        link.says("40{\"sid\":\"" + sid + "\"}");
    }

    /** The next link, on which the Socket has been let in. */
    private Link back() {
        Link next = server.awaitLink(Duration.ofSeconds(1));
        answer(next, "s2");
        return next;
    }

    /** What goes out for the try of an event without arguments; FakeServer's random numbers are all 0. */
    private static String sent(int count, String event) {
        return "42" + DeliveryId.of(0, count) + "[\"" + event + "\"]";
    }

    private void acknowledges(int count, String json) {
        server.link().says("43" + DeliveryId.of(0, count) + json);
    }

    private static Throwable failureOf(CompletableFuture<?> future) {
        assertThat(future).isCompletedExceptionally();
        return future.handle((value, failure) -> failure).join();
    }

    // ---- order

    @Test
    void sendsTheNextEventWhenTheOneBeforeIsAcknowledged() {
        connect();
        socket.emit("a");
        CompletableFuture<Integer> answer = socket.emitWithAck("b", Integer.class);
        socket.emit("c");
        server.run();
        assertThat(server.link().taken()).containsExactly(sent(0, "a"));
        acknowledges(0, "[]");
        assertThat(server.link().taken()).containsExactly(sent(1, "b"));
        acknowledges(1, "[7]");
        assertThat(answer).isCompletedWithValue(7);
        assertThat(server.link().taken()).containsExactly(sent(2, "c"));
        acknowledges(2, "[]");
        assertThat(server.link().taken()).isEmpty();
    }

    @Test
    void ignoresAnswersToWhatIsNotAsked() {
        connect();
        socket.emit("a");
        CompletableFuture<Integer> answer = socket.emitWithAck("b", Integer.class);
        server.run();
        acknowledges(1, "[1]");
        server.link().says("430[1]");
        acknowledges(7, "[1]");
        assertThat(server.link().taken()).containsExactly(sent(0, "a"));
        acknowledges(0, "[]");
        acknowledges(0, "[]");
        assertThat(server.link().taken()).containsExactly(sent(1, "b"));
        assertThat(answer).isNotDone();
        acknowledges(1, "[2]");
        assertThat(answer).isCompletedWithValue(2);
    }

    @Test
    void letsDroppableEventsPass() {
        connect();
        socket.emit("queued");
        server.run();
        socket.droppable().emit("x");
        server.run();
        CompletableFuture<Integer> answer = socket.droppable().emitWithAck("y", Integer.class);
        server.run();
        assertThat(server.link().taken()).containsExactly(sent(0, "queued"), "42[\"x\"]", "420[\"y\"]");
        server.link().says("430[5]");
        assertThat(answer).isCompletedWithValue(5);
        server.link().closes();
        socket.droppable().emit("nobody waits for it");
        assertThat(back().taken()).containsExactly("40", sent(0, "queued"));
    }

    @Test
    void drawsItsIdsAnewForEachSocket() {
        List<Long> drawn = new ArrayList<>(List.of(5L << 32, 6L << 32));
        use(options().random(() -> drawn.isEmpty() ? 0 : drawn.remove(0)));
        Socket chat = manager.socket("/chat").connect();
        connect();
        server.link().says("40/chat,{\"sid\":\"c1\"}");
        server.link().taken();
        socket.emit("x");
        chat.emit("x");
        server.run();
        assertThat(server.link().taken())
                .containsExactly("42" + DeliveryId.of(5, 0) + "[\"x\"]", "42/chat," + DeliveryId.of(6, 0) + "[\"x\"]");
    }

    // ---- no answer

    @Test
    void sendsAgainUnderTheSameIdWhenNoAnswerComes() {
        connect();
        CompletableFuture<String> answer = socket.emitWithAck("a", String.class);
        socket.emit("b");
        server.pass(ACK_TIMEOUT.minusMillis(1));
        assertThat(server.link().taken()).containsExactly(sent(0, "a"));
        server.pass(Duration.ofMillis(1));
        assertThat(server.link().taken()).containsExactly(sent(0, "a"));
        // What comes now may be the answer to the first try; it counts, and the second one is ignored.
        acknowledges(0, "[\"late\"]");
        assertThat(answer).isCompletedWithValue("late");
        assertThat(server.link().taken()).containsExactly(sent(1, "b"));
        acknowledges(0, "[\"later\"]");
        acknowledges(1, "[]");
        server.pass(ACK_TIMEOUT.multipliedBy(3));
        assertThat(server.link().taken()).isEmpty();
    }

    @Test
    void givesAnEventUpWhoseTriesAreUsedUpAndGoesOn() {
        socket.onDeliveryFailed(failure -> server.log.add(failure.event().name() + " "
                + failure.event().args().get(0, Integer.class) + " "
                + failure.cause().getMessage()));
        connect();
        socket.emit("a", 17);
        CompletableFuture<String> asked = socket.emitWithAck("b", String.class);
        socket.emit("c");
        server.pass(ACK_TIMEOUT.multipliedBy(3).minusMillis(1));
        String a = "42" + DeliveryId.of(0, 0) + "[\"a\",17]";
        assertThat(server.link().taken()).containsExactly(a, a, a);
        assertThat(server.logged()).isEmpty();
        server.pass(Duration.ofMillis(1));
        assertThat(server.logged()).containsExactly("a 17 operation has timed out");
        assertThat(server.link().taken()).containsExactly(sent(1, "b"));
        server.pass(ACK_TIMEOUT.multipliedBy(3));
        assertThat(failureOf(asked)).isInstanceOf(TimeoutException.class).hasMessage("operation has timed out");
        assertThat(server.logged()).isEmpty();
        acknowledges(1, "[\"too late\"]");
        assertThat(server.link().taken()).containsExactly(sent(1, "b"), sent(1, "b"), sent(2, "c"));
    }

    @Test
    void givesEachTryTheTimeThatItsEmitterSays() {
        connect();
        CompletableFuture<String> asked = socket.timeout(Duration.ofSeconds(1)).emitWithAck("a", String.class);
        socket.timeout(Duration.ofSeconds(2)).emit("b");
        server.pass(Duration.ofMillis(2999));
        assertThat(asked).isNotDone();
        server.pass(Duration.ofMillis(1));
        assertThat(failureOf(asked)).isInstanceOf(TimeoutException.class);
        server.link().taken();
        server.pass(Duration.ofMillis(1999));
        assertThat(server.link().taken()).isEmpty();
        server.pass(Duration.ofMillis(1));
        assertThat(server.link().taken()).containsExactly(sent(1, "b"));
    }

    @Test
    void tellsOutgoingListenersOfEachTry() {
        socket.onAnyOutgoing(event -> server.log.add("out " + event.name() + " " + event.expectsAck()));
        connect();
        socket.emit("a");
        server.pass(ACK_TIMEOUT);
        assertThat(server.logged()).containsExactly("out a false", "out a false");
    }

    // ---- no connection

    @Test
    void waitsForAConnectionWithoutLosingTime() {
        CompletableFuture<String> asked = socket.emitWithAck("a", String.class);
        socket.emit("b");
        server.pass(Duration.ofDays(1));
        socket.onConnect(() -> assertThat(server.link().received).contains(sent(0, "a")));
        socket.connect();
        server.run();
        answer(server.link(), "s1");
        assertThat(server.link().taken()).containsExactly("40", sent(0, "a"));
        server.pass(ACK_TIMEOUT.multipliedBy(3).minusMillis(1));
        assertThat(asked).isNotDone();
    }

    @Test
    void sendsTheHeadAgainAtOnceWhenItIsBack() {
        connect();
        CompletableFuture<String> asked = socket.emitWithAck("a", String.class);
        socket.emit("b");
        server.run();
        server.link().taken();
        server.pass(ACK_TIMEOUT.dividedBy(2));
        server.link().closes();
        server.pass(Duration.ofMillis(900));
        assertThat(asked).isNotDone();
        Link next = server.awaitLink(Duration.ofMillis(100));
        next.fails();
        // However long it takes: no try is made, and none is used up.
        next = server.awaitLink(Duration.ofSeconds(2));
        server.pass(Duration.ofSeconds(15));
        answer(next, "s2");
        assertThat(next.taken()).containsExactly("40", sent(0, "a"));
        acknowledges(0, "[\"yes\"]");
        assertThat(asked).isCompletedWithValue("yes");
        assertThat(next.taken()).containsExactly(sent(1, "b"));
    }

    @Test
    void countsTheTriesThatLossesInterrupt() {
        connect();
        CompletableFuture<String> asked = socket.emitWithAck("a", String.class);
        socket.emit("b");
        server.run();
        server.link().closes();
        back().closes();
        Link last = back();
        assertThat(last.taken()).containsExactly("40", sent(0, "a"));
        assertThat(asked).isNotDone();
        last.closes();
        assertThat(failureOf(asked))
                .isInstanceOf(DisconnectedException.class)
                .hasMessage("socket has been disconnected");
        assertThat(back().taken()).containsExactly("40", sent(1, "b"));
    }

    @Test
    void keepsItsQueueWhenTheApplicationLeaves() {
        connect();
        socket.emit("a");
        socket.emit("b");
        socket.disconnect();
        server.run();
        assertThat(server.link().taken()).containsExactly(sent(0, "a"), "41");
        socket.emit("c");
        server.pass(Duration.ofDays(1));
        socket.connect();
        server.run();
        answer(server.link(), "s2");
        for (int i = 0; i < 3; i++) {
            acknowledges(i, "[]");
        }
        assertThat(server.link().taken()).containsExactly("40", sent(0, "a"), sent(1, "b"), sent(2, "c"));
    }

    @Test
    void keepsItsQueueWhenItIsThrownOutAndWhenItIsRefused() {
        connect();
        socket.emit("a");
        server.run();
        server.link().says("41");
        socket.connect();
        server.run();
        server.link().opens();
        server.link().says("44{\"message\":\"no\"}");
        socket.connect();
        server.run();
        answer(server.link(), "s2");
        assertThat(server.link().taken()).containsExactly("40", sent(0, "a"));
    }

    @Test
    void doesNotTryOnAConnectionWhoseHeartbeatIsOverdue() {
        connect();
        // Time passes, but no timer runs: the machine was asleep.
        server.time.ticker().advance(Duration.ofHours(8));
        socket.emit("a");
        Link stale = server.link();
        server.run();
        assertThat(stale.taken()).isEmpty();
        Link next = back();
        assertThat(next.taken()).containsExactly("40", sent(0, "a"));
        server.pass(ACK_TIMEOUT.multipliedBy(2));
        assertThat(next.taken()).containsExactly(sent(0, "a"), sent(0, "a"));
    }

    /** A try that is one too many for the server ends its connection, and is lost with it. */
    @Test
    void survivesAServerThatReadsNothing() {
        use(options().retries(1000).maxBufferedBytes(1000));
        connect();
        server.writesComplete = false;
        socket.emit("a", "x".repeat(600));
        server.pass(ACK_TIMEOUT.multipliedBy(3));
        assertThat(server.logged()).startsWith("S.disconnect transport error", "M.close transport error");
        server.writesComplete = true;
        String a = "42" + DeliveryId.of(0, 0) + "[\"a\",\"" + "x".repeat(600) + "\"]";
        Link next = back();
        assertThat(next.taken()).containsExactly("40", a);
        acknowledges(0, "[]");
        socket.emit("b");
        server.run();
        assertThat(next.taken()).containsExactly(sent(1, "b"));
    }

    // ---- limits, and the end

    @Test
    void keepsNoMorePacketsThanItMayThoughItIsConnected() {
        use(options().maxBufferedPackets(2));
        connect();
        socket.emit("a");
        socket.emit("b");
        server.run();
        assertThatThrownBy(() -> socket.emit("c"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("more than maxBufferedPackets wait to be sent: 2");
        assertThat(failureOf(socket.emitWithAck("c", String.class))).isInstanceOf(IllegalStateException.class);
        socket.droppable().emit("passes");
        acknowledges(0, "[]");
        socket.emit("d");
        server.pass(ACK_TIMEOUT.multipliedBy(3));
        socket.emit("e");
        server.run();
        assertThat(server.link().taken()).contains("42[\"passes\"]").last().isEqualTo(sent(2, "d"));
    }

    @Test
    void keepsNoMoreBytesThanItMayThoughItIsConnected() {
        use(options().maxBufferedBytes(1000));
        connect();
        socket.emit("a", "x".repeat(500));
        server.run();
        assertThatThrownBy(() -> socket.emit("b", "x".repeat(500)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("more than maxBufferedBytes wait to be sent: 1000");
        acknowledges(0, "[]");
        socket.emit("b", "x".repeat(500));
    }

    @Test
    void failsAllThatWaitsWhenTheManagerIsClosed() throws Exception {
        socket.onDeliveryFailed(failure ->
                server.log.add(failure.event().name() + " " + failure.cause().getMessage()));
        connect();
        socket.emit("on its way");
        CompletableFuture<String> asked = socket.emitWithAck("waiting", String.class);
        socket.emit("last");
        server.run();
        close(manager);
        assertThat(server.link().taken()).containsExactly(sent(0, "on its way"), "41");
        assertThat(failureOf(asked)).isInstanceOf(DisconnectedException.class);
        assertThat(server.logged())
                .containsExactly(
                        "M.close forced close",
                        "S.disconnect io client disconnect",
                        "on its way socket has been disconnected",
                        "last socket has been disconnected");
        assertThat(server.time.pending()).isZero();
    }

    private void close(Manager closing) throws InterruptedException {
        Thread closer = new Thread(closing::close);
        closer.start();
        dev.bowline.testkit.Eventually.await("the close to reach the loop", () -> {
            server.run();
            return !closer.isAlive();
        });
        closer.join();
        server.run();
    }

    @Test
    void logsWhatNobodyIsToldWithoutItsContents() throws Exception {
        List<String> logged = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                logged.add(line.getLevel() + " " + line.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(RetryQueue.class.getName());
        logger.addHandler(handler);
        try {
            connect();
            CompletableFuture<String> asked = socket.emitWithAck("asked", String.class, "secret");
            server.pass(ACK_TIMEOUT.multipliedBy(3));
            assertThat(asked).isCompletedExceptionally();
            assertThat(logged).isEmpty();
            socket.emit("a", "secret");
            socket.emit("b", "secret");
            socket.emit("c", "secret");
            server.pass(ACK_TIMEOUT.multipliedBy(3));
            assertThat(logged).containsExactly("WARNING \"a\" was given up after 3 tries: operation has timed out");
            logged.clear();
            close(manager);
            assertThat(logged)
                    .containsExactly("WARNING events that were not acknowledged when the Manager was closed: 2");
        } finally {
            logger.removeHandler(handler);
        }
    }
}
