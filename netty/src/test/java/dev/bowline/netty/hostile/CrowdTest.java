package dev.bowline.netty.hostile;

import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.RawClient;
import dev.bowline.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Those who would take all the room there is, and those who say more than anyone can handle. */
@Tag("hostile")
class CrowdTest {
    private static final int ROOM = 50;

    @Test
    void areToldThatThereIsNoRoomAndLeaveIt() throws Exception {
        Siege.laid(options -> options.maxConnections(ROOM)).withstands(siege -> {
            List<RawClient> inside = new ArrayList<>();
            for (int i = 2; i < ROOM; i++) {
                inside.add(siege.inside());
            }
            for (int i = 0; i < 200; i++) {
                RawClient polling = siege.connected();
                assertThat(polling.get(POLLING).status()).isEqualTo(503);
                RawClient websocket = siege.connected();
                assertThat(websocket.upgrade(WEBSOCKET).status()).isEqualTo(503);
                assertThat(siege.io().connectionCount()).isEqualTo(ROOM);
            }
            inside.forEach(RawClient::reset);
            Eventually.await("room for others", () -> siege.io().connectionCount() == 2);
            siege.inside();
        });
    }

    @Test
    void keepNobodyOutByStandingOutsideForLong() throws Exception {
        Siege.laid(options -> options.maxConnectionsOutside(ROOM).connectTimeout(Duration.ofSeconds(1)))
                .withstands(siege -> {
                    for (int i = 0; i < ROOM; i++) {
                        siege.opened();
                    }
                    assertThat(siege.connected().get(POLLING).status()).isEqualTo(503);
                    Eventually.await(
                            "them to be sent away", () -> siege.io().engine().outsideCount() == 0);
                    siege.inside();
                });
    }

    @Test
    void shakeHandsMoreOftenThanTheyMay() throws Exception {
        Siege.laid(options -> options.maxHandshakesPerSecondPerAddress(20)
                        .limitPrivateAddresses(true)
                        .pingInterval(Duration.ofSeconds(1))
                        .pingTimeout(Duration.ofSeconds(3)))
                .withstands(siege -> {
                    int refused = 0;
                    for (int i = 0; i < 500; i++) {
                        try (RawClient client = new RawClient(siege.port())) {
                            int status = client.get(POLLING).status();
                            assertThat(status).isIn(200, 429);
                            refused += status == 429 ? 1 : 0;
                        }
                    }
                    assertThat(refused).isPositive();
                });
    }

    @Test
    void areGivenUpWhenNobodyCanHandleWhatTheySay() throws Exception {
        var release = new CountDownLatch(1);
        Siege.laid(options -> options.maxQueuedEvents(10)
                        .maxReadPause(Duration.ofSeconds(1))
                        .pingInterval(Duration.ofSeconds(1))
                        .pingTimeout(Duration.ofSeconds(3)))
                .withstands(siege -> {
                    siege.io().onConnection(socket -> socket.onEvent("slow", (args, ack) -> release.await()));
                    for (int i = 0; i < 10; i++) {
                        RawClient client = siege.inside();
                        for (int event = 0; event < 1_000; event++) {
                            client.text("42[\"slow\"]");
                        }
                    }
                    Eventually.await(
                            "only the bystanders to be left",
                            Duration.ofSeconds(30),
                            () -> siege.io().connectionCount() == 2);
                    release.countDown();
                });
    }
}
