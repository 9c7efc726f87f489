package dev.bowline.testkit;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The example's client must be right, or the example is not. */
class NewsReaderTest {
    private NewsServer server;

    @RegisterExtension
    final FaultProxyExtension net = FaultProxyExtension.to(() -> server.port());

    @BeforeEach
    void startServer() throws IOException {
        server = new NewsServer();
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 20, 60, 70, 75, 76, 77, 78, 79, 80})
    void noticesAnAnswerThatStopsInItsMiddle(int bytes, FaultProxy proxy) throws InterruptedException {
        Recorder<String> seen = new Recorder<>(Duration.ofSeconds(3));
        try (NewsReader reader = new NewsReader(proxy.uri(), Duration.ofMillis(100), seen)) {
            seen.expectNext("connected");
            proxy.newLinks().holdAfter(Direction.TO_CLIENT, bytes);
            proxy.existing().reset();
            seen.expectNext("lost");
        }
    }
}
