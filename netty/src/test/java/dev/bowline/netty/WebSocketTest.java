package dev.bowline.netty;

import static dev.bowline.netty.RawClient.BINARY;
import static dev.bowline.netty.RawClient.CLOSE;
import static dev.bowline.netty.RawClient.PING;
import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.PONG;
import static dev.bowline.netty.RawClient.TEXT;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.engine.Bytes;
import dev.bowline.server.Dispatch;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import dev.bowline.server.transport.Cors;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** WebSocket over real sockets: frames, limits, ends, and the ways to ask wrongly. */
class WebSocketTest {
    private final Recorder<String> events = new Recorder<>();
    private final SocketIoServer io = SocketIoServer.create(
            ServerOptions.builder().maxHttpBufferSize(1_000).cors(Cors.any()).build());
    private final NettyServer server = NettyServer.bind(io, 0);

    @BeforeEach
    void listen() {
        io.onConnection(socket -> {
            socket.on("say", String.class, events);
            socket.on("bin", byte[].class, bytes -> events.accept("bytes " + bytes.length));
            socket.onDisconnect(reason -> events.accept("out " + reason));
        });
    }

    @AfterEach
    void close() {
        server.close();
    }

    private RawClient enter() {
        return RawClient.enter(server.port());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void assemblesFragmentsWithPingsBetweenThem() {
        try (RawClient client = enter()) {
            client.frame(false, TEXT, utf8("42[\"s"));
            client.frame(true, PING, utf8("?"));
            client.frame(false, 0, utf8("ay\",\"a\""));
            client.frame(true, 0, utf8("]"));
            assertThat(client.frame()).isEqualTo(new RawClient.Frame(PONG, Bytes.utf8("?")));
            events.expectNext("a");
        }
    }

    @Test
    void takesFramesByteByByte() {
        try (RawClient client = enter()) {
            for (byte b : RawClient.encode(true, TEXT, utf8("42[\"say\",\"€\"]"))) {
                client.send(new byte[] {b});
            }
            events.expectNext("€");
        }
    }

    @Test
    void takesManyFramesInOneSegment() {
        try (RawClient client = enter()) {
            byte[] one = RawClient.encode(true, TEXT, utf8("42[\"say\",\"a\"]"));
            byte[] many = new byte[one.length * 50];
            for (int i = 0; i < 50; i++) {
                System.arraycopy(one, 0, many, i * one.length, one.length);
            }
            client.send(many);
            for (int i = 0; i < 50; i++) {
                events.expectNext("a");
            }
        }
    }

    @Test
    void takesAFrameOfExactlyTheLimit() {
        try (RawClient client = enter()) {
            client.text("451-[\"bin\",{\"_placeholder\":true,\"num\":0}]");
            client.frame(true, BINARY, new byte[1_000]);
            events.expectNext("bytes 1000");
        }
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void closesWith1009WhatIsTooLarge(boolean oneFrame) {
        try (RawClient client = enter()) {
            if (oneFrame) {
                client.frame(true, BINARY, new byte[1_001]);
            } else {
                client.frame(false, BINARY, new byte[600]);
                client.frame(true, 0, new byte[600]);
            }
            RawClient.Frame frame = client.frame();
            assertThat(frame.opcode()).isEqualTo(CLOSE);
            assertThat(frame.closeCode()).isEqualTo(1009);
            events.expectNext("out transport error");
            client.frame(true, CLOSE, new byte[0]);
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void letsAClientThatGoesOnSendingReadWhyItIsClosed() {
        try (RawClient client = enter()) {
            client.frame(true, BINARY, new byte[1_001]);
            events.expectNext("out transport error");
            client.text("3");
            RawClient.Frame frame = client.frame();
            assertThat(frame.opcode()).isEqualTo(CLOSE);
            assertThat(frame.closeCode()).isEqualTo(1009);
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void endsOnAFrameThatBreaksTheProtocol() {
        try (RawClient client = enter()) {
            client.send(new byte[] {(byte) 0x83, (byte) 0x80, 0, 0, 0, 0});
            RawClient.Frame frame = client.frame();
            assertThat(frame.opcode()).isEqualTo(CLOSE);
            assertThat(frame.closeCode()).isEqualTo(1002);
            events.expectNext("out transport error");
        }
    }

    @Test
    void refusesUnmaskedFrames() {
        try (RawClient client = enter()) {
            client.send(new byte[] {(byte) 0x81, 1, '2'});
            assertThat(client.frame().opcode()).isEqualTo(CLOSE);
            events.expectNext("out transport error");
        }
    }

    @Test
    void answersACloseFrame() {
        try (RawClient client = enter()) {
            client.frame(true, CLOSE, new byte[] {3, (byte) 0xE8});
            RawClient.Frame frame = client.frame();
            assertThat(frame.opcode()).isEqualTo(CLOSE);
            assertThat(frame.closeCode()).isEqualTo(1000);
            events.expectNext("out transport close");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    private static byte[] code(int code) {
        return new byte[] {(byte) (code >> 8), (byte) code};
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4000, 4999})
    void answersACloseFrameWithItsCode(int code) {
        try (RawClient client = enter()) {
            client.frame(true, CLOSE, code(code));
            assertThat(client.frame().closeCode()).isEqualTo(code);
            events.expectNext("out transport close");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    /** RFC 6455, section 7.4: the one is nobody's, the other must not be seen on a link. */
    @ParameterizedTest
    @ValueSource(ints = {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 32_768, 65_535})
    void answersACloseFrameWhoseCodeIsNoneWith1002(int code) {
        try (RawClient client = enter()) {
            client.frame(true, CLOSE, code(code));
            assertThat(client.frame().closeCode()).isEqualTo(1002);
            events.expectNext("out transport error");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void answersACloseFrameWithHalfACodeWith1002() {
        try (RawClient client = enter()) {
            client.frame(true, CLOSE, new byte[] {3});
            assertThat(client.frame().closeCode()).isEqualTo(1002);
            events.expectNext("out transport error");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void noticesALinkThatBreaks() {
        RawClient cut = enter();
        cut.close();
        events.expectNext("out transport close");
        RawClient reset = enter();
        reset.reset();
        events.expectNext("out transport close");
        Eventually.await("no session to be left", () -> io.connectionCount() == 0);
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void noticesALinkThatBreaksWithinAMessageLikeAnyOther(boolean reset) {
        try (RawClient client = enter()) {
            client.frame(false, TEXT, utf8("42[\"say\","));
            client.frame(true, PING, utf8("?"));
            assertThat(client.frame().opcode()).isEqualTo(PONG);
            if (reset) {
                client.reset();
            } else {
                client.close();
            }
            events.expectNext("out transport close");
        }
    }

    @Test
    void sendsAwayWithinAMessageAsIfTheLinkHadBeenCut() {
        SocketIoServer narrow = SocketIoServer.create(
                ServerOptions.builder().maxInboundBytes(8_000).build());
        narrow.onConnection(socket -> socket.onDisconnect(reason -> events.accept("out " + reason)));
        try (NettyServer other = NettyServer.bind(narrow, 0);
                RawClient client = RawClient.enter(other.port())) {
            client.frame(false, TEXT, new byte[6_000]);
            client.frame(false, 0, new byte[6_000]);
            events.expectNext("out transport close");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void closesWithAnEmptyFrame() {
        try (RawClient client = enter()) {
            io.of("/").sockets().forEach(Socket::closeConnection);
            RawClient.Frame frame = client.frame();
            assertThat(frame.opcode()).isEqualTo(CLOSE);
            assertThat(frame.closeCode()).isEqualTo(1005);
            events.expectNext("out forced close");
            client.text("42[\"say\",\"late\"]");
            client.frame(true, CLOSE, new byte[0]);
            assertThat(client.isClosedByServer()).isTrue();
            events.assertExhausted();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Sec-WebSocket-Version: 13 | Missing or invalid Sec-WebSocket-Key header",
                "Sec-WebSocket-Version: 13~Sec-WebSocket-Key: c2hvcnQ= | Missing or invalid Sec-WebSocket-Key header",
                "Sec-WebSocket-Version: 13~Sec-WebSocket-Key: !! | Missing or invalid Sec-WebSocket-Key header",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== | Missing or invalid Sec-WebSocket-Version header",
                "Sec-WebSocket-Version: 12~Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== | Missing or invalid Sec-WebSocket-Version header"
            })
    void refusesABadUpgrade(String headers, String message) {
        try (var client = new RawClient(server.port())) {
            RawClient.Response response = client.get(
                    WEBSOCKET,
                    ("Connection: Upgrade~Upgrade: websocket~Origin: https://a.example~" + headers).split("~", -1));
            assertThat(response.status()).isEqualTo(400);
            assertThat(response.body()).isEqualTo(message);
            assertThat(response.header("connection")).contains("close");
            assertThat(client.isClosedByServer()).isTrue();
        }
        assertThat(io.connectionCount()).isZero();
    }

    @Test
    void sendsCorsHeadersWithTheUpgrade() {
        try (var client = new RawClient(server.port())) {
            RawClient.Response response = client.upgrade(WEBSOCKET, "Origin: https://a.example");
            assertThat(response.status()).isEqualTo(101);
            assertThat(response.header("access-control-allow-origin")).contains("*");
            assertThat(response.header("sec-websocket-accept")).contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
            assertThat(response.header("sec-websocket-extensions")).isEmpty();
            assertThat(client.nextText()).startsWith("0{\"sid\":\"");
        }
    }

    @Test
    void closesASecondWebSocketForASession() {
        String sid = RawClient.openPolling(server.port());
        try (var first = new RawClient(server.port());
                var second = new RawClient(server.port());
                var third = new RawClient(server.port())) {
            first.upgrade(WEBSOCKET + "&sid=" + sid);
            first.text("2probe");
            assertThat(first.nextText()).isEqualTo("3probe");
            second.upgrade(WEBSOCKET + "&sid=" + sid);
            assertThat(second.frame().closeCode()).isEqualTo(1005);
            first.text("5");
            first.text("420[\"say\",\"moved\"]");
            events.expectNext("moved");
            third.upgrade(WEBSOCKET + "&sid=" + sid);
            assertThat(third.frame().closeCode()).isEqualTo(1005);
            first.text("42[\"say\",\"unharmed\"]");
            events.expectNext("unharmed");
        }
    }

    @Test
    void refusesPollingAfterTheUpgrade() {
        String sid = RawClient.openPolling(server.port());
        try (var socket = new RawClient(server.port());
                var http = new RawClient(server.port())) {
            socket.upgrade(WEBSOCKET + "&sid=" + sid);
            socket.text("5");
            socket.text("42[\"say\",\"moved\"]");
            events.expectNext("moved");
            assertThat(http.get(POLLING + "&sid=" + sid).body()).isEqualTo("{\"code\":3,\"message\":\"Bad request\"}");
            assertThat(http.post(POLLING + "&sid=" + sid, "4a").body())
                    .isEqualTo("{\"code\":3,\"message\":\"Bad request\"}");
            socket.text("42[\"say\",\"still here\"]");
            events.expectNext("still here");
        }
    }

    @Test
    void letsAFailedProbeTryAgain() {
        String sid = RawClient.openPolling(server.port());
        try (var first = new RawClient(server.port());
                var second = new RawClient(server.port())) {
            first.upgrade(WEBSOCKET + "&sid=" + sid);
            first.text("42[\"say\",\"too early\"]");
            assertThat(first.frame().opcode()).isEqualTo(CLOSE);
            second.upgrade(WEBSOCKET + "&sid=" + sid);
            second.text("2probe");
            assertThat(second.nextText()).isEqualTo("3probe");
        }
        Eventually.await("the lost probe to be noticed, and another to pass", () -> moves(sid));
        events.expectNext("moved");
    }

    private boolean moves(String sid) {
        try (var client = new RawClient(server.port())) {
            client.upgrade(WEBSOCKET + "&sid=" + sid);
            client.text("2probe");
            if (client.frame().opcode() == CLOSE) {
                return false;
            }
            client.text("5");
            client.text("42[\"say\",\"moved\"]");
            client.frame(true, PING, new byte[0]);
            return client.frame().opcode() == PONG;
        }
    }

    @Test
    void tellsHandlersOnTheEventLoopOfAnEndThatAFrameBrings() {
        SocketIoServer onLoop = SocketIoServer.create(
                ServerOptions.builder().dispatch(Dispatch.onEventLoop()).build());
        onLoop.onConnection(socket -> socket.onDisconnect(reason -> events.accept("out " + reason)));
        try (NettyServer other = NettyServer.bind(onLoop, 0);
                RawClient client = RawClient.enter(other.port())) {
            client.text("2");
            events.expectNext("out transport error");
        }
    }
}
