package dev.bowline.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.client.RawServer.Request;
import dev.bowline.core.engine.TransportName;
import dev.bowline.testkit.Recorder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the requests of the two transports say, and what is understood of the answers, byte by byte. */
class HttpTransportsTest {
    /** Connects, and looks at the handshake, a post and the request to upgrade. */
    private static void requests(UnaryOperator<ManagerBuilder> options, Looking looking) throws IOException {
        try (var server = new RawServer(RawServer::patiently);
                Manager manager = options.apply(server.builder())
                        .closeTimeout(Duration.ofMillis(200))
                        .build()) {
            manager.socket().connect();
            looking.at(
                    server.awaitRequest(Request::isHandshake),
                    server.awaitRequest(request -> request.line().startsWith("POST")),
                    server.awaitRequest(Request::isWebSocket));
        }
    }

    private interface Looking {
        void at(Request handshake, Request post, Request upgrade);
    }

    @Test
    void addressesLookLikeThoseOfTheReference() throws IOException {
        requests(options -> options.path("/a/b").query("user", "é&"), (handshake, post, upgrade) -> {
            assertThat(handshake.line())
                    .matches("GET /a/b/\\?user=%C3%A9%26&EIO=4&transport=polling&t=[\\w-]{8} HTTP/1.1");
            assertThat(post.line())
                    .matches("POST /a/b/\\?user=%C3%A9%26&EIO=4&transport=polling&t=[\\w-]{8}&sid=e HTTP/1.1");
            assertThat(upgrade.line()).isEqualTo("GET /a/b/?user=%C3%A9%26&EIO=4&transport=websocket&sid=e HTTP/1.1");
            assertThat(handshake.header("Accept")).isEqualTo("*/*");
            assertThat(post.header("Content-Type")).isEqualTo("text/plain;charset=UTF-8");
            assertThat(post.body()).isEqualTo("40");
        });
    }

    @Test
    void headersAreOnEveryRequest() throws IOException {
        requests(
                options -> options.header("Authorization", "Bearer x").header("X-Two", "zwei"),
                (handshake, post, upgrade) -> {
                    for (Request each : new Request[] {handshake, post, upgrade}) {
                        assertThat(each.header("authorization")).isEqualTo("Bearer x");
                        assertThat(each.header("x-two")).isEqualTo("zwei");
                    }
                });
    }

    @Test
    void timestampsAreWhereTheyAreWanted() throws IOException {
        requests(
                options -> options.timestampRequests(true).timestampParam("now"),
                (handshake, post, upgrade) -> assertThat(upgrade.line()).containsPattern("&sid=e&now=[\\w-]{8} "));
        requests(
                options -> options.timestampRequests(false),
                (handshake, post, upgrade) -> assertThat(handshake.line()).doesNotContain("&t="));
    }

    @Test
    void thePathEndsAsItIsWanted() throws IOException {
        requests(options -> options.path("/x/").addTrailingSlash(false), (handshake, post, upgrade) -> {
            assertThat(handshake.line()).startsWith("GET /x?EIO=4");
            assertThat(upgrade.line()).startsWith("GET /x?EIO=4");
        });
    }

    @Test
    void subprotocolsAreAskedFor() throws IOException {
        requests(
                options -> options.subprotocols("first", "second"),
                (handshake, post, upgrade) ->
                        assertThat(upgrade.header("Sec-WebSocket-Protocol")).isEqualTo("first, second"));
    }

    @Test
    void aServerIsToldThatBinaryMustBeText() throws IOException {
        requests(options -> options.forceBase64(true), (handshake, post, upgrade) -> {
            assertThat(handshake.line()).contains("&b64=1&");
            assertThat(upgrade.line()).contains("&b64=1 ");
        });
    }

