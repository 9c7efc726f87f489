package dev.bowline.interop.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.client.Manager;
import dev.bowline.client.Reconnection;
import dev.bowline.client.Socket;
import dev.bowline.interop.NodeProcess;
import dev.bowline.interop.client.NodeServer.Way;
import dev.bowline.testkit.Recorder;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bowline's client and servers of Node that are not quite what it expects: without Socket.IO, or with another parser. */
class ClientOfOtherServersTest {
    private static Reconnection quickly() {
        return Reconnection.defaults().withDelay(Duration.ofMillis(20)).withMaxDelay(Duration.ofMillis(20));
    }

    /** The layer below alone: Node's engine.io. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void keepsAConnectionToAnEngineWithoutSockets(Way way) {
        var seen = new Recorder<String>();
        try (NodeProcess node = NodeProcess.start("engine-server.mjs", "{\"pingInterval\":100,\"pingTimeout\":2000}");
                Manager manager = Manager.builder(URI.create("http://127.0.0.1:" + node.awaitPort()))
                        .path("/engine.io")
                        .transports(way.transports())
                        .reconnection(quickly())
                        .build()) {
            manager.onOpen(() -> seen.accept("open"));
            manager.onPing(() -> seen.accept("ping"));
            manager.onUpgrade(transport -> seen.accept("upgrade " + transport));
            manager.onClose(reason -> seen.accept("close " + reason));
            manager.onReconnect(attempt -> seen.accept("reconnect " + attempt));
            manager.connect();
            seen.expectNext("open");
            node.awaitLine("connection " + (way == Way.WEBSOCKET ? "websocket" : "polling"));
            if (way == Way.UPGRADE) {
                seen.await("upgrade websocket"::equals);
                node.awaitLine("upgrade websocket");
            }
            for (int i = 0; i < 3; i++) {
                seen.await("ping"::equals);
                node.awaitLine("pong");
            }
            node.say("close");
            seen.await("close transport close"::equals);
            seen.await("reconnect 1"::equals);
            node.awaitLine("connection");
            // What is no packet of Socket.IO ends a connection, and another one begins.
            node.say("nonsense");
            seen.await("close parse error"::equals);
            seen.await("reconnect 1"::equals);
            node.awaitLine("connection");
            manager.disconnect();
            seen.await("close forced close"::equals);
            node.awaitLine("close transport close");
        }
    }

    /** The server closes the connection without a word. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void saysThatAServerWithAnotherParserMayBeTheReason(Way way) {
        try (NodeServer server = new NodeServer("{\"msgpack\":true}")) {
            Manager manager = server.manager(server.builder(way));
            Socket socket = server.watched(manager.socket()).connect();
            String error = server.seen().await(line -> line.startsWith("connect_error"));
            assertThat(error).contains("instead of answering CONNECT", "msgpack");
            assertThat(socket.connected()).isFalse();
            assertThat(socket.active()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void sendsBinaryValuesAsTextWhereItMust(Way way) throws Exception {
        try (NodeServer server = new NodeServer("{}")) {
            Socket socket =
                    server.connected(way, server.manager(server.builder(way).forceBase64(true)));
            byte[] bytes = {0, -1, 2, 3, 4};
            assertThat(socket.emitWithAck("echo", byte[].class, (Object) bytes).get(20, TimeUnit.SECONDS))
                    .isEqualTo(bytes);
        }
    }
}
