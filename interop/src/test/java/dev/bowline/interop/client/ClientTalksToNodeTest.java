package dev.bowline.interop.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.client.ConnectError;
import dev.bowline.client.Manager;
import dev.bowline.client.Socket;
import dev.bowline.core.engine.TransportName;
import dev.bowline.core.packet.Args;
import dev.bowline.interop.client.NodeServer.Way;
import dev.bowline.testkit.Recorder;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;

/** Bowline's client against Node's socket.io 4.8.4: what is said in good times. */
class ClientTalksToNodeTest {
    private static final TypeReference<Map<String, Object>> SEEN = new TypeReference<>() {};
    private static NodeServer server;
    private final List<Manager> managers = new ArrayList<>();

    @BeforeAll
    static void start() {
        server = new NodeServer("{\"maxHttpBufferSize\":20000}");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void leave() {
        managers.forEach(Manager::close);
        server.forget();
    }

    private Manager manager(Way way) {
        Manager manager = server.manager(server.builder(way));
        managers.add(manager);
        return manager;
    }

    private Socket connected(Way way) {
        return server.connected(way, manager(way));
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void exchangesEventsAndAcknowledgementsOverEveryTransport(Way way) throws Exception {
        Socket socket = connected(way);
        Recorder<List<String>> echoes = new Recorder<>();
        socket.onEvent("echo", event -> {
            List<String> args = new ArrayList<>();
            for (int i = 0; i < event.args().size(); i++) {
                args.add(event.args().json(i).utf8());
            }
            echoes.accept(args);
        });
        socket.emit("echo");
        socket.emit("echo", "žluťoučký 🐎 \u001e\u2028", -1.5, true, null, List.of(1, 2), Map.of("a", "b"));
        echoes.expectNext(List.of());
        assertThat(echoes.next())
                .hasSize(6)
                .contains("-1.5", "true", "null", "[1,2]", "{\"a\":\"b\"}")
                .first()
                .asString()
                .contains("žluťoučký 🐎");

        assertThat(get(socket.emitWithAck("echo", String.class, "a\u001eb"))).isEqualTo("a\u001eb");
        Args all = get(socket.emitWithAck("echo", Args.class, 1, "two"));
        assertThat(all.get(1, String.class)).isEqualTo("two");
        assertThat(get(socket.emitWithAck("who", SEEN)))
                .containsEntry("id", socket.id().orElseThrow())
                .containsEntry("transport", way.endsOn().text());
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void exchangesBinaryValuesWhereverTheyStand(Way way) throws Exception {
        Socket socket = connected(way);
        byte[] first = {0, 1, 2};
        byte[] second = new byte[3000];
        Arrays.fill(second, (byte) -1);
        CompletableFuture<Args> received = new CompletableFuture<>();
        socket.onceEvent("echo", event -> received.complete(event.args()));
        socket.emit("echo", first, Map.of("deep", List.of(second, new byte[0])));
        Args args = get(received);
        assertThat(args.get(0, byte[].class)).isEqualTo(first);
        assertThat(args.node(1).path("deep").path(0).binaryValue()).isEqualTo(second);
        assertThat(args.node(1).path("deep").path(1).binaryValue()).isEmpty();
        assertThat(get(socket.emitWithAck("echo", byte[].class, (Object) second)))
                .isEqualTo(second);
    }

    @Test
    void answersTheServersRequests() {
        Socket socket = connected(Way.WEBSOCKET);
        Recorder<String> answers = new Recorder<>();
        socket.on("asked", String.class, answers);
        socket.onRequest("upper", String.class, text -> text.toUpperCase(java.util.Locale.ROOT));
        socket.onRequest("later", String.class, text -> CompletableFuture.completedStage(text + "!"));
        socket.onEvent("never", event -> {});
        socket.emit("ask", "upper", "hello");
        answers.expectNext("HELLO");
        socket.emit("ask", "later", "hello");
        answers.expectNext("hello!");
        socket.emit("ask", "never");
        answers.expectNext("failed: operation has timed out");
    }

    @Test
    void givesUpWaitingForAnAnswer() {
        Socket socket = connected(Way.WEBSOCKET);
        CompletableFuture<String> answer =
                socket.timeout(Duration.ofMillis(100)).emitWithAck("silent", String.class);
        assertThatThrownBy(() -> get(answer))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(TimeoutException.class)
                .hasMessageContaining("operation has timed out");
    }

    @Test
    void letsAHandlerWaitForAnAnswer() throws Exception {
        Socket socket = connected(Way.WEBSOCKET);
        CompletableFuture<String> outcome = new CompletableFuture<>();
        socket.on(
                "echo",
                String.class,
                text -> outcome.complete(
                        socket.emitWithAck("echo", String.class, "waited").join()));
        socket.emit("echo", "go");
        assertThat(get(outcome)).isEqualTo("waited");
    }

    @Test
    void usesSeveralNamespacesOverOneConnection() throws Exception {
        Manager manager = manager(Way.WEBSOCKET);
        Socket main = server.connected(Way.WEBSOCKET, manager);
        Socket chat = server.watched(manager.socket("/chat")).connect();
        server.seen().await("connect"::equals);
        assertThat(chat.id()).isNotEqualTo(main.id());
        assertThat(get(chat.emitWithAck("echo", Integer.class, 7))).isEqualTo(7);
        main.disconnect();
        server.seen().await("disconnect io client disconnect"::equals);
        assertThat(get(chat.emitWithAck("echo", Integer.class, 8))).isEqualTo(8);
        main.connect();
        server.seen().await("connect"::equals);
        assertThat(get(main.emitWithAck("echo", Integer.class, 9))).isEqualTo(9);
    }

    @Test
    void showsItsAuthQueryAndHeaders() throws Exception {
        Manager manager = server.manager(server.builder(Way.POLLING)
                .auth(Map.of("token", "secret"))
                .query("mode", "a b&c")
                .header("X-Test", "here"));
        managers.add(manager);
        Map<String, Object> seen = get(server.connected(Way.POLLING, manager).emitWithAck("who", SEEN));
        assertThat(seen.get("auth")).isEqualTo(Map.of("token", "secret"));
        assertThat(seen.get("query").toString()).contains("from=test", "mode=a b&c", "EIO=4", "transport=polling");
        assertThat(seen.get("headers").toString()).contains("x-test=here").doesNotContain("upgrade");
        server.watched(manager.socket("/guarded")).connect();
        server.seen().await("connect"::equals);
    }

    @Test
    void keepsCookiesWhereItIsToldTo() throws Exception {
        Manager with = server.manager(server.builder(Way.UPGRADE).cookies(true));
        managers.add(with);
        with.socket().connect();
        Manager sticky = with;
        dev.bowline.testkit.Eventually.await(
                "the upgrade", () -> sticky.transport().equals(java.util.Optional.of(TransportName.WEBSOCKET)));
        with.disconnect();
        with.connect();
        Map<String, Object> seen = get(with.socket().emitWithAck("who", SEEN));
        assertThat(seen.get("headers").toString())
                .contains("cookie=sticky=here")
                .doesNotContain("gone");
        Map<String, Object> without = get(connected(Way.POLLING).emitWithAck("who", SEEN));
        assertThat(without.get("headers").toString()).doesNotContain("cookie");
    }

    @Test
    void isRefusedByAMiddlewareWithData() throws Exception {
        Manager manager = manager(Way.WEBSOCKET);
        Socket socket = server.watched(manager.socket("/guarded"));
        CompletableFuture<ConnectError> refusal = new CompletableFuture<>();
        socket.onConnectError(refusal::complete);
        socket.connect();
        ConnectError error = get(refusal);
        assertThat(error.message()).isEqualTo("not authorized");
        assertThat(error.refused()).isTrue();
        assertThat(error.data(JsonNode.class).orElseThrow().path("code").stringValue())
                .isEqualTo("E17");
        assertThat(socket.active()).isFalse();
        dev.bowline.testkit.Eventually.await("the close", () -> manager.state() == Manager.State.CLOSED);
        // Asked again with the right word, the server lets it in.
        socket.auth(() -> Map.of("token", "secret")).connect();
        server.seen().await("connect"::equals);
    }

    @Test
    void isRefusedWhereThereIsNoSuchNamespace() {
        server.watched(manager(Way.POLLING).socket("/nowhere")).connect();
        server.seen().await("connect_error Invalid namespace"::equals);
    }

    @Test
    void receivesWhatAMiddlewareEmitsBeforeItIsConnected() {
        Socket socket = server.watched(manager(Way.WEBSOCKET).socket("/early"));
        socket.on("early", Integer.class, value -> server.seen().accept("early " + value));
        socket.connect();
        assertThat(server.seen().await(line -> line.startsWith("early") || line.equals("connect")))
                .isEqualTo("early 1");
        server.seen().await("connect"::equals);
    }

    @Test
    void leavesANamespaceThatLetsItInTooLate() {
        Manager manager = manager(Way.WEBSOCKET);
        Socket main = server.connected(Way.WEBSOCKET, manager);
        Socket slow = manager.socket("/slow").connect();
        dev.bowline.testkit.Eventually.await("the wish", slow::active);
        slow.disconnect();
        server.node().awaitLine("connection /slow");
        server.node().awaitLine("disconnect /slow");
        assertThat(main.connected()).isTrue();
    }

    @Test
    void asksForOneConnectHoweverOftenItIsWanted() throws Exception {
        Manager manager = manager(Way.WEBSOCKET);
        Socket slow = server.watched(manager.socket("/slow"));
        for (int i = 0; i < 5; i++) {
            slow.connect();
        }
        dev.bowline.testkit.Eventually.await("the connection", () -> manager.state() == Manager.State.OPEN);
        slow.connect().connect();
        server.seen().await("connect"::equals);
        assertThat(get(slow.emitWithAck("echo", Integer.class, 1))).isEqualTo(1);
    }

    @Test
    void cutsPostsAtMaxPayload() throws Exception {
        Socket socket = server.watched(manager(Way.POLLING).socket());
        for (int i = 0; i < 20; i++) {
            socket.emit("count", i, "x".repeat(3000));
        }
        socket.emit("echo", new byte[14_000]);
        socket.emit("count", 20);
        socket.connect();
        server.seen().await("connect"::equals);
        assertThat(get(socket.emitWithAck("counted", Integer.class))).isEqualTo(21);
        List<String> posts = server.node().lines().stream()
                .filter(l -> l.startsWith("post "))
                .toList();
        assertThat(posts)
                .allSatisfy(line -> assertThat(Integer.parseInt(line.substring(5, line.lastIndexOf(' '))))
                        .isLessThanOrEqualTo(20_000));
        assertThat(posts).anySatisfy(line -> assertThat(line).endsWith(" 6"));
    }

    @Test
    void losesNothingWhileItUpgrades() throws Exception {
        for (int round = 0; round < 3; round++) {
            Manager manager = manager(Way.UPGRADE);
            Socket socket = server.watched(manager.socket());
            List<Integer> drops = java.util.Collections.synchronizedList(new ArrayList<>());
            socket.on("drop", Integer.class, drops::add);
            socket.connect();
            server.seen().await("connect"::equals);
            socket.emit("flood", 1000);
            for (int i = 0; i < 1000; i++) {
                socket.emit("count", i);
            }
            assertThat(get(socket.emitWithAck("counted", Integer.class))).isEqualTo(1000);
            dev.bowline.testkit.Eventually.await("all drops", () -> drops.size() >= 1000);
            assertThat(drops)
                    .isEqualTo(java.util.stream.IntStream.range(0, 1000).boxed().toList());
            dev.bowline.testkit.Eventually.await(
                    "the upgrade", () -> manager.transport().equals(java.util.Optional.of(TransportName.WEBSOCKET)));
            manager.close();
        }
        assertThat(server.node().lines()).noneMatch(line -> line.startsWith("out of order"));
    }

    @Test
    void writesWhatWasEmittedBeforeItLeaves() {
        for (Way way : Way.values()) {
            Manager manager = manager(way);
            Socket socket = server.connected(way, manager);
            socket.emit("last words");
            manager.close();
            server.node().awaitLine("heard / last words");
            server.node().awaitLine(line -> line.endsWith("client namespace disconnect"));
        }
    }

    @Test
    void takesTheOtherTransportWhereTheFirstIsNotServed() {
        try (NodeServer pollingOnly = new NodeServer("{\"transports\":[\"polling\"]}");
                Manager manager = Manager.builder(URI.create("http://127.0.0.1:" + pollingOnly.port()))
                        .transports(TransportName.WEBSOCKET, TransportName.POLLING)
                        .tryAllTransports(true)
                        .build()) {
            pollingOnly.watched(manager.socket()).connect();
            pollingOnly.seen().expectNext("connect");
            assertThat(manager.transport()).contains(TransportName.POLLING);
        }
    }
}
