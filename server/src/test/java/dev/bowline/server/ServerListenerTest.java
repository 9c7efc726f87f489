package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.engine.CloseReason;
import dev.bowline.core.engine.OutboundPolicy;
import dev.bowline.core.engine.TransportName;
import dev.bowline.server.transport.EngineConnection;
import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.Refusal;
import dev.bowline.testkit.Recorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What those hear who watch a server, and in which order. */
class ServerListenerTest {
    private static final String IN = "40{\"sid\":\"<sid>\"}";

    private final ManualLoop loop = new ManualLoop();
    private final Recorder<String> news = new Recorder<>(Duration.ZERO);
    private final List<Socket> sockets = new ArrayList<>();
    private final SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
            .dispatch(Dispatch.onEventLoop())
            .maxQueuedEvents(2)
            .maxNamespacesPerConnection(2)
            .maxAuthBytes(20)
            .outboundPolicy(OutboundPolicy.DROP_NEWEST)
            .listener(new Failing())
            .listener(new Scribe())
            .build());

    /** Throws whatever it is told. */
    private static final class Failing implements ServerListener {
        @Override
        public void connectionOpened(ConnectionInfo connection) {
            throw new AssertionError("expected by the test");
        }

        @Override
        public void eventHandled(HandledEvent event) {
            throw new IllegalStateException("expected by the test");
        }

        @Override
        public void connectionClosed(ConnectionInfo connection, CloseReason reason, Duration lasted) {
            throw new StackOverflowError();
        }
    }

    /** Writes down what it is told; times are real here, so only that they are no nonsense. */
    private final class Scribe implements ServerListener {
        @Override
        public void connectionOpened(ConnectionInfo connection) {
            news.accept("opened " + connection.number() + " " + connection.transport() + " "
                    + connection.request().url());
        }

        @Override
        public void connectionUpgraded(ConnectionInfo connection, TransportName from, TransportName to) {
            news.accept("upgraded " + connection.number() + " " + from + " " + to + " " + connection.transport());
        }

        @Override
        public void connectionClosed(ConnectionInfo connection, CloseReason reason, Duration lasted) {
            assertThat(lasted).isBetween(Duration.ZERO, Duration.ofHours(1));
            news.accept("closed " + connection + " " + reason);
        }

        @Override
        public void requestRefused(HttpRequestHead request, Refusal refusal) {
            news.accept("refused " + refusal.message());
        }

        @Override
        public void pingAnswered(ConnectionInfo connection, long roundTripNanos) {
            news.accept("pong " + connection.number() + " " + Duration.ofNanos(roundTripNanos));
        }

        @Override
        public void messageReceived(ConnectionInfo connection, int bytes) {
            news.accept("message of " + bytes);
        }

        @Override
        public void readingPaused(ConnectionInfo connection) {
            news.accept("paused");
        }

        @Override
        public void readingResumed(ConnectionInfo connection, Duration paused) {
            assertThat(paused).isBetween(Duration.ZERO, Duration.ofHours(1));
            news.accept("resumed");
        }

        @Override
        public void outboundLimitReached(ConnectionInfo connection, OutboundPolicy policy, int packets, long bytes) {
            news.accept("limit " + policy + " " + packets + " of " + bytes);
        }

        @Override
        public void socketJoined(ConnectionInfo connection, Socket socket) {
            news.accept(
                    "joined " + connection.number() + " " + socket.namespace().name() + " " + socket.connected());
        }

        @Override
        public void socketRefused(ConnectionInfo connection, String namespace, EntryRefusal cause) {
            news.accept("not let into " + namespace + " " + cause);
        }

        @Override
        public void socketLeft(ConnectionInfo connection, Socket socket, DisconnectReason reason, Duration lasted) {
            assertThat(lasted).isBetween(Duration.ZERO, Duration.ofHours(1));
            news.accept("left " + socket.namespace().name() + " " + reason.text());
        }

        @Override
        public void eventHandled(HandledEvent event) {
            assertThat(event.waitedNanos()).isNotNegative();
            assertThat(event.handledNanos()).isNotNegative();
            news.accept("handled " + event.name() + " of " + event.bytes()
                    + event.failure().map(failure -> " " + failure.getMessage()).orElse(""));
        }

        @Override
        public void eventSent(Socket socket, String name, int bytes) {
            news.accept("sent " + name + " of " + bytes);
        }

        @Override
        public void broadcastSent(Namespace namespace, String name, int bytes, int receivers) {
            news.accept("broadcast " + namespace.name() + " " + name + " of " + bytes + " to " + receivers);
        }
    }

    @AfterEach
    void close() {
        io.close();
        loop.run();
    }

    private void expect(String... expected) {
        loop.run();
        assertThat(news.all()).containsExactly(expected);
    }

    private Peer enter() {
        io.onConnection(sockets::add);
        Peer peer = Peer.connect(io, loop).send("40");
        peer.expect(IN);
        return peer;
    }

    @Test
    void hearsOfALifeInOrder() {
        Peer peer = enter();
        sockets.get(0).onEvent("say", (args, ack) -> sockets.get(0).emit("said", 1));
        peer.send("42[\"say\",\"x\"]");
        loop.advance(Duration.ofSeconds(25));
        loop.advance(Duration.ofSeconds(2));
        peer.send("3", "3");
        io.to("nobody").emit("n");
        io.emit("all", new byte[3]);
        peer.cut();
        expect(
                "opened 1 websocket /socket.io/?EIO=4&transport=websocket",
                "message of 1",
                "joined 1 / true",
                "message of 12",
                "sent said of 12",
                "handled say of 11",
                "pong 1 PT2S",
                "broadcast / n of 7 to 0",
                "broadcast / all of 44 to 1",
                "left / transport close",
                "closed connection 1 transport close");
    }

    @Test
    void hearsOfAnUpgrade() {
        var websocket = new Peer(loop);
        loop.call(() -> {
            EngineConnection polling = io.engine()
                    .open(Peer.request("polling"), "x".repeat(20), loop, null)
                    .orElseThrow();
            polling.probe(websocket, loop, () -> websocket.attach(polling));
        });
        websocket.send("2probe", "5");
        websocket.cut();
        expect(
                "opened 1 polling /socket.io/?EIO=4&transport=polling",
                "upgraded 1 polling websocket websocket",
                "closed connection 1 transport close");
    }

    @Test
    void hearsWhyAnEventFailed() {
        Peer peer = enter();
        sockets.get(0).onEvent("bad", (args, ack) -> {
            throw new IllegalStateException("first");
        });
        sockets.get(0).onEvent("bad", (args, ack) -> {
            throw new IllegalStateException("second");
        });
        sockets.get(0).on("typed", Integer.class, number -> {});
        sockets.get(0).use((event, args) -> {
            if (event.equals("stopped")) {
                throw new IllegalStateException("not here");
            }
        });
        peer.send("42[\"bad\"]")
                .send("42[\"typed\",\"x\"]")
                .send("42[\"stopped\"]")
                .send("42[\"good\"]");
        loop.run();
        assertThat(news.all())
                .filteredOn(line -> line.startsWith("handled"))
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("handled bad of 7 first"),
                        line -> assertThat(line).startsWith("handled typed of 13 "),
                        line -> assertThat(line).isEqualTo("handled stopped of 11 not here"),
                        line -> assertThat(line).isEqualTo("handled good of 8"));
    }

    @Test
    void hearsWhoIsNotLetInAndWhy() {
        io.of("/closed").use(socket -> {
            throw new ConnectionRefusedException("no");
        });
        io.of("/a");
        io.of("/b");
        Peer peer = enter();
        peer.send("40/nowhere,").send("40/closed,").send("40/a,{\"token\":\"0123456789\"}");
        peer.send("40/a,").send("40/b,");
        io.engine().refused(Peer.request("polling"), Refusal.SERVER_FULL.because(Map.of("why", "test")));
        loop.run();
        assertThat(news.all())
                .filteredOn(line -> line.contains("let into") || line.startsWith("refused"))
                .containsExactly(
                        "not let into /nowhere UNKNOWN_NAMESPACE",
                        "not let into /closed MIDDLEWARE",
                        "not let into /a AUTH_TOO_LARGE",
                        "not let into /b TOO_MANY_NAMESPACES",
                        "refused Server full");
    }

    @Test
    void hearsOfBackPressureBothWays() {
        Peer peer = enter();
        sockets.get(0).onEvent("e", (args, ack) -> {});
        peer.send("42[\"e\"]", "42[\"e\"]");
        peer.stall((1 << 20) + 1);
        sockets.get(0).emit("x");
        loop.run();
        assertThat(news.all()).contains("paused", "resumed", "limit DROP_NEWEST 1 of 7");
        assertThat(news.all().indexOf("paused")).isLessThan(news.all().indexOf("resumed"));
    }

    @Test
    void costsNoMoreThanAComparisonWhereNobodyWatches() {
        assertThat(SocketIoServer.create().observers()).isNull();
        assertThat(io.observers()).isNotNull();
    }
}
