package dev.bowline.netty;

import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static dev.bowline.netty.RawClient.postRequest;
import static dev.bowline.netty.RawClient.request;
import static dev.bowline.netty.RawClient.upgradeRequest;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Recorder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/1.1 itself: messages that could be read in two ways, sizes, patience, old versions and rare methods. */
class HttpTest {
    private final Recorder<String> events = new Recorder<>();
    private final SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
            .pingInterval(Duration.ofMinutes(30))
            .connectTimeout(Duration.ofMinutes(30))
            .build());
    private final NettyServer server = NettyServer.builder(io)
            .port(0)
            .maxRequestLine(500)
            .maxHeaderBytes(2_000)
            .bind();
    private final RawClient client = new RawClient(server.port());

    @BeforeEach
    void listen() {
        io.onConnection(socket -> {
            socket.on("say", String.class, events);
            socket.onDisconnect(reason -> events.accept("out " + reason));
        });
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    // ---- Targets --------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"http://a", "HTTP://a.example:3000", "https://[::1]:1"})
    void servesATargetInAbsoluteForm(String origin) {
        String sid = RawClient.sid(client.get(origin + POLLING).body());
        client.send(postRequest(origin + POLLING + "&sid=" + sid, "40"));
        assertThat(client.response().body()).isEqualTo("ok");
        assertThat(client.get(origin + POLLING + "&sid=" + sid).body()).startsWith("40{");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://a/elsewhere?/socket.io/",
                "http:///socket.io/?EIO=4&transport=polling",
                "http:/socket.io/?EIO=4&transport=polling",
                "ftp://a/socket.io/?EIO=4&transport=polling",
                "/http://a/socket.io/?EIO=4&transport=polling",
                "http://a?/socket.io/",
                "http://a"
            })
    void servesNoOtherTarget(String target) {
        assertThat(client.get(target).status()).isEqualTo(404);
    }

    // ---- Two meanings ---------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 3|Transfer-Encoding: chunked",
                "Transfer-Encoding: chunked|Content-Length: 3",
                "Content-Length: 3|Content-Length: 4",
                "Content-Length: 3, 4",
                "Content-Length: -3",
                "Content-Length: +3",
                "Content-Length: 0x3",
                "Transfer-Encoding : chunked",
                "Transfer-Encoding: chunked, identity",
                "Transfer-Encoding: xchunked",
                "no colon"
            })
    void refusesMessagesThatTwoServersWouldReadInTwoWays(String headers) {
        client.send("POST " + POLLING + " HTTP/1.1\r\nHost: a\r\n" + headers.replace("|", "\r\n") + "\r\n\r\n"
                + "3\r\nabc\r\n0\r\n\r\n");
        assertThat(client.response().status()).isEqualTo(400);
        assertThat(client.isClosedByServer()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"zz\r\nabc\r\n", "-1\r\nabc\r\n", "0x3\r\nabc\r\n", "fffffffff\r\nabc\r\n", " \r\n"})
    void refusesChunksWithoutASize(String chunk) {
        String path = POLLING + "&sid=" + RawClient.openPolling(server.port());
        client.send(request("POST", path, "Transfer-Encoding: chunked")).send(chunk);
        assertThat(client.response().status()).isEqualTo(400);
        assertThat(client.isClosedByServer()).isTrue();
        events.expectNext("out transport error");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET\r\n\r\n", "GET / HTTP/1.1 x\r\n\r\n", "\u0000\u0001\r\n\r\n", "GET / FTP/1.1\r\n\r\n"})
    void refusesWhatIsNoRequest(String text) {
        client.send(text);
        assertThat(client.response().status()).isEqualTo(400);
        assertThat(client.isClosedByServer()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Host: a|Host: a|", "Host: a|X: y|host: b|"})
    void refusesRequestsThatDoNotNameOneHost(String headers) {
        for (String target : new String[] {POLLING, "/elsewhere"}) {
            try (RawClient another = new RawClient(server.port())) {
                another.send("GET " + target + " HTTP/1.1\r\n" + headers.replace("|", "\r\n") + "\r\n");
                assertThat(another.response().status()).isEqualTo(400);
                assertThat(another.isClosedByServer()).isTrue();
            }
        }
        assertThat(io.connectionCount()).isZero();
    }

    @Test
    void refusesAWebSocketThatDoesNotNameOneHost() {
        client.send(upgradeRequest(WEBSOCKET, "Host: another"));
        assertThat(client.response().status()).isEqualTo(400);
        assertThat(client.isClosedByServer()).isTrue();
        assertThat(io.connectionCount()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip, chunked", "gzip", "identity", "chunked|Transfer-Encoding: chunked"})
    void refusesTransferCodingsOtherThanChunked(String codings) {
        String path = POLLING + "&sid=" + RawClient.openPolling(server.port());
        client.send(request("POST", path, "Transfer-Encoding: " + codings.replace("|", "\r\n"))
                + "13\r\n42[\"say\",\"smuggled\"]\r\n0\r\n\r\n");
        assertThat(client.response().status()).isEqualTo(400);
        assertThat(client.isClosedByServer()).isTrue();
        events.assertExhausted();
    }

    // ---- Sizes ----------------------------------------------------------------------------------

    @Test
    void limitsTheRequestLineAndTheHead() {
        client.send(request("GET", POLLING + "&x=" + "x".repeat(600)));
        assertThat(client.response().status()).isEqualTo(414);
        assertThat(client.isClosedByServer()).isTrue();
        try (RawClient another = new RawClient(server.port())) {
            another.send(request("GET", POLLING, "X: " + "x".repeat(1_000), "Y: " + "y".repeat(1_000)));
            assertThat(another.response().status()).isEqualTo(431);
            assertThat(another.isClosedByServer()).isTrue();
        }
        assertThat(new RawClient(server.port())
                        .get(POLLING, "X: " + "x".repeat(1_500))
                        .status())
                .isEqualTo(200);
    }

    /** So many fields, of which each takes far more memory than room. */
    private static String[] fields(int count) {
        return IntStream.range(0, count).mapToObj(i -> "x" + i + ":").toArray(String[]::new);
    }

    @Test
    void limitsTheNumberOfHeaderFields() {
        assertThat(client.get(POLLING, fields(99)).status()).isEqualTo(200);
        try (RawClient another = new RawClient(server.port())) {
            assertThat(another.upgrade(WEBSOCKET, fields(95)).status()).isEqualTo(101);
        }
        for (String handshake : List.of(
                request("GET", POLLING, fields(100)),
                upgradeRequest(WEBSOCKET, fields(96)),
                request("GET", "/", fields(100)))) {
            try (RawClient another = new RawClient(server.port())) {
                another.send(handshake);
                assertThat(another.response().status()).isEqualTo(431);
                assertThat(another.isClosedByServer()).isTrue();
            }
        }
    }

    @Test
    void limitsTheHeaderFieldsOfRequestsThatWait() {
        EmbeddedChannel channel = channel();
        write(channel, request("GET", POLLING));
        String path = POLLING + "&sid=" + RawClient.sid(read(channel));
        write(channel, request("GET", path));
        for (int i = 0; i < 10; i++) {
            write(channel, request("GET", path, fields(99)));
        }
        assertThat(channel.isOpen()).isTrue();
        write(channel, request("GET", path));
        assertThat(channel.isOpen()).isFalse();
        channel.finishAndReleaseAll();
    }

    @Test
    void countsTrailersOfRequestsThatWait() {
        EmbeddedChannel channel = channel();
        write(channel, request("GET", POLLING));
        String path = POLLING + "&sid=" + RawClient.sid(read(channel));
        write(channel, request("GET", path));
        write(channel, request("POST", path, "Transfer-Encoding: chunked"));
        assertThat(channel.isOpen()).isTrue();
        write(channel, "0\r\n" + String.join("\r\n", fields(999)) + "\r\n\r\n");
        assertThat(channel.isOpen()).isFalse();
        channel.finishAndReleaseAll();
    }

    @Test
    void countsAWaitingRequestNoLongerOnceItsTurnHasCome() {
        EmbeddedChannel channel = channel();
        for (int i = 0; i < 20; i++) {
            write(channel, request("GET", POLLING, fields(99)) + request("GET", "/elsewhere", fields(99)));
            assertThat(read(channel)).contains("200 OK", "404 Not Found");
        }
        assertThat(channel.isOpen()).isTrue();
        channel.finishAndReleaseAll();
    }

    @Test
    void seesOnlyTheFirstParametersOfAQuery() {
        EmbeddedChannel channel = channel();
        Recorder<Map<String, String>> queries = new Recorder<>();
        io.onConnection(socket -> queries.accept(socket.handshake().query()));
        String many = IntStream.range(0, 500).mapToObj(i -> "&p" + i).collect(Collectors.joining());
        write(channel, request("GET", POLLING + many));
        write(channel, postRequest(POLLING + "&sid=" + RawClient.sid(read(channel)), "40"));
        assertThat(queries.next()).hasSize(100).containsKeys("EIO", "transport", "p0", "p97");
        channel.finishAndReleaseAll();
    }

    // ---- Patience -------------------------------------------------------------------------------

    private EmbeddedChannel channel() {
        var gate = new UpgradeGate();
        var channel = new EmbeddedChannel(
                gate, new HttpServerCodec(), new HttpRouter(HttpSettings.defaults(io.engine()), gate));
        channel.freezeTime();
        return channel;
    }

    private static void write(EmbeddedChannel channel, String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
        channel.runPendingTasks();
    }

    private static void pass(EmbeddedChannel channel, long seconds) {
        channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
    }

    private static String read(EmbeddedChannel channel) {
        var text = new StringBuilder();
        for (Object part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            if (part instanceof ByteBuf buffer) {
                text.append(buffer.toString(StandardCharsets.UTF_8));
            }
            ReferenceCountUtil.release(part);
        }
        return text.toString();
    }

    @Test
    void answers408ToABodyThatDrips() {
        EmbeddedChannel channel = channel();
        write(channel, request("GET", POLLING));
        String path = POLLING + "&sid=" + RawClient.sid(read(channel));
        write(channel, request("POST", path, "Content-Length: 1000"));
        for (int second = 0; second < 59; second++) {
            write(channel, "4");
            pass(channel, 1);
        }
        assertThat(channel.isOpen()).isTrue();
        pass(channel, 1);
        assertThat(read(channel)).startsWith("HTTP/1.1 408 Request Timeout");
        assertThat(channel.isOpen()).isFalse();
        assertThat(io.connectionCount()).isZero();
        channel.finishAndReleaseAll();
    }

    @Test
    void closesALinkWhoseUnwantedBodyDrips() {
        EmbeddedChannel channel = channel();
        write(channel, request("POST", "/elsewhere", "Content-Length: 1000"));
        assertThat(read(channel)).startsWith("HTTP/1.1 404");
        for (int second = 0; second < 59; second++) {
            write(channel, "4");
            pass(channel, 1);
        }
        assertThat(channel.isOpen()).isTrue();
        pass(channel, 1);
        assertThat(channel.isOpen()).isFalse();
        channel.finishAndReleaseAll();
    }

    @Test
    void closesALinkWhoseHeadDrips() {
        EmbeddedChannel channel = channel();
        write(channel, "GET / HTTP/1.1\r\n");
        for (int second = 0; second < 59; second++) {
            write(channel, "X: y\r\n");
            pass(channel, 1);
        }
        assertThat(channel.isOpen()).isTrue();
        pass(channel, 1);
        assertThat(channel.isOpen()).isFalse();
        channel.finishAndReleaseAll();
    }

    @Test
    void doesNotCountTheTimeThatAnAnswerTakes() {
        EmbeddedChannel channel = channel();
        write(channel, request("GET", POLLING));
        String sid = RawClient.sid(read(channel));
        write(channel, request("GET", POLLING + "&sid=" + sid));
        pass(channel, 600);
        assertThat(channel.isOpen()).isTrue();
        channel.finishAndReleaseAll();
    }

    // ---- Versions, methods, escapes -------------------------------------------------------------

    @Test
    void keepsAnOldConnectionOnlyIfAsked() {
        client.send("GET " + POLLING + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        RawClient.Response first = client.response();
        assertThat(first.status()).isEqualTo(200);
        assertThat(first.header("connection")).contains("keep-alive");
        client.send("GET " + POLLING + " HTTP/1.0\r\n\r\n");
        RawClient.Response second = client.response();
        assertThat(second.header("connection")).contains("close");
        assertThat(client.isClosedByServer()).isTrue();
    }

    @Test
    void answersHeadWithoutABody() {
        RawClient.Response head =
                client.send(request("HEAD", POLLING + "&sid=nobody")).head();
        assertThat(head.status()).isEqualTo(400);
        assertThat(head.header("content-length")).contains("41");
        assertThat(client.get(POLLING).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "100%       | 100%",
                "%zz        | %zz",
                "%4         | %4",
                "%C3%A9     | é",
                "%C3        | \uFFFD",
                "a+b%2Bc    | a b+c",
                "a=b        | a=b",
                "%E2%82%AC% | €%"
            })
    void leavesBadEscapesAsTheyAre(String raw, String expected) {
        Recorder<Map<String, String>> queries = new Recorder<>();
        io.onConnection(socket -> queries.accept(socket.handshake().query()));
        String sid = RawClient.sid(
                client.get(POLLING + "&text=" + raw + "&empty=&bare").body());
        assertThat(client.send(postRequest(POLLING + "&sid=" + sid, "40"))
                        .response()
                        .body())
                .isEqualTo("ok");
        assertThat(queries.next())
                .containsEntry("text", expected)
                .containsEntry("empty", "")
                .containsEntry("bare", "")
                .containsEntry("EIO", "4");
    }
}
