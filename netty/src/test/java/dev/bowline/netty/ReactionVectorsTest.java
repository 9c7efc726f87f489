package dev.bowline.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.server.ConnectionRefusedException;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** Frames over one WebSocket, answered as the reference's server answers them, and what its sockets are told. */
class ReactionVectorsTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    /** Events of the reference's sockets that ours do not have, and why. */
    private static final Map<String, String> NOT_FOLLOWED =
            Map.of("EVENT named error", "[\"error\",\"/\",\"boom\"]: an event of that name is an event like any other");

    /** Internal texts of JavaScript, and what ours says. */
    private static final Map<String, String> ERROR_TEXTS =
            Map.of("Cannot read properties of undefined (reading 'base64')", "unknown packet type NaN");

    private List<String> events = List.of();

    @TestFactory
    Stream<DynamicTest> reactsAsTheReference() {
        return ServerVectors.tests("sio_server_reactions", this::check);
    }

    private void check(JsonNode vector) {
        events = new CopyOnWriteArrayList<>();
        SocketIoServer io = SocketIoServer.create(
                ServerOptions.builder().connectTimeout(Duration.ofMillis(300)).build());
        for (String name : List.of("/", "/admin")) {
            io.of(name).onConnection(this::listen);
        }
        io.of("/mw").use(socket -> {
            throw new ConnectionRefusedException("nope", Map.of("code", 42));
        });
        io.of("/mw2").use(socket -> {
            throw new ConnectionRefusedException("plain");
        });
        try (NettyServer server = NettyServer.bind(io, 0);
                RawClient client = RawClient.openWebSocket(server.port())) {
            talk(vector, client);
        }
    }

    private void talk(JsonNode vector, RawClient client) {
        List<String> expected = new ArrayList<>();
        vector.required("received").forEach(frame -> expected.add(text(frame)));
        List<String> received = new ArrayList<>();
        for (JsonNode frame : vector.required("clientFrames")) {
            if (frame.has("$bin")) {
                client.frame(
                        true,
                        RawClient.BINARY,
                        HexFormat.of().parseHex(frame.required("$bin").asString()));
                continue;
            }
            client.text(frame.asString());
            // A client waits for the answer before it goes on.
            if ((frame.asString().startsWith("40") || frame.asString().contains("disc"))
                    && received.size() < expected.size()) {
                received.add(next(client));
            }
        }
        while (received.size() < expected.size()) {
            received.add(next(client));
        }
        assertThat(received).isEqualTo(expected);
        List<String> told = expectedEvents(vector);
        Eventually.passes(() -> assertThat(bySocket(events)).isEqualTo(told));
        if (vector.required("connectionClosedByServer").asBoolean()) {
            assertThat(client.frame().opcode()).isEqualTo(RawClient.CLOSE);
        } else {
            client.frame(true, RawClient.PING, new byte[0]);
            assertThat(client.frame().opcode()).isEqualTo(RawClient.PONG);
            assertThat(bySocket(events)).isEqualTo(told);
        }
    }

    private static String next(RawClient client) {
        RawClient.Frame frame = client.frame();
        return frame.opcode() == RawClient.BINARY
                ? "binary " + HexFormat.of().formatHex(frame.payload().toByteArray())
                : frame.text().replaceAll("\"sid\":\"[\\w-]{20}\"", "\"sid\":\"<sid>\"");
    }

    private static String text(JsonNode frame) {
        return frame.has("$bin") ? "binary " + frame.required("$bin").asString() : frame.asString();
    }

    // ---- What the sockets are told --------------------------------------------------------------

    private void listen(Socket socket) {
        List<String> events = this.events;
        String name = socket.namespace().name() + "#" + socket.id();
        events.add(name + " connection");
        socket.onAny((event, args) -> {
            ArrayNode all = JsonNodeFactory.instance.arrayNode().add(event);
            for (int i = 0; i < args.size(); i++) {
                Object value = args.get(i, Object.class);
                if (value instanceof byte[] bytes) {
                    all.addObject().put("$bin", HexFormat.of().formatHex(bytes));
                } else {
                    all.addPOJO(value);
                }
            }
            events.add(name + " event " + JSON.writeValueAsString(all));
        });
        socket.onError(error -> events.add(name + " error " + error.getMessage()));
        socket.onDisconnect(reason -> events.add(name + " disconnect " + reason));
        socket.onEvent("ack2", (args, ack) -> ack.send("a", Map.of("b", 1)));
        socket.onEvent("ackbin", (args, ack) -> ack.send((Object) new byte[] {9}));
        socket.onEvent("twice", (args, ack) -> {
            ack.send(1);
            ack.send(2);
        });
        socket.onEvent("noargs", (args, ack) -> ack.send());
        socket.onEvent("disc", (args, ack) -> socket.disconnect());
        socket.onEvent("disctrue", (args, ack) -> socket.disconnect(true));
    }

    private static List<String> expectedEvents(JsonNode vector) {
        List<String> expected = new ArrayList<>();
        String left = NOT_FOLLOWED.getOrDefault(ServerVectors.name(vector), "");
        Map<String, Integer> sockets = new TreeMap<>();
        for (JsonNode event : vector.required("serverEvents")) {
            String name = event.get(1).asString();
            if (event.get(0).asString().equals("connection")) {
                sockets.merge(name, 1, Integer::sum);
            }
            if (!left.startsWith(event.toString())) {
                expected.add(name + "#" + sockets.get(name) + " " + describe(event));
            }
        }
        return bySocket(expected);
    }

    private static String describe(JsonNode event) {
        return switch (event.get(0).asString()) {
            case "connection" -> "connection";
            case "disconnect" -> "disconnect " + event.get(2).asString();
            case "error" -> {
                String text = event.get(2).asString();
                yield "error " + ERROR_TEXTS.getOrDefault(text, text);
            }
            default -> {
                ArrayNode all = JsonNodeFactory.instance.arrayNode();
                for (JsonNode argument : event.get(2)) {
                    if (!argument.asString("").equals("<ack>")) {
                        // The name of an event is text here, also where it came as a number.
                        all.add(all.isEmpty() ? JsonNodeFactory.instance.stringNode(argument.asString()) : argument);
                    }
                }
                yield "event " + JSON.writeValueAsString(all);
            }
        };
    }

    /** What each socket was told, in order; sockets are told at the same time, in no order among them. */
    private static List<String> bySocket(List<String> lines) {
        Map<String, List<String>> map = new TreeMap<>();
        for (String line : lines) {
            int space = line.indexOf(' ');
            map.computeIfAbsent(line.substring(0, space), name -> new ArrayList<>())
                    .add(line.substring(space));
        }
        List<String> told = new ArrayList<>();
        map.forEach((socket, events) -> told.add(socket.substring(0, socket.indexOf('#')) + events));
        Collections.sort(told);
        return told;
    }

    @Test
    void everyExceptionFromTheVectorsIsUsed() {
        String all = ServerVectors.of("sio_server_reactions").toString();
        for (String name : NOT_FOLLOWED.keySet()) {
            assertThat(all).contains("\"name\":\"" + name + "\"");
        }
        for (String text : ERROR_TEXTS.keySet()) {
            assertThat(all).contains(text);
        }
    }
}
