package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.engine.Bytes;
import dev.bowline.netty.NettyServer;
import dev.bowline.server.ConnectionRefusedException;
import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The official JavaScript client talks to Bowline's server, over each transport. What the client does and expects is
 * the check of the same name in {@code js-client.mjs}.
 */
@ParameterizedClass
@ValueSource(strings = {"websocket", "polling", "upgrade"})
class JsClientTest {
    private record Extras(boolean milk, double price, List<String> notes) {}

    private record Picture(String name, Bytes data, List<Bytes> more) {}

    private final SocketIoServer io = SocketIoServer.create();
    private final NettyServer http = NettyServer.bind(io, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    private final NodeProcess client;

    JsClientTest(String transport) {
        io.onConnection(JsClientTest::talk);
        io.onConnection(this::share);
        io.of("/admin")
                .onConnection(socket -> socket.onEvent(
                        "tell",
                        (args, ack) ->
                                io.of("/admin").emit("told", socket.namespace().name())));
        io.of("/guarded").use(socket -> {
            String token = socket.handshake().auth("token", String.class).orElse("");
            if (!token.equals("right")) {
                throw new ConnectionRefusedException("not you", Map.of("code", 4711, "tried", token));
            }
        });
        client = NodeProcess.start("js-client.mjs", "http://127.0.0.1:" + http.port(), transport);
    }

    @AfterEach
    void close() {
        client.close();
        http.close();
    }

    private static void talk(Socket socket) {
        socket.onEvent("echo", (args, ack) -> {
            Object[] all = new Object[args.size()];
            for (int i = 0; i < all.length; i++) {
                all[i] = args.node(i);
            }
            ack.send(all);
        });
        socket.onEvent("order", (args, ack) -> {
            int amount = java.util.Objects.requireNonNull(args.get(1, Integer.class));
            Extras extras = java.util.Objects.requireNonNull(args.get(2, Extras.class));
            var notes = new java.util.ArrayList<>(extras.notes());
            notes.add("thanks");
            socket.emit(
                    "order",
                    args.get(0, String.class) + "×" + amount,
                    amount * 2,
                    new Extras(extras.milk(), extras.price() * 2, notes),
                    args.get(3, String.class),
                    !Boolean.TRUE.equals(args.get(4, Boolean.class)));
        });
        socket.on("reverse", JsonNode.class, tree -> {
            byte[] data = tree.path("deep").path("data").binaryValue();
            for (int i = 0; i < data.length / 2; i++) {
                byte other = data[data.length - 1 - i];
                data[data.length - 1 - i] = data[i];
                data[i] = other;
            }
            ((ObjectNode) tree.path("deep")).put("data", data);
            socket.emit("reversed", tree);
        });
        socket.onRequest("add", Integer.class, Integer.class, Integer::sum);
        socket.onRequest(
                "ask me",
                Long.class,
                String.class,
                (millis, text) -> socket.timeout(Duration.ofMillis(millis))
                        .emitWithAck("question", String.class, text)
                        .exceptionally(failure -> "timed out"));
        socket.onEvent("silence", (args, ack) -> {});
        socket.onEvent("auth", (args, ack) -> ack.send(socket.handshake().auth()));
        socket.on("count", Integer.class, n -> socket.emit("counted", n));
    }

    private void share(Socket socket) {
        socket.onRequest("join", String.class, room -> {
            socket.join(room);
            return true;
        });
        socket.onRequest("leave", String.class, room -> {
            socket.leave(room);
            return true;
        });
        socket.on("shout", String.class, Picture.class, io::emit);
        socket.onRequest("to", Collection.class, String.class, (rooms, word) -> {
            socket.to(first(rooms)).to(strings(rooms)).emit("news", word);
            return true;
        });
        socket.onRequest("in", Collection.class, String.class, (rooms, word) -> {
            io.in(first(rooms)).to(strings(rooms)).emit("news", word);
            return true;
        });
        socket.onRequest("except", Collection.class, String.class, (rooms, word) -> {
            io.except(first(rooms)).except(strings(rooms)).emit("news", word);
            return true;
        });
        socket.onRequest("broadcast", Collection.class, String.class, (rooms, word) -> {
            socket.broadcast().emit("news", word);
            return true;
        });
    }

    private static List<String> strings(Collection<?> rooms) {
        return rooms.stream().map(String.class::cast).toList();
    }

    private static String first(Collection<?> rooms) {
        return strings(rooms).get(0);
    }

    private void check(String name) {
        client.say(name);
        assertThat(client.awaitLine(line -> line.startsWith("passed " + name) || line.startsWith("failed")))
                .isEqualTo("passed " + name);
    }

    @Test
    void severalTypedArguments() {
        check("severalTypedArguments");
    }

    @Test
    void binaryNestedAnywhereBothWays() {
        check("binaryNestedAnywhereBothWays");
    }

    @Test
    void aBinaryBroadcastReachesAllThree() {
        check("aBinaryBroadcastReachesAllThree");
    }

    @Test
    void acknowledgementsGoBothWays() {
        check("acknowledgementsGoBothWays");
    }

    @Test
    void acknowledgementsThatDoNotComeTimeOut() {
        check("acknowledgementsThatDoNotComeTimeOut");
    }

    @Test
    void roomsSelectWhoHears() {
        check("roomsSelectWhoHears");
    }

    @Test
    void namespacesShareALink() {
        check("namespacesShareALink");
    }

    @Test
    void theServerSeesTheAuth() {
        check("theServerSeesTheAuth");
    }

    @Test
    void aMiddlewareRefusesWithMessageAndData() {
        check("aMiddlewareRefusesWithMessageAndData");
    }

    @Test
    void anUnknownNamespaceIsAConnectError() {
        check("anUnknownNamespaceIsAConnectError");
    }

    @Test
    void aThousandMessagesKeepTheirOrderFromTheFirstOn() {
        check("aThousandMessagesKeepTheirOrderFromTheFirstOn");
    }
}
