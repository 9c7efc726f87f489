package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.NettyServer;
import dev.bowline.server.AnyHandler;
import dev.bowline.server.Broadcaster;
import dev.bowline.server.EventHandler;
import dev.bowline.server.Namespace;
import dev.bowline.server.ParentNamespace;
import dev.bowline.server.RemoteSocket;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * What the API of the server does, as the official JavaScript client sees it, over each transport. What the client does
 * and expects is the check of the same name in {@code js-client.mjs}.
 */
@ParameterizedClass
@ValueSource(strings = {"websocket", "polling", "upgrade"})
class JsServerApiTest {
    private final SocketIoServer io = SocketIoServer.create(
            ServerOptions.builder().cleanupEmptyChildNamespaces(true).build());
    private final NettyServer http = NettyServer.bind(io, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    private final NodeProcess client;

    JsServerApiTest(String transport) {
        ParentNamespace tenants = io.of(Pattern.compile("/tenant-\\d+"))
                .onConnection(socket -> socket.onRequest(
                        "where", Void.class, nothing -> socket.namespace().name()));
        io.of((name, handshake) -> name.equals("/club")
                        && handshake.auth("invitation", String.class).isPresent())
                .onConnection(socket -> club(socket, tenants));
        io.onConnection(socket -> socket.onEvent("echo", (args, ack) -> ack.send()));
        io.onConnection(JsServerApiTest::guard);
        io.onConnection(this::gather);
        io.onConnection(JsServerApiTest::watch);
        io.onConnection(JsServerApiTest::count);
        client = NodeProcess.start("js-client.mjs", "http://127.0.0.1:" + http.port(), transport);
    }

    @AfterEach
    void close() {
        client.close();
        http.close();
    }

    private void club(Socket socket, Broadcaster tenants) {
        socket.onRequest("tell tenants", String.class, text -> {
            tenants.emit("all tenants", text);
            return true;
        });
        socket.onRequest("namespaces until", Integer.class, count -> {
            Eventually.await(count + " namespaces", () -> io.namespaces().size() == count);
            return io.namespaces().stream().map(Namespace::name).toList();
        });
    }

    private static void guard(Socket socket) {
        var stopped = new AtomicInteger();
        socket.onError(error -> stopped.incrementAndGet());
        socket.use((event, args) -> {
            if (event.equals("guarded") && !args.node(0).asString().equals("right")) {
                throw new SecurityException("wrong");
            }
        });
        socket.onRequest("guarded", String.class, word -> "passed");
        socket.onRequest("stopped", Void.class, nothing -> stopped.get());
    }

    private void gather(Socket socket) {
        socket.onRequest("join", String.class, room -> {
            socket.join(room);
            return true;
        });
        socket.onRequest(
                "ask all",
                Long.class,
                String.class,
                (millis, text) -> io.timeout(Duration.ofMillis(millis))
                        .to("asked")
                        .emitWithAck("question", JsonNode.class, text)
                        .thenApply(answers -> Map.of("values", answers.values(), "silent", answers.silentSockets())));
        socket.onRequest("look up", String.class, this::names);
        socket.onRequest("move", String[].class, String.class, (ids, room) -> {
            io.to(List.of(ids)).socketsJoin(room);
            return true;
        });
        socket.onRequest(
                "ask remotely",
                String.class,
                String.class,
                (id, name) -> io.in(id)
                        .fetchSockets()
                        .thenCompose(found -> found.get(0).emitWithAck("are you", String.class, name)));
        socket.onRequest("throw out", String.class, id -> {
            io.in(id).disconnectSockets();
            return true;
        });
        socket.onRequest("transport", Void.class, nothing -> socket.transport().text());
        socket.onRequest("with flags", String.class, text -> {
            socket.send("a message", 2);
            io.to(socket.id()).compress(false).emit("plain", text);
            io.to(socket.id()).droppable().emit("volatile");
            io.local().to(socket.id()).compress(false).emit("local", text);
            return true;
        });
    }

    private CompletionStage<List<String>> names(String room) {
        return io.in(room)
                .fetchSockets()
                .thenApply(found -> found.stream()
                        .map(RemoteSocket::handshake)
                        .map(handshake -> handshake.auth("name", String.class).orElse("?"))
                        .toList());
    }

    private static void watch(Socket socket) {
        List<String> seen = new CopyOnWriteArrayList<>();
        AnyHandler watcher = (event, args) -> seen.add(event);
        socket.onRequest("watch", Void.class, nothing -> {
            socket.onAnyOutgoing(watcher);
            return true;
        });
        socket.onRequest("say", String.class, word -> {
            if (word.equals("broadcast")) {
                socket.namespace().to(socket.id()).emit(word);
            } else {
                socket.emit(word);
            }
            return true;
        });
        socket.onRequest("watched", Integer.class, count -> {
            socket.offAnyOutgoing(watcher);
            return seen.subList(0, count);
        });
    }

    private static void count(Socket socket) {
        var once = new AtomicInteger();
        var twice = new AtomicInteger();
        socket.onceEvent("once", (args, ack) -> once.incrementAndGet());
        EventHandler[] handler = new EventHandler[1];
        handler[0] = (args, ack) -> {
            if (twice.incrementAndGet() == 2) {
                socket.off("twice", handler[0]);
            }
        };
        socket.onEvent("twice", handler[0]);
        socket.onRequest("counts", Void.class, nothing -> List.of(once.get(), twice.get()));
    }

    private void check(String name) {
        client.say(name);
        assertThat(client.awaitLine(line -> line.startsWith("passed " + name) || line.startsWith("failed")))
                .isEqualTo("passed " + name);
    }

    @Test
    void namespacesComeToBeWhereParentsWantThem() {
        check("namespacesComeToBeWhereParentsWantThem");
    }

    @Test
    void aMiddlewareOfEventsStopsThem() {
        check("aMiddlewareOfEventsStopsThem");
    }

    @Test
    void aBroadcastGathersAnswersAndNamesTheSilent() {
        check("aBroadcastGathersAnswersAndNamesTheSilent");
    }

    @Test
    void socketsAreLookedUpMovedAndThrownOut() {
        check("socketsAreLookedUpMovedAndThrownOut");
    }

    @Test
    void flagsDoNotChangeWhatArrives() {
        check("flagsDoNotChangeWhatArrives");
    }

    @Test
    void theServerSeesAllThatGoesOut() {
        check("theServerSeesAllThatGoesOut");
    }

    @Test
    void aHandlerIsCalledOnceOrUntilItIsRemoved() {
        check("aHandlerIsCalledOnceOrUntilItIsRemoved");
    }
}
