package dev.bowline.netty;

import static dev.bowline.netty.RawClient.BINARY;
import static dev.bowline.netty.RawClient.CLOSE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Engine.IO v3 over real sockets, as the clients of Socket.IO 2 speak it. */
class OldClientTest {
    private static final String POLLING = "/socket.io/?EIO=3&transport=polling";
    private static final String WEBSOCKET = "/socket.io/?EIO=3&transport=websocket";
    private static final String UNKNOWN = "{\"code\":1,\"message\":\"Session ID unknown\"}";
    private static final String BAD_REQUEST = "{\"code\":3,\"message\":\"Bad request\"}";
    private static final String OCTET_STREAM = "Content-Type: application/octet-stream";

    /** {@code ["b",<01 02 03>]} in a payload of bytes. */
    private static final String BINARY_PAYLOAD = "000309ff"
            + HexFormat.of().formatHex("451-[\"b\",{\"_placeholder\":true,\"num\":0}]".getBytes(StandardCharsets.UTF_8))
            + "0104ff04010203";

    private final Recorder<String> events = new Recorder<>();
    private final SocketIoServer io =
            SocketIoServer.create(ServerOptions.builder().allowEIO3(true).build());
    private final NettyServer server = NettyServer.bind(io, 0);
    private final List<RawClient> clients = new ArrayList<>();

    OldClientTest() {
        io.onConnection(socket -> {
            socket.on("say", String.class, events);
            socket.onEvent("b", (args, ack) -> events.accept(HexFormat.of().formatHex(args.get(0, byte[].class))));
            socket.onDisconnect(reason -> events.accept("out " + reason));
        });
    }

    @AfterEach
    void close() {
        clients.forEach(RawClient::close);
        server.close();
    }

    private RawClient client() {
        var client = new RawClient(server.port());
        clients.add(client);
        return client;
    }

    private RawClient openWebSocket(String path) {
        RawClient client = client();
        client.upgrade(path);
        assertThat(client.nextText()).startsWith("0{");
        assertThat(client.nextText()).isEqualTo("40");
        return client;
    }

    /** Opens a polling session, which enters the main namespace. */
    private static String openPolling(RawClient client, String extra) {
        String path = POLLING + extra;
        String handshake = client.get(path).body();
        assertThat(handshake).matches("(?s)\\d+:0\\{.*\"upgrades\":\\[\"websocket\"].*\"maxPayload\":1000000}(2:40)?");
        String session = path + "&sid=" + RawClient.sid(handshake);
        if (!handshake.endsWith("2:40")) {
            assertThat(client.get(session).body()).isEqualTo("2:40");
        }
        return session;
    }

    // ---- Polling --------------------------------------------------------------------------------

    @Test
    void saysTheLengthOfTheHandshakeInUtf16Units() {
        String handshake = client().get(POLLING).body();
        int colon = handshake.indexOf(':');
        int length = Integer.parseInt(handshake.substring(0, colon));
        assertThat(handshake.substring(colon + 1, colon + 1 + length))
                .startsWith("0{")
                .endsWith("}");
    }

    @Test
    void exchangesTextOverPolling() {
        RawClient client = client();
        String session = openPolling(client, "");
        String hello = "42[\"say\",\"é😀\"]";
        RawClient.Response accepted = client.post(session, hello.length() + ":" + hello + "1:2");
        assertThat(accepted.body()).isEqualTo("ok");
        events.expectNext("é😀");
        RawClient.Response pong = client.get(session);
        assertThat(pong.body()).isEqualTo("1:3");
        assertThat(pong.header("content-type")).contains("text/plain; charset=UTF-8");
        io.emit("é😀");
        assertThat(client.get(session).body()).isEqualTo("9:42[\"é😀\"]");
    }

    @Test
    void answersInBytesWhenAPacketIsBinary() {
        RawClient client = client();
        String session = openPolling(client, "");
        io.emit("b", new byte[] {1, 2, 3});
        RawClient.Response response = client.get(session);
        assertThat(response.header("content-type")).contains("application/octet-stream");
        assertThat(HexFormat.of().formatHex(response.content().toByteArray())).isEqualTo(BINARY_PAYLOAD);
        io.emit("text again");
        assertThat(client.get(session).header("content-type")).contains("text/plain; charset=UTF-8");
    }

    @Test
    void answersInBase64WhereTheClientAsksForIt() {
        RawClient client = client();
        String session = openPolling(client, "&b64=1");
        io.emit("b", new byte[] {1, 2, 3});
        assertThat(client.get(session).body()).isEqualTo("39:451-[\"b\",{\"_placeholder\":true,\"num\":0}]6:b4AQID");
    }

