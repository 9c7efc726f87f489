package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.core.engine.TransportName;
import dev.bowline.server.transport.Cors;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerOptionsTest {
    private record Bad(UnaryOperator<ServerOptions.Builder> change, String message) {}

    private static final List<Bad> BAD = List.of(
            new Bad(b -> b.path("io"), "path must begin with a slash: io"),
            new Bad(b -> b.path(""), "path must begin with a slash: "),
            new Bad(b -> b.path("/io?x"), "path must not hold a query: /io?x"),
            new Bad(b -> b.pingInterval(Duration.ZERO), "pingInterval must be between 1 ms and 2^31-1 ms: PT0S"),
            new Bad(
                    b -> b.pingTimeout(Duration.ofMillis(-1)),
                    "pingTimeout must be between 1 ms and 2^31-1 ms: PT-0.001S"),
            new Bad(
                    b -> b.upgradeTimeout(Duration.ofNanos(1_500_000)),
                    "upgradeTimeout must be whole milliseconds: PT0.0015S"),
            new Bad(
                    b -> b.connectTimeout(Duration.ofSeconds(Long.MAX_VALUE)),
                    "connectTimeout must be between 1 ms and 2^31-1 ms: " + Duration.ofSeconds(Long.MAX_VALUE)),
            new Bad(b -> b.ackTimeout(Duration.ofDays(25)), "ackTimeout must be between 1 ms and 2^31-1 ms: PT600H"),
            new Bad(b -> b.maxHttpBufferSize(0), "maxHttpBufferSize must be positive: 0"),
            new Bad(b -> b.maxQueuedBytes(-1), "maxQueuedBytes must be positive: -1"),
            new Bad(b -> b.maxQueuedEvents(0), "maxQueuedEvents must be positive: 0"),
            new Bad(b -> b.maxAttachments(-1), "maxAttachments must not be negative: -1"),
            new Bad(b -> b.transports(), "transports must not be empty: []"),
            new Bad(
                    b -> b.transports(TransportName.POLLING, TransportName.POLLING),
                    "transports must not name one twice: [polling, polling]"));

    @TestFactory
    Stream<DynamicTest> namesOptionRuleAndValue() {
        return BAD.stream()
                .map(bad -> DynamicTest.dynamicTest(
                        bad.message(),
                        () -> assertThatThrownBy(() -> bad.change()
                                        .apply(ServerOptions.builder())
                                        .build())
                                .isInstanceOf(IllegalArgumentException.class)
                                .hasMessage(bad.message())));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pingIntpierval|1000|unknown option pingIntpierval: did you mean pingInterval?",
                "Path|/x|unknown option Path: did you mean path?",
                "maxHTTPBufferSize|1|unknown option maxHTTPBufferSize: did you mean maxHttpBufferSize?",
                "pingInterval|1s|pingInterval must be a whole number: 1s",
                "pingInterval|0|pingInterval must be between 1 ms and 2^31-1 ms: PT0S",
                "maxHttpBufferSize|4294967297|maxHttpBufferSize must be at most 2^31-1: 4294967297",
                "maxAttachments|-4294967295|maxAttachments must be at most 2^31-1: -4294967295",
                "allowUpgrades|yes|allowUpgrades must be true or false: yes",
                "addTrailingSlash|1|addTrailingSlash must be true or false: 1",
                "transports|polling,webtransport|transports must be among polling, websocket: webtransport",
                "transports|polling,polling|transports must not name one twice: [polling, polling]",
                "cors|https://a.example/path|cors origin must be scheme://host[:port], without path or wildcard: https://a.example/path",
                "cors|*|cors origin must be scheme://host[:port], without path or wildcard: *"
            })
    void refusesBadConfiguration(String key, String value, String message) {
        assertThatThrownBy(() -> ServerOptions.of(Map.of(key, value)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void readsConfiguration() {
        ServerOptions options = ServerOptions.of(Map.ofEntries(
                Map.entry("path", "/live/"),
                Map.entry("pingInterval", "1000"),
                Map.entry("pingTimeout", "500"),
                Map.entry("upgradeTimeout", "400"),
                Map.entry("connectTimeout", "300"),
                Map.entry("ackTimeout", "200"),
                Map.entry("maxHttpBufferSize", "100"),
                Map.entry("maxQueuedBytes", "99"),
                Map.entry("maxQueuedEvents", "9"),
                Map.entry("maxAttachments", "0"),
                Map.entry("transports", "websocket"),
                Map.entry("allowUpgrades", "false"),
                Map.entry("cors", "https://a.example, http://localhost:3000")));
        assertThat(options.engine().path()).isEqualTo("/live/");
        assertThat(options.engine().transports()).containsExactly(TransportName.WEBSOCKET);
        assertThat(options.engine().allowUpgrades()).isFalse();
        Cors cors = options.engine().cors().orElseThrow();
        assertThat(cors.allowed().test("http://localhost:3000")).isTrue();
        assertThat(cors.allowed().test("http://localhost:3001")).isFalse();
        assertThat(options.session().pingInterval()).isEqualTo(Duration.ofSeconds(1));
        assertThat(options.session().maxPayload()).isEqualTo(100);
        assertThat(options.maxQueuedEvents()).isEqualTo(9);
        assertThat(options.connectTimeout()).isEqualTo(Duration.ofMillis(300));
        assertThat(options.ackTimeout()).isEqualTo(Duration.ofMillis(200));
    }

    @ParameterizedTest
    @CsvSource({
        "/socket.io, true, /socket.io/",
        "/socket.io/, true, /socket.io/",
        "/socket.io/, false, /socket.io",
        "/, true, /"
    })
    void normalisesThePath(String path, boolean slash, String expected) {
        assertThat(ServerOptions.builder()
                        .path(path)
                        .addTrailingSlash(slash)
                        .build()
                        .engine()
                        .path())
                .isEqualTo(expected);
    }

    @Test
    void isSealedOnceBuilt() {
        ServerOptions.Builder builder = ServerOptions.builder();
        ServerOptions built = builder.build();
        builder.maxQueuedEvents(1);
        assertThat(built.maxQueuedEvents()).isEqualTo(1_000);
    }
}
