package dev.bowline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.core.engine.TransportName;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Wrong options are told at once, with the option, the rule and the value. */
class OptionsTest {
    private static ManagerBuilder builder() {
        return Manager.builder(URI.create("http://localhost"));
    }

    private static void refused(ThrowingCallable setting, String message) {
        assertThatThrownBy(setting).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }

    @Test
    void refusesWhatMakesNoSense() {
        refused(() -> Manager.create(URI.create("ftp://x")), "uri must begin with http, https, ws or wss: ftp://x");
        refused(() -> Manager.create(URI.create("http:/x")), "uri must name a host");
        refused(() -> Manager.create(URI.create("http://x/chat")), "uri must not have a path");
        refused(() -> builder().path("x"), "path must begin with a slash and hold neither ? nor #: x");
        refused(() -> builder().transports(), "transports must be one or more, each once: []");
        refused(
                () -> builder().transports(TransportName.POLLING, TransportName.POLLING),
                "transports must be one or more, each once: [polling, polling]");
        refused(() -> builder().connectTimeout(Duration.ZERO), "connectTimeout must be more than zero");
        refused(() -> builder().ackTimeout(Duration.ofSeconds(-1)), "ackTimeout must be more than zero");
        refused(() -> builder().requestTimeout(Duration.ZERO), "requestTimeout must be more than zero");
        refused(() -> builder().timestampParam("a&b"), "timestampParam must be letters, digits, _ and -: a&b");
        refused(() -> builder().subprotocols("a b"), "subprotocols must be tokens, each once: [a b]");
        refused(() -> builder().subprotocols("a", "a"), "subprotocols must be tokens, each once: [a, a]");
        refused(() -> builder().retries(0), "retries must be at least 1: 0");
        refused(() -> builder().retries(3).build(), "retries needs an ackTimeout: 3");
        refused(() -> builder().maxAttachments(0), "maxAttachments must be at least 1: 0");
        refused(() -> builder().maxBufferedBytes(0), "maxBufferedBytes must be at least 1: 0");
        refused(() -> builder().header("Connection", "close"), "restricted header name");
        refused(() -> builder().header("Sec-WebSocket-Key", "x"), "restricted header name");
        refused(
                () -> builder()
                        .httpClient(HttpClient.newHttpClient())
                        .cookies(true)
                        .build(),
                "httpClient must come alone: cookies is set too");
        refused(
                () -> builder()
                        .transports(TransportName.POLLING)
                        .tryAllTransports(true)
                        .build(),
                "tryAllTransports needs more than one transport: [polling]");
        refused(() -> builder().options().codec().writeEvent("disconnecting"), "reserved");
        try (Manager manager = builder().build()) {
            refused(() -> manager.socket("/a,b"), "namespace must not hold a comma");
            refused(() -> manager.socket().timeout(Duration.ZERO), "timeout must be more than zero: PT0S");
            assertThat(manager.socket("chat")).isSameAs(manager.socket("/chat"));
        }
    }

    @Test
    void refusesAReconnectionThatMakesNoSense() {
        Reconnection defaults = Reconnection.defaults();
        refused(() -> defaults.withAttempts(0), "attempts must be at least 1: 0");
        refused(() -> defaults.withDelay(Duration.ZERO), "delay must be at least PT0.001S: PT0S");
        refused(
                () -> defaults.withMaxDelay(Duration.ofMillis(999)),
                "maxDelay must not be less than delay: PT0.999S < PT1S");
        refused(() -> defaults.withRandomization(1.1), "randomization must be from 0 to 1: 1.1");
        refused(() -> defaults.withRandomization(Double.NaN), "randomization must be from 0 to 1: NaN");
        assertThat(Reconnection.disabled().enabled()).isFalse();
    }

    @Test
    void writesTheServersAddressAsTheReferenceDoes() {
        ManagerOptions options = Manager.builder(URI.create("https://[::1]:443?a=%20b"))
                .query("c d", "ü&=")
                .path("/deep/path")
                .options();
        assertThat(options.secure()).isTrue();
        assertThat(options.authority()).isEqualTo("[::1]");
        assertThat(options.path()).isEqualTo("/deep/path/");
        assertThat(options.query()).isEqualTo("a=%20b&c+d=%C3%BC%26%3D");
        assertThat(Manager.builder(URI.create("ws://host:443")).options().authority())
                .isEqualTo("host:443");
    }
}
