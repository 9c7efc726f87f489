package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.core.engine.TransportName;
import dev.bowline.server.transport.Cors;
import dev.bowline.server.transport.HttpRules;
import dev.bowline.server.transport.PerMessageDeflate;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerOptionsTest {
    private record Bad(UnaryOperator<ServerOptions.Builder> change, String message) {}

    private static final String PATH_RULE = "path must be that of a URL, without a query, and escaped where needed: ";

    private static final List<Bad> BAD = List.of(
            new Bad(b -> b.path("io"), "path must begin with a slash: io"),
            new Bad(b -> b.path(""), "path must begin with a slash: "),
            new Bad(b -> b.path("/io?x"), PATH_RULE + "/io?x"),
            new Bad(b -> b.path("/io#x"), PATH_RULE + "/io#x"),
            new Bad(b -> b.path("/a b\r\n"), PATH_RULE + "/a b\r\n"),
            new Bad(b -> b.path("/io\u0000"), PATH_RULE + "/io\u0000"),
            new Bad(b -> b.path("/caf\u00e9"), PATH_RULE + "/caf\u00e9"),
            new Bad(b -> b.path("/100%"), PATH_RULE + "/100%"),
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
            new Bad(b -> b.maxAnswerBytes(0), "maxAnswerBytes must be positive: 0"),
            new Bad(b -> b.maxDynamicNamespaces(-1), "maxDynamicNamespaces must not be negative: -1"),
            new Bad(b -> b.cors(Cors.of()), "cors must name at least one origin: []"),
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
                "listner|x|unknown option listner: did you mean listener?",
                "listener|x|listener can only be set in code, with ServerOptions.builder(): x",
                "allowRequest|x|allowRequest can only be set in code, with ServerOptions.builder(): x",
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
                "cookie|a b|cookie name must be a token of HTTP: a b",
                "httpCompressionThreshold|-1|httpCompressionThreshold must not be negative: -1",
                "perMessageDeflate|yes|perMessageDeflate must be true or false: yes",
                "clientBundle|/|clientBundle must hold socket.io.js, socket.io.min.js or their kin: /",
                "cors|*|cors origin must be scheme://host[:port], without path or wildcard: *"
            })
    void refusesBadConfiguration(String key, String value, String message) {
        assertThatThrownBy(() -> ServerOptions.of(Map.of(key, value)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    /** An option that configuration does not know would be taken for a misspelt one. */
    @TestFactory
    Stream<DynamicTest> knowsEveryOptionOfTheBuilderInConfiguration() {
        return options()
                .map(Method::getName)
                .distinct()
                .map(option -> DynamicTest.dynamicTest(option, () -> {
                    try {
                        ServerOptions.of(Map.of(option, "\n"));
                    } catch (IllegalArgumentException refused) {
                        assertThat(refused.getMessage()).doesNotContain("unknown");
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> namesTheOptionThatIsNull() {
        return options()
                .filter(option -> !option.getParameterTypes()[0].isPrimitive())
                .map(option -> DynamicTest.dynamicTest(
                        option.getName(),
                        () -> assertThatThrownBy(() -> option.invoke(ServerOptions.builder(), new Object[] {null}))
                                .hasRootCauseInstanceOf(NullPointerException.class)
                                .hasRootCauseMessage(option.getName() + " must not be null")));
    }

    private static Stream<Method> options() {
        return Arrays.stream(ServerOptions.Builder.class.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
                .filter(method -> method.getParameterCount() == 1);
    }

    @Test
    void readsConfiguration(@TempDir Path bundle) throws IOException {
        Files.writeString(bundle.resolve("socket.io.js"), "/* the client */");
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
                Map.entry("maxAnswerBytes", "98"),
                Map.entry("maxDynamicNamespaces", "0"),
                Map.entry("cleanupEmptyChildNamespaces", "true"),
                Map.entry("initialPacket", "hello"),
                Map.entry("transports", "websocket"),
                Map.entry("allowUpgrades", "false"),
                Map.entry("cors", "https://a.example, http://localhost:3000"),
                Map.entry("originCheck", "false"),
                Map.entry("cookie", "io"),
                Map.entry("httpCompression", "true"),
                Map.entry("httpCompressionThreshold", "10"),
                Map.entry("perMessageDeflate", "true"),
                Map.entry("clientBundle", bundle.toString())));
        assertThat(options.engine().path()).isEqualTo("/live/");
        assertThat(options.engine().transports()).containsExactly(TransportName.WEBSOCKET);
        assertThat(options.engine().allowUpgrades()).isFalse();
        HttpRules http = options.engine().http();
        Cors cors = http.cors().orElseThrow();
        assertThat(cors.allows("http://localhost:3000")).isTrue();
        assertThat(cors.allows("http://localhost:3001")).isFalse();
        assertThat(http.originCheck()).isFalse();
        assertThat(http.cookie()).isPresent();
        assertThat(http.compressionThreshold()).hasValue(10);
        assertThat(http.perMessageDeflate()).contains(PerMessageDeflate.defaults());
        assertThat(http.clientBundle().orElseThrow().file("socket.io.js")).isPresent();
        assertThat(options.session().pingInterval()).isEqualTo(Duration.ofSeconds(1));
        assertThat(options.session().maxPayload()).isEqualTo(100);
        assertThat(options.maxQueuedEvents()).isEqualTo(9);
        assertThat(options.maxAnswerBytes()).isEqualTo(98);
        assertThat(options.maxDynamicNamespaces()).isZero();
        assertThat(options.cleanupEmptyChildNamespaces()).isTrue();
        assertThat(options.engine().initialPacket()).isPresent();
        assertThat(options.connectTimeout()).isEqualTo(Duration.ofMillis(300));
        assertThat(options.ackTimeout()).isEqualTo(Duration.ofMillis(200));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/live", "/a/b.c-d_e~f/", "/a%20b", "/@team:1;v=2,3!$&'()*+"})
    void takesWhatThePathOfAUrlMayBe(String path) {
        assertThat(ServerOptions.builder().path(path).build().engine().path()).startsWith(path);
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
