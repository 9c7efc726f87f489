package dev.bowline.testkit;

// example
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ExampleTest {
    private NewsServer server;

    @RegisterExtension
    final FaultProxyExtension net = FaultProxyExtension.to(() -> server.port());

    @BeforeEach
    void startServer() throws Exception {
        server = new NewsServer();
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Test
    void comesBackAfterTheCableWasCut(FaultProxy proxy) throws Exception {
        Recorder<String> seen = new Recorder<>();
        try (NewsReader reader = new NewsReader(proxy.uri(), Duration.ofMillis(200), seen)) {
            seen.expectNext("connected");
            proxy.all().blackHole(Direction.BOTH);
            seen.expectNext("lost");
            proxy.all().heal();
            seen.expectNext("connected");
        }
        seen.assertExhausted();
    }

    @Test
    void comesBackAfterTheServerRestarted(FaultProxy proxy) throws Exception {
        Recorder<String> seen = new Recorder<>();
        try (NewsReader reader = new NewsReader(proxy.uri(), Duration.ofSeconds(5), seen)) {
            seen.expectNext("connected");
            proxy.newLinks().closePort();
            proxy.existing().reset();
            server.close();
            seen.expectNext("lost");
            server = new NewsServer();
            proxy.all().heal();
            seen.expectNext("connected");
        }
    }
}
// example
