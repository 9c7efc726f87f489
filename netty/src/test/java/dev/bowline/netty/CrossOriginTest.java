package dev.bowline.netty;

import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static dev.bowline.netty.RawClient.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.netty.proxy.TrustedProxies;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.server.transport.Cors;
import dev.bowline.server.transport.SessionCookie;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What pages of other origins may do, and what they are told: CORS, WebSockets, cookies. */
class CrossOriginTest {
    private static final String PAGE = "Origin: https://app.example.com";

    private static <T> T with(ServerOptions.Builder options, Function<RawClient, T> test) {
        try (SocketIoServer io = SocketIoServer.create(options.build());
                NettyServer server = NettyServer.bind(io, 0);
                RawClient client = new RawClient(server.port())) {
            return test.apply(client);
        }
    }

    private static RawClient.Response get(Cors cors, String origin) {
        return with(ServerOptions.builder().cors(cors), client -> client.get(POLLING, "Origin: " + origin));
    }

    private static Optional<String> allowed(Cors cors, String origin) {
        return get(cors, origin).header("access-control-allow-origin");
    }

    // ---- CORS -----------------------------------------------------------------------------------

    @Test
    void allowsByListPatternTestOrAll() {
        Cors pattern = Cors.matching(Pattern.compile("https://[a-z]+\\.example\\.com"));
        assertThat(allowed(pattern, "https://app.example.com")).contains("https://app.example.com");
        assertThat(allowed(pattern, "https://app.example.com.evil.org")).isEmpty();
        assertThat(allowed(pattern, "https://evil.org/https://app.example.com")).isEmpty();
        assertThat(allowed(Cors.where("null"::equals), "null")).contains("null");
        assertThat(allowed(Cors.of("https://a.example", "https://b.example"), "https://b.example"))
                .contains("https://b.example");
        assertThat(allowed(Cors.any(), "https://who.knows")).contains("*");
        assertThat(get(Cors.any(), "https://who.knows").header("vary")).isEmpty();
        assertThat(get(pattern, "https://evil.org").header("vary")).contains("Origin");
    }

    @Test
    void neverAllowsAnyOriginWithCredentials() {
        assertThatThrownBy(() -> Cors.any().withCredentials())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cors credentials must go with named origins");
        Cors explicit = Cors.where(origin -> true).withCredentials();
        assertThat(get(explicit, "https://a.example").headers())
                .containsEntry("access-control-allow-origin", "https://a.example")
                .containsEntry("access-control-allow-credentials", "true");
    }

    @Test
    void answersPreflightsAsTold() {
        Cors cors = Cors.of("https://app.example.com")
                .withMethods("GET", "POST")
                .withAllowedHeaders("x-token", "content-type")
                .withExposedHeaders("x-served-by")
                .withMaxAge(Duration.ofMinutes(10))
                .withPreflightStatus(200);
        RawClient.Response preflight = with(
                ServerOptions.builder().cors(cors),
                client -> client.send(
                                request("OPTIONS", POLLING, PAGE, "Access-Control-Request-Headers: anything-at-all"))
                        .response());
        assertThat(preflight.status()).isEqualTo(200);
        assertThat(preflight.body()).isEmpty();
        assertThat(preflight.headers())
                .containsEntry("access-control-allow-origin", "https://app.example.com")
                .containsEntry("access-control-allow-methods", "GET,POST")
                .containsEntry("access-control-allow-headers", "x-token,content-type")
                .containsEntry("access-control-expose-headers", "x-served-by")
                .containsEntry("access-control-max-age", "600");
    }

    /** Of two hosts that a request names, the one in the target counts (RFC 9112, section 3.2.2). */
    @Test
    void takesTheHostOfATargetInAbsoluteForm() {
        assertThat(with(ServerOptions.builder(), client -> client.upgrade("http://app.example.com" + WEBSOCKET, PAGE))
                        .status())
                .isEqualTo(101);
        assertThat(with(
                                ServerOptions.builder(),
                                client -> client.upgrade(
                                        "http://other.example.com" + WEBSOCKET, PAGE, "Host: app.example.com"))
                        .status())
                .isEqualTo(400);
    }