    @Test
    void anAddressOfIpv6IsInBrackets() throws IOException {
        byte[] address = new byte[16];
        address[15] = 1;
        InetAddress loopback = InetAddress.getByAddress(address);
        try (var server = new RawServer(loopback, RawServer::patiently);
                Manager manager =
                        server.builder().closeTimeout(Duration.ofMillis(200)).build()) {
            manager.connect();
            Request upgrade = server.awaitRequest(Request::isWebSocket);
            assertThat(upgrade.header("Host")).isEqualTo("[0:0:0:0:0:0:0:1]:" + server.port());
        }
    }

    @Test
    void aRequestThatTakesTooLongIsALoss() throws IOException {
        var ends = new Recorder<String>();
        try (var server = new RawServer(RawServer::patiently);
                Manager manager = server.builder()
                        .transports(TransportName.POLLING)
                        .requestTimeout(Duration.ofMillis(100))
                        .reconnection(Reconnection.disabled())
                        .build()) {
            manager.onError(failure -> ends.accept(failure.getMessage() + ": " + failure.getCause()));
            manager.onClose(reason -> ends.accept(reason.text()));
            manager.connect();
            assertThat(ends.next()).startsWith("xhr poll error: java.net.http.HttpTimeoutException");
            ends.expectNext("transport error");
        }
    }

    // ---- Compressed answers ---------------------------------------------------------------------

    private static byte[] compressed(String encoding, String text) {
        var bytes = new ByteArrayOutputStream();
        try (OutputStream out =
                encoding.equals("gzip") ? new GZIPOutputStream(bytes) : new DeflaterOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return bytes.toByteArray();
    }

    /** Answers the first poll of a session so, and lets the next one wait. */
    private static String afterPoll(byte[] answer, int maxMessageBytes) throws IOException {
        var seen = new Recorder<String>();
        var polled = new java.util.concurrent.atomic.AtomicBoolean();
        try (var server = new RawServer(request -> {
                    boolean poll = request.line().startsWith("GET") && !request.isHandshake();
                    return poll && !polled.getAndSet(true) ? answer : RawServer.patiently(request);
                });
                Manager manager = server.builder()
                        .transports(TransportName.POLLING)
                        .reconnection(Reconnection.disabled())
                        .maxMessageBytes(maxMessageBytes)
                        .closeTimeout(Duration.ofMillis(200))
                        .build()) {
            Socket socket = manager.socket();
            socket.on("news", String.class, text -> seen.accept("heard " + text.length()));
            manager.onError(failure -> seen.accept(String.valueOf(failure.getCause())));
            socket.connect();
            String first = seen.next();
            if (first.startsWith("heard")) {
                Request handshake = server.requests.all().get(0);
                assertThat(handshake.header("Accept-Encoding")).isEqualTo("gzip, deflate");
            }
            return first.toLowerCase(Locale.ROOT);
        }
    }

    private static String news(int length) {
        return "40{\"sid\":\"s\"}\u001e42[\"news\",\"" + "x".repeat(length) + "\"]";
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate"})
    void areInflated(String encoding) throws IOException {
        byte[] body = compressed(encoding, news(50_000));
        assertThat(body.length).isLessThan(1000);
        assertThat(afterPoll(RawServer.ok(body, "Content-Encoding: " + encoding + "\r\n"), 60_000))
                .isEqualTo("heard 50000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate"})
    void areNotInflatedBeyondTheLimit(String encoding) throws IOException {
        byte[] body = compressed(encoding, news(50_000));
        assertThat(afterPoll(RawServer.ok(body, "Content-Encoding: " + encoding + "\r\n"), 50_000))
                .contains("answer larger than 50000 bytes");
    }

    @Test
    void areRefusedWhereTheyAreBrokenOrOfAnotherKind() throws IOException {
        byte[] body = news(10).getBytes(StandardCharsets.UTF_8);
        assertThat(afterPoll(RawServer.ok(body, "Content-Encoding: gzip\r\n"), 1000))
                .contains("not in gzip format");
        assertThat(afterPoll(RawServer.ok(body, "Content-Encoding: br\r\n"), 1000))
                .contains("an encoding that nobody asked for: br");
    }
}