    @Test
    void takesBodiesOfBytes() {
        RawClient client = client();
        String session = openPolling(client, "");
        byte[] body = HexFormat.of().parseHex(BINARY_PAYLOAD);
        client.send(RawClient.request("POST", session, OCTET_STREAM, "Content-Length: " + body.length));
        assertThat(client.send(body).response().body()).isEqualTo("ok");
        events.expectNext("010203");
        String text = "39:451-[\"b\",{\"_placeholder\":true,\"num\":0}]6:b4AQID";
        assertThat(client.post(session, text).body()).isEqualTo("ok");
        events.expectNext("010203");
    }

    @ParameterizedTest
    @ValueSource(strings = {"4abc", "9:4abc", "", "2:9a"})
    void endsTheSessionWhenABodyCannotBeRead(String body) {
        RawClient client = client();
        String session = openPolling(client, "");
        assertThat(client.post(session, body).body()).isEqualTo("ok");
        events.expectNext("out parse error");
        assertThat(client.get(session).status()).isEqualTo(400);
    }

    @Test
    void endsTheSessionWhenBytesCannotBeRead() {
        RawClient client = client();
        String session = openPolling(client, "");
        assertThat(client.post(session, "4abc", OCTET_STREAM).body()).isEqualTo("ok");
        events.expectNext("out parse error");
    }

    @Test
    void countsBodiesOfBytesAgainstTheLimit() {
        RawClient client = client();
        String session = openPolling(client, "");
        assertThat(client.post(session, "x".repeat(1_000_001), OCTET_STREAM).status())
                .isEqualTo(413);
        assertThat(client.post(session, "1:2").body()).isEqualTo("ok");
    }

    @Test
    void closesOnTheClientsWord() {
        RawClient client = client();
        String session = openPolling(client, "");
        try (RawClient poll = client()) {
            poll.send(RawClient.request("GET", session));
            String sid = session.substring(session.indexOf("&sid=") + 5);
            Eventually.await("the poll to be held", () -> RawClient.isPollHeld(io, sid));
            client.post(session, "1:1");
            assertThat(poll.response().body()).isEqualTo("1:6");
        }
        events.expectNext("out transport close");
    }

    @Test
    void answersAPollThatTheClientsWordHasOvertaken() {
        RawClient client = client();
        String session = openPolling(client, "");
        String another = session.replace("EIO=3", "EIO=4");
        client.send(RawClient.postRequest(session, "1:1")
                + RawClient.request("GET", another)
                + RawClient.request("GET", session)
                + RawClient.request("GET", session));
        assertThat(client.response().body()).isEqualTo("ok");
        assertThat(client.response().body()).isEqualTo(UNKNOWN);
        assertThat(client.response().body()).isEqualTo("1:6");
        assertThat(client.response().body()).isEqualTo(UNKNOWN);
        events.expectNext("out transport close");
    }

    // ---- WebSocket ------------------------------------------------------------------------------

    @Test
    void putsTheTypeBeforeBinaryFrames() {
        RawClient client = openWebSocket(WEBSOCKET);
        io.emit("b", new byte[] {1, 2, 3});
        assertThat(client.nextText()).isEqualTo("451-[\"b\",{\"_placeholder\":true,\"num\":0}]");
        RawClient.Frame frame = client.frame();
        assertThat(frame.opcode()).isEqualTo(BINARY);
        assertThat(frame.payload().toByteArray()).containsExactly(4, 1, 2, 3);
        client.text("451-[\"b\",{\"_placeholder\":true,\"num\":0}]").frame(true, BINARY, new byte[] {4, 9});
        events.expectNext("09");
    }

    @Test
    void sendsBase64WhereTheClientAsksForIt() {
        RawClient client = openWebSocket(WEBSOCKET + "&b64=1");
        io.emit("b", new byte[] {1, 2, 3});
        assertThat(client.nextText()).isEqualTo("451-[\"b\",{\"_placeholder\":true,\"num\":0}]");
        assertThat(client.nextText()).isEqualTo("b4AQID");
    }

    @Test
    void sendsBase64ToNewClientsWhoAskForIt() {
        try (RawClient client = new RawClient(server.port())) {
            client.upgrade(RawClient.WEBSOCKET + "&b64=1");
            client.nextText();
            assertThat(client.text("40").nextText()).startsWith("40{");
            Eventually.await("the client to be in", () -> io.of("/").socketCount() == 1);
            io.emit("b", new byte[] {1, 2, 3});
            assertThat(client.nextText()).startsWith("451-");
            assertThat(client.nextText()).isEqualTo("bAQID");
        }
    }