    @Test
    void saysItOnEveryAnswerAlsoOn101And404() {
        ServerOptions.Builder options = ServerOptions.builder().cors(Cors.of("https://app.example.com"));
        for (String target : new String[] {POLLING, "/socket.io/?EIO=4&transport=x", "/elsewhere"}) {
            assertThat(with(options, client -> client.get(target, PAGE)).headers())
                    .as(target)
                    .containsEntry("access-control-allow-origin", "https://app.example.com");
        }
        RawClient.Response switched = with(options, client -> client.upgrade(WEBSOCKET, PAGE));
        assertThat(switched.status()).isEqualTo(101);
        assertThat(switched.headers()).containsEntry("access-control-allow-origin", "https://app.example.com");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET POST", "", "x\r\ny"})
    void refusesWhatIsNoName(String name) {
        assertThatThrownBy(() -> Cors.any().withMethods(name)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Cors.any().withExposedHeaders(name)).isInstanceOf(IllegalArgumentException.class);
    }

    // ---- WebSockets -----------------------------------------------------------------------------

    /** The host that the server is asked for is {@code test}. */
    @ParameterizedTest
    @CsvSource({
        "http://test, 101",
        "https://test, 101",
        "https://test:8443, 101",
        "https://TEST, 101",
        "https://app.example.com, 400",
        "https://test.evil.org, 400",
        "https://evil.org/test, 400",
        "null, 400",
        "file://, 400",
        "test, 400"
    })
    void opensWebSocketsToPagesOfTheSameHostOnly(String origin, int status) {
        RawClient.Response response =
                with(ServerOptions.builder(), client -> client.upgrade(WEBSOCKET, "Origin: " + origin));
        assertThat(response.status()).isEqualTo(status);
        assertThat(response.body()).isEqualTo(status == 101 ? "" : "Origin not allowed");
    }

    @Test
    void believesAProxyThatTellsTheHost() {
        RawClient.Response response = with(
                ServerOptions.builder(),
                client -> client.upgrade(WEBSOCKET, PAGE, "X-Forwarded-Host: app.example.com:443"));
        assertThat(response.status()).isEqualTo(101);
    }

    @Test
    void opensWebSocketsToWhoIsNoBrowser() {
        assertThat(with(ServerOptions.builder(), client -> client.upgrade(WEBSOCKET))
                        .status())
                .isEqualTo(101);
    }

    @Test
    void opensWebSocketsToOriginsThatCorsAllows() {
        for (Cors cors : new Cors[] {Cors.any(), Cors.of("https://app.example.com")}) {
            assertThat(with(ServerOptions.builder().cors(cors), client -> client.upgrade(WEBSOCKET, PAGE))
                            .status())
                    .isEqualTo(101);
        }
        assertThat(with(
                                ServerOptions.builder().cors(Cors.of("https://other.example")),
                                client -> client.upgrade(WEBSOCKET, PAGE))
                        .status())
                .isEqualTo(400);
    }

    @Test
    void doesNotAskForTheOriginIfTold() {
        ServerOptions.Builder options = ServerOptions.builder().originCheck(false);
        assertThat(with(options, client -> client.upgrade(WEBSOCKET, PAGE)).status())
                .isEqualTo(101);
    }

    /** What a page may not read it may still cause; that is so for every HTTP server, and carries no session id. */
    @Test
    void servesPollingWhateverTheOriginAsTheReferenceDoes() {
        RawClient.Response response = with(ServerOptions.builder(), client -> client.get(POLLING, PAGE));
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("access-control-allow-origin")).isEmpty();
    }

    @Test
    void doesNotLetAPageOfAnotherOriginProbe() {
        try (NettyServer server = NettyServer.bind(SocketIoServer.create(), 0);
                RawClient client = new RawClient(server.port())) {
            String sid = RawClient.openPolling(server.port());
            assertThat(client.upgrade(WEBSOCKET + "&sid=" + sid, PAGE).status()).isEqualTo(400);
        }
    }

    // ---- Cookies --------------------------------------------------------------------------------

    private static RawClient.Response handshake(SessionCookie cookie) {
        return with(ServerOptions.builder().cookie(cookie), client -> client.get(POLLING));
    }

    @Test
    void setsACookieAtAPollingHandshake() {
        RawClient.Response response = handshake(SessionCookie.named("io"));
        assertThat(response.header("set-cookie"))
                .contains("io=" + RawClient.sid(response.body()) + "; Path=/; HttpOnly; SameSite=Lax");
    }

    @Test
    void setsTheCookieAsTold() {
        RawClient.Response response = handshake(SessionCookie.named("node")
                .withMaxAge(Duration.ofDays(1))
                .withDomain("example.com")
                .withPath("/socket.io/")
                .withoutHttpOnly()
                .withSameSite(SessionCookie.SameSite.NONE));
        assertThat(response.header("set-cookie"))
                .contains("node=" + RawClient.sid(response.body())
                        + "; Max-Age=86400; Domain=example.com; Path=/socket.io/; Secure; SameSite=None");
    }

    @Test
    void marksTheCookieAsSecureWhereTheClientCameOverTls() {
        try (SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
                        .cookie(SessionCookie.named("io"))
                        .build());
                NettyServer server = NettyServer.builder(io)
                        .port(0)
                        .trustedProxies(TrustedProxies.of("127.0.0.1"))
                        .bind();
                RawClient client = new RawClient(server.port())) {
            assertThat(client.get(POLLING, "X-Forwarded-Proto: https").header("set-cookie"))
                    .hasValueSatisfying(value -> assertThat(value).contains("; Secure"));
        }
    }

    @Test
    void setsNoCookieElsewhere() {
        ServerOptions.Builder options = ServerOptions.builder().cookie(SessionCookie.named("io"));
        Map<String, String> later = with(options, client -> {
            String path = POLLING + "&sid=" + RawClient.sid(client.get(POLLING).body());
            return client.post(path, "40").headers();
        });
        assertThat(later).doesNotContainKey("set-cookie");
        assertThat(with(options, client -> client.upgrade(WEBSOCKET)).header("set-cookie"))
                .isEmpty();
        assertThat(with(ServerOptions.builder(), client -> client.get(POLLING)).header("set-cookie"))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"'a b', /, x", "a=b, /, x", "io, x, x", "io, '/;a', x", "io, /, 'x;y'", "'', /, x"})
    void refusesCookiesThatWouldNotBeOne(String name, String path, String domain) {
        assertThatThrownBy(() -> SessionCookie.named(name).withPath(path).withDomain(domain))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("cookie ");
    }
}
