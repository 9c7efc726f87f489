package dev.bowline.netty;

import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.postRequest;
import static dev.bowline.netty.RawClient.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.server.ServerOptions;
import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import dev.bowline.server.transport.Cors;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP long-polling over real sockets: limits, broken rules, broken links, and HTTP itself. */
class PollingTest {
    private static final String BAD_REQUEST = "{\"code\":3,\"message\":\"Bad request\"}";
    private static final String UNKNOWN = "{\"code\":1,\"message\":\"Session ID unknown\"}";

    private final Recorder<String> events = new Recorder<>();
    private final SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
            .maxHttpBufferSize(1_000)
            .cors(Cors.of("https://a.example").withCredentials())
            .build());
    private final NettyServer server = NettyServer.bind(io, 0);
    private final RawClient client = new RawClient(server.port());
    private String path = "";

    @BeforeEach
    void open() {
        io.onConnection(socket -> {
            socket.on("say", String.class, events);
            socket.onDisconnect(reason -> events.accept("out " + reason));
        });
        path = POLLING + "&sid=" + RawClient.openPolling(server.port());
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    private RawClient another() {
        return new RawClient(server.port());
    }

    private void assertAlive() {
        assertThat(client.post(path, "42[\"say\",\"alive\"]").body()).isEqualTo("ok");
        events.expectNext("alive");
    }

    private static String say(int bodyLength) {
        String frame = "42[\"say\",\"\"]";
        return "42[\"say\",\"" + "x".repeat(bodyLength - frame.length()) + "\"]";
    }

    // ---- Limits ---------------------------------------------------------------------------------

    @Test
    void takesABodyOfExactlyTheLimit() {
        assertThat(client.post(path, say(1_000)).status()).isEqualTo(200);
        assertThat(events.next()).hasSize(1_000 - say(12).length());
    }

    @Test
    void refusesALargerBodyAndKeepsTheSession() {
        RawClient.Response response = client.post(path, say(1_001), "Origin: https://a.example");
        assertThat(response.status()).isEqualTo(413);
        assertThat(response.body()).isEmpty();
        assertThat(response.header("access-control-allow-origin")).contains("https://a.example");
        assertAlive();
    }

    @Test
    void refusesALargerBodyOfASessionThatHasMovedToWebSocketAndServesTheLinkOn() {
        try (RawClient link = another()) {
            link.upgrade(RawClient.WEBSOCKET + path.substring(RawClient.POLLING.length()));
            link.text("5").text("42[\"say\",\"moved\"]");
            events.expectNext("moved");
            assertThat(client.post(path, say(1_001)).status()).isIn(400, 413);
            assertThat(client.get(path).status()).isEqualTo(400);
        }
    }

    @Test
    void refusesALargerBodyThatDoesNotSayItsLength() {
        client.send(request("POST", path, "Transfer-Encoding: chunked"));
        String chunk = "x".repeat(300);
        for (int i = 0; i < 4; i++) {
            client.send("12c\r\n" + chunk + "\r\n");
        }
        client.send("0\r\n\r\n");
        assertThat(client.response().status()).isEqualTo(413);
        assertAlive();
    }

    @Test
    void doesNotWaitForTheRestOfABodyThatIsTooLarge() {
        client.send(request("POST", path, "Content-Length: 5000000"));
        assertThat(client.response().status()).isEqualTo(413);
        byte[] part = new byte[100_000];
        for (int i = 0; i < 50; i++) {
            client.send(part);
        }
        assertAlive();
    }

    @Test
    void closesAConnectionWhoseUnwantedBodyDoesNotEnd() {
        client.send(request("POST", path, "Content-Length: 100000000"));
        assertThat(client.response().status()).isEqualTo(413);
        byte[] part = new byte[1_000_000];
        Eventually.await("the server to close", () -> {
            try {
                client.send(part);
                return false;
            } catch (UncheckedIOException closed) {
                return true;
            }
        });
    }

    @Test
    void countsBytesAndNotCharacters() {
        String body = "42[\"say\",\"" + "é".repeat(495) + "\"]";
        assertThat(body.getBytes(StandardCharsets.UTF_8)).hasSizeGreaterThan(1_000);
        assertThat(client.post(path, body).status()).isEqualTo(413);
        assertAlive();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void assemblesCharactersThatAreSplit(boolean chunked) {
        byte[] body = "42[\"say\",\"€😀\"]".getBytes(StandardCharsets.UTF_8);
        client.send(request("POST", path, chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + body.length));
        for (byte b : body) {
            byte[] one = {b};
            client.send(
                    chunked
                            ? ("1\r\n" + new String(one, StandardCharsets.ISO_8859_1) + "\r\n")
                                    .getBytes(StandardCharsets.ISO_8859_1)
                            : one);
        }
        if (chunked) {
            client.send("0\r\n\r\n");
        }
        assertThat(client.response().body()).isEqualTo("ok");
        events.expectNext("€😀");
    }

    @Test
    void doesNotConfirmABodyThatNeverCameWhole() {
        client.send(request("POST", path, "Content-Length: 100", "Expect: 100-continue"));
        // Only now has the session heard of it, which may live on another loop.
        assertThat(client.response().status()).isEqualTo(100);
        client.send("42[");
        try (RawClient second = another()) {
            second.send(request("GET", path));
            Eventually.await("the poll to be held", () -> held(path));
            io.of("/").sockets().forEach(Socket::closeConnection);
        }
        assertThat(client.isClosedByServer()).isTrue();
    }

    @Test
    void refusesABrokenChunk() {
        client.send(request("POST", path, "Transfer-Encoding: chunked")).send("zz\r\nabc\r\n");
        assertThat(client.response().status()).isEqualTo(400);
        assertThat(client.isClosedByServer()).isTrue();
        events.expectNext("out transport error");
    }

    // ---- Broken rules ---------------------------------------------------------------------------

    @Test
    void endsOnASecondPoll() {
        try (RawClient first = another()) {
            first.send(request("GET", path));
            Eventually.await("the poll to be held", () -> held(path));
            assertThat(client.get(path).status()).isEqualTo(400);
            assertThat(first.response().body()).isEqualTo("1");
        }
        events.expectNext("out transport error");
        assertThat(client.get(path).body()).isEqualTo(UNKNOWN);
    }

    /** Whether a poll of the session is held. */
    private boolean held(String sessionPath) {
        return RawClient.isPollHeld(io, sessionPath.substring(sessionPath.indexOf("&sid=") + 5));
    }

    @Test
    void endsOnASecondPost() {
        try (RawClient first = another()) {
            first.send(request("POST", path, "Content-Length: 10", "Expect: 100-continue"));
            assertThat(first.response().status()).isEqualTo(100);
            RawClient.Response second = client.post(path, "42[\"say\",\"late\"]");
            assertThat(second.status()).isEqualTo(400);
            assertThat(second.body()).isEmpty();
            assertThat(first.isClosedByServer()).isTrue();
        }
        events.expectNext("out transport error");
    }

    @Test
    void refusesOctetStreamAndEnds() {
        assertThat(client.post(path, "4a", "Content-Type: application/octet-stream")
                        .status())
                .isEqualTo(400);
        events.expectNext("out transport error");
        assertThat(client.get(path).body()).isEqualTo(UNKNOWN);
    }

    @Test
    void takesAnyOtherContentType() {
        assertThat(client.post(path, "42[\"say\",\"a\"]", "Content-Type: application/octet-stream; x=y")
                        .body())
                .isEqualTo("ok");
        events.expectNext("a");
    }

    @Test
    void endsWhenAPollIsAborted() {
        try (RawClient first = another()) {
            first.send(request("GET", path));
            Eventually.await("the poll to be held", () -> held(path));
        }
        events.expectNext("out transport error");
    }

    @Test
    void endsWhenAPostIsAborted() {
        try (RawClient first = another()) {
            first.send(request("POST", path, "Content-Length: 10", "Expect: 100-continue"));
            assertThat(first.response().status()).isEqualTo(100);
            first.send("42");
            first.reset();
        }
        events.expectNext("out transport error");
    }

    @Test
    void answersALeavingClientsPoll() {
        try (RawClient first = another()) {
            first.send(request("GET", path));
            Eventually.await("the poll to be held", () -> held(path));
            assertThat(client.post(path, "1").body()).isEqualTo("ok");
            assertThat(first.response().body()).isEqualTo("6");
        }
        events.expectNext("out transport close");
    }

    @Test
    void answersAPollThatALeavingClientsCloseHasOvertaken() {
        client.send(postRequest(path, "1")
                + request("GET", path, "Origin: https://a.example")
                + request("GET", path)
                + postRequest(path, "1"));
        assertThat(client.response().body()).isEqualTo("ok");
        RawClient.Response late = client.response();
        assertThat(late.status()).isEqualTo(200);
        assertThat(late.body()).isEqualTo("6");
        assertThat(late.header("content-type")).contains("text/plain; charset=UTF-8");
        assertThat(late.header("cache-control")).contains("no-store");
        assertThat(late.header("access-control-allow-origin")).contains("https://a.example");
        assertThat(client.response().body()).isEqualTo(UNKNOWN);
        assertThat(client.response().body()).isEqualTo(UNKNOWN);
        events.expectNext("out transport close");
    }

    /** Wherever the two links live: whoever is faster, the client sees the same. */
    @Test
    void answersAPollThatComesWithTheCloseOnAnotherLink() {
        for (int i = 0; i < 100; i++) {
            String session = POLLING + "&sid=" + RawClient.openPolling(server.port());
            try (RawClient poll = another()) {
                poll.send(request("GET", session));
                assertThat(client.post(session, "1").body()).isEqualTo("ok");
                assertThat(poll.response().body()).isEqualTo("6");
                assertThat(poll.get(session).body()).isEqualTo(UNKNOWN);
            }
        }
    }

    @Test
    void answersNothingButAPollOfAClientThatHasLeft() {
        client.send(postRequest(path, "1")
                + postRequest(path, "42[\"say\",\"late\"]")
                + request("HEAD", path)
                + request("GET", path.replace("transport=polling", "transport=websocket")));
        assertThat(client.response().body()).isEqualTo("ok");
        assertThat(client.response().body()).isEqualTo(UNKNOWN);
        assertThat(client.head().status()).isEqualTo(400);
        assertThat(client.response().body()).isEqualTo(UNKNOWN);
        try (RawClient websocket = another()) {
            RawClient.Response response = websocket.upgrade(RawClient.WEBSOCKET + path.substring(POLLING.length()));
            assertThat(response.status()).isEqualTo(400);
            assertThat(response.body()).isEqualTo("Session ID unknown");
        }
        events.expectNext("out transport close");
    }

    @Test
    void expectsNoPollOfASessionThatEndsOtherwise() {
        assertThat(client.post(path, "x").body()).isEqualTo("ok");
        events.expectNext("out parse error");
        assertThat(client.get(path).body()).isEqualTo(UNKNOWN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE", "HEAD", "PATCH"})
    void answersOtherMethodsWith500AndKeepsTheSession(String method) {
        assertThat(client.send(request(method, path)).response().status()).isEqualTo(500);
        assertAlive();
    }

    @Test
    void refusesOtherPaths() {
        RawClient.Response response = client.get("/other");
        assertThat(response.status()).isEqualTo(404);
        assertThat(client.get("/socket.io?EIO=4&transport=polling").status()).isEqualTo(404);
        assertAlive();
    }

    @Test
    void refusesAWebSocketTransportOverPolling() {
        assertThat(client.get(path.replace("transport=polling", "transport=websocket"))
                        .body())
                .isEqualTo(BAD_REQUEST);
        assertAlive();
    }

    @Test
    void takesParametersAsTheyStand() {
        assertThat(client.get("/socket.io/?EIO=3&EIO=4&transport=polling&x=a;b&token=a+b%20c")
                        .status())
                .isEqualTo(200);
    }

    // ---- HTTP -----------------------------------------------------------------------------------

    @Test
    void answersPipelinedRequestsInOrder() {
        client.send(request("GET", path)
                + postRequest(path, "42[\"say\",\"1\"]")
                + request("GET", "/socket.io/?EIO=4&transport=abc")
                + request("GET", path));
        Eventually.await("the poll to be held", () -> held(path));
        io.emit("hello");
        assertThat(client.response().body()).isEqualTo("42[\"hello\"]");
        assertThat(client.response().body()).isEqualTo("ok");
        assertThat(client.response().body()).contains("Transport unknown");
        io.emit("again");
        assertThat(client.response().body()).isEqualTo("42[\"again\"]");
        events.expectNext("1");
    }

    @Test
    void closesWhereTooMuchIsPipelined() {
        client.send(request("GET", path));
        try {
            for (int i = 0; i < 200; i++) {
                client.send(request("GET", path));
            }
        } catch (UncheckedIOException closed) {
            assertThat(closed).isNotNull();
        }
        assertThat(client.isClosedByServer()).isTrue();
        events.expectNext("out transport error");
    }

    @Test
    void refusesAHeadThatIsTooLarge() {
        client.send(request("GET", POLLING, "Cookie: " + "x".repeat(20_000)));
        assertThat(client.response().status()).isEqualTo(431);
        assertThat(client.isClosedByServer()).isTrue();
    }

    @Test
    void closesAfterTheAnswerWhereTheClientAsksForIt() {
        assertThat(client.get(POLLING, "Connection: close").status()).isEqualTo(200);
        assertThat(client.isClosedByServer()).isTrue();
    }

    @Test
    void saysThatAnswersMustNotBeStored() {
        RawClient.Response response = client.get(POLLING, "User-Agent: x;MSIE 9");
        assertThat(response.header("cache-control")).contains("no-store");
        assertThat(response.header("x-xss-protection")).contains("0");
        assertThat(client.get(POLLING).header("x-xss-protection")).isEmpty();
    }

    // ---- CORS -----------------------------------------------------------------------------------

    @Test
    void answersPagesOfAllowedOriginsAlsoWhereItRefuses() {
        for (String target : List.of(POLLING, POLLING + "&sid=nope", path.replace("polling", "abc"))) {
            RawClient.Response response = client.get(target, "Origin: https://a.example");
            assertThat(response.header("access-control-allow-origin")).contains("https://a.example");
            assertThat(response.header("access-control-allow-credentials")).contains("true");
            assertThat(response.header("vary")).contains("Origin");
        }
        RawClient.Response other = client.get(POLLING, "Origin: https://b.example");
        assertThat(other.status()).isEqualTo(200);
        assertThat(other.header("access-control-allow-origin")).isEmpty();
        assertThat(other.header("vary")).contains("Origin");
    }

    @Test
    void answersAPreflight() {
        RawClient.Response response = client.send(request(
                        "OPTIONS",
                        POLLING,
                        "Origin: https://a.example",
                        "Access-Control-Request-Method: POST",
                        "Access-Control-Request-Headers: x-token"))
                .response();
        assertThat(response.status()).isEqualTo(204);
        assertThat(response.header("access-control-allow-origin")).contains("https://a.example");
        assertThat(response.header("access-control-allow-methods")).contains("GET,HEAD,PUT,PATCH,POST,DELETE");
        assertThat(response.header("access-control-allow-headers")).contains("x-token");
        assertThat(client.get(POLLING).status()).isEqualTo(200);
    }
}
