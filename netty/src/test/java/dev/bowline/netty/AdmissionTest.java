package dev.bowline.netty;

import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.server.ConnectionError;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Handshakes that are refused because there are too many: told so before anything is opened. */
class AdmissionTest {
    private final Recorder<String> errors = new Recorder<>();
    private @Nullable NettyServer server;

    private SocketIoServer start(ServerOptions.Builder options) {
        SocketIoServer io = SocketIoServer.create(options.build());
        io.onConnectionError((ConnectionError error) -> errors.accept(error.message()));
        server = NettyServer.bind(io, 0);
        return io;
    }

    private int port() {
        if (server == null) {
            throw new IllegalStateException("not started");
        }
        return server.port();
    }

    @AfterEach
    void close() {
        if (server != null) {
            server.close();
        }
    }

    private void assertRefused(int status, String message) {
        try (var polling = new RawClient(port());
                var websocket = new RawClient(port())) {
            RawClient.Response refused = polling.get(POLLING);
            assertThat(refused.status()).isEqualTo(status);
            assertThat(refused.body()).isEqualTo("{\"code\":3,\"message\":\"" + message + "\"}");
            assertThat(refused.header("retry-after")).contains("1");
            errors.expectNext(message);
            RawClient.Response upgrade = websocket.upgrade(WEBSOCKET);
            assertThat(upgrade.status()).isEqualTo(status);
            assertThat(upgrade.body()).isEqualTo(message);
            assertThat(upgrade.header("retry-after")).contains("1");
            assertThat(websocket.isClosedByServer()).isTrue();
            errors.expectNext(message);
        }
    }

    @Test
    void saysThatItIsFullAndLetsInWhenSomebodyHasLeft() {
        SocketIoServer io = start(ServerOptions.builder().maxConnections(2));
        try (RawClient first = RawClient.enter(port())) {
            RawClient.openPolling(port());
            assertRefused(503, "Server full");
            first.close();
            Eventually.await("one to leave", () -> io.connectionCount() == 1);
            RawClient.enter(port()).close();
        }
    }

    @Test
    void countsTheClientsOfAnAddress() {
        start(ServerOptions.builder().maxConnectionsPerAddress(1).limitPrivateAddresses(true));
        try (RawClient first = RawClient.enter(port())) {
            assertRefused(429, "Too many connections");
            first.text("2probe");
        }
    }

    @Test
    void countsThoseThatJoinNoNamespace() {
        SocketIoServer io = start(ServerOptions.builder().maxConnectionsOutside(1));
        try (RawClient first = RawClient.openWebSocket(port())) {
            assertRefused(503, "Server full");
            first.text("40");
            first.nextText();
            Eventually.await("it to be in", () -> io.engine().outsideCount() == 0);
            RawClient.enter(port()).close();
        }
    }

    @Test
    void countsThoseAboutWhomTheApplicationHasNotDecided() throws InterruptedException {
        var asked = new CountDownLatch(1);
        var decide = new CountDownLatch(1);
        start(ServerOptions.builder().maxConnectionsOutside(1).allowRequest(request -> {
            asked.countDown();
            try {
                decide.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return Optional.empty();
        }));
        try (var first = new RawClient(port())) {
            first.send(RawClient.request("GET", POLLING));
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            assertRefused(503, "Server full");
            decide.countDown();
            assertThat(first.response().status()).isEqualTo(200);
        }
    }

    @Test
    void countsHandshakesOfASecond() {
        start(ServerOptions.builder().maxHandshakesPerSecond(1));
        Eventually.await("one too many", () -> {
            try (var client = new RawClient(port())) {
                return client.get(POLLING).status() == 429;
            }
        });
        errors.expectNext("Too many handshakes");
    }
}