    @Test
    void answersPingsAndSendsNone() {
        RawClient client = openWebSocket(WEBSOCKET);
        assertThat(client.text("2").nextText()).isEqualTo("3");
        assertThat(client.text("2probe").nextText()).isEqualTo("3");
        client.text("3");
        assertThat(client.frame().opcode()).isEqualTo(CLOSE);
        events.expectNext("out transport error");
    }

    @Test
    void movesFromPollingToWebSocket() {
        RawClient polling = client();
        String session = openPolling(polling, "");
        RawClient websocket = client();
        websocket.upgrade(WEBSOCKET + session.substring(POLLING.length()));
        assertThat(websocket.text("2probe").nextText()).isEqualTo("3probe");
        assertThat(polling.get(session).body()).isEqualTo("1:6");
        websocket.text("5").text("42[\"say\",\"moved\"]");
        events.expectNext("moved");
        io.emit("b", new byte[] {7});
        assertThat(websocket.nextText()).startsWith("451-");
        assertThat(websocket.frame().payload().toByteArray()).containsExactly(4, 7);
    }

    @Test
    void givesEachOfAMixedCrowdItsOwnFraming() {
        RawClient oldWebSocket = openWebSocket(WEBSOCKET);
        RawClient newWebSocket = RawClient.enter(server.port());
        clients.add(newWebSocket);
        RawClient polling = client();
        String oldSession = openPolling(polling, "");
        String newSession = RawClient.POLLING + "&sid=" + RawClient.openPolling(server.port());
        Eventually.await("all to be in", () -> io.of("/").socketCount() == 4);
        io.emit("b", new byte[] {1, 2, 3});
        assertThat(oldWebSocket.nextText()).isEqualTo(newWebSocket.nextText());
        assertThat(oldWebSocket.frame().payload().toByteArray()).containsExactly(4, 1, 2, 3);
        assertThat(newWebSocket.frame().payload().toByteArray()).containsExactly(1, 2, 3);
        assertThat(HexFormat.of().formatHex(polling.get(oldSession).content().toByteArray()))
                .isEqualTo(BINARY_PAYLOAD);
        assertThat(polling.get(newSession).body()).endsWith("\u001ebAQID");
    }

    // ---- Judgements -----------------------------------------------------------------------------

    @Test
    void refusesRequestsOfAnotherRevisionThanTheSessions() {
        RawClient client = client();
        String session = openPolling(client, "");
        String sid = session.substring(POLLING.length());
        RawClient.Response response = client.get(RawClient.POLLING + sid);
        assertThat(response.status()).isEqualTo(400);
        assertThat(response.body()).isEqualTo(BAD_REQUEST);
        assertThat(client.post(RawClient.POLLING + sid, "4x").body()).isEqualTo(BAD_REQUEST);
        try (RawClient websocket = new RawClient(server.port())) {
            assertThat(websocket.upgrade(RawClient.WEBSOCKET + sid).body()).isEqualTo("Bad request");
        }
        String other = RawClient.openPolling(server.port());
        assertThat(client.get(POLLING + "&sid=" + other).body()).isEqualTo(BAD_REQUEST);
        assertThat(client.post(session, "1:2").body()).isEqualTo("ok");
    }

    @ParameterizedTest
    @ValueSource(strings = {"EIO=2&", "EIO=&", ""})
    void takesWhoeverDoesNotSayFourForAnOldClient(String eio) {
        assertThat(client().get("/socket.io/?" + eio + "transport=polling").body())
                .matches("\\d+:0\\{.*");
    }

    @Test
    void refusesToAnswerInScripts() {
        RawClient.Response response = client().get(POLLING + "&j=0");
        assertThat(response.status()).isEqualTo(400);
        assertThat(response.body()).isEqualTo("{\"code\":0,\"message\":\"Transport unknown\"}");
    }

    @Test
    void refusesOldClientsUnlessTheOptionIsSet() {
        try (var other = NettyServer.bind(SocketIoServer.create(), 0);
                var polling = new RawClient(other.port());
                var websocket = new RawClient(other.port())) {
            RawClient.Response response = polling.get(POLLING);
            assertThat(response.status()).isEqualTo(400);
            assertThat(response.body()).isEqualTo("{\"code\":5,\"message\":\"Unsupported protocol version\"}");
            response = websocket.upgrade(WEBSOCKET);
            assertThat(response.status()).isEqualTo(400);
            assertThat(response.body()).isEqualTo("Unsupported protocol version");
        }
    }
}
