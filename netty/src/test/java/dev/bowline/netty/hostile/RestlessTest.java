package dev.bowline.netty.hostile;

import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.RawClient;
import dev.bowline.testkit.Eventually;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Those who come, go and change their mind, thousands of times. */
@Tag("hostile")
class RestlessTest {
    @Test
    void areToldThatTenThousandNamespacesDoNotExist() throws Exception {
        Siege.laid().withstands(siege -> {
            RawClient attacker = siege.opened();
            for (int i = 0; i < 10_000; i++) {
                attacker.text("40/n" + i + ",");
                assertThat(attacker.nextText()).startsWith("44/n" + i + ",");
            }
        });
    }

    @Test
    void causeNoMoreNamespacesThanMayBe() throws Exception {
        Siege open = Siege.laid(options -> options.maxDynamicNamespaces(20).cleanupEmptyChildNamespaces(true));
        open.io().of((name, handshake) -> true);
        open.withstands(siege -> {
            RawClient attacker = siege.opened();
            int inside = 0;
            for (int i = 0; i < 10_000; i++) {
                attacker.text("40/n" + i + ",");
                inside += attacker.nextText().startsWith("40/n" + i + ",") ? 1 : 0;
            }
            assertThat(inside).isEqualTo(20);
            assertThat(siege.io().namespaces()).hasSize(3 + 20);
        });
    }

    @Test
    void leaveNothingInNamespacesThatTheyPassThrough() throws Exception {
        Siege open = Siege.laid(options -> options.cleanupEmptyChildNamespaces(true));
        open.io().of((name, handshake) -> true);
        open.withstands(siege -> {
            String rest = "x".repeat(1_000);
            RawClient attacker = siege.opened();
            long heap = Muster.heapBytes();
            for (int i = 0; i < 10_000; i++) {
                attacker.text("40/" + i + rest + ",");
                assertThat(attacker.nextText()).startsWith("40/" + i);
                attacker.text("41/" + i + rest + ",");
            }
            Eventually.await(
                    "the namespaces to go", () -> siege.io().namespaces().size() == 3);
            // While the attacker is still there.
            assertThat(Muster.heapBytes()).isLessThan(heap + (8 << 20));
        });
    }

    @Test
    void enterAndLeaveThousandsOfTimes() throws Exception {
        Siege.laid().withstands(siege -> {
            RawClient attacker = siege.opened();
            for (int i = 0; i < 5_000; i++) {
                attacker.text("40");
                assertThat(attacker.nextText()).startsWith("40{");
                attacker.text("41");
            }
            Eventually.await("all handlers", () -> siege.entered() == 5_000);
            Eventually.await("the last to leave", () -> siege.io().of("/").socketCount() == 0);
        });
    }

    @Test
    void breakOffInTheMiddleOfAnUpgrade() throws Exception {
        Siege.laid(options -> options.connectTimeout(Duration.ofSeconds(2))).withstands(siege -> {
            for (int i = 0; i < 100; i++) {
                String path =
                        "&sid=" + RawClient.sid(siege.connected().get(POLLING).body());
                RawClient probing = siege.connected();
                probing.upgrade(WEBSOCKET + path);
                if (i % 3 > 0) {
                    probing.text("2probe");
                    assertThat(probing.nextText()).isEqualTo("3probe");
                }
                if (i % 3 > 1) {
                    probing.text("5");
                }
                probing.reset();
            }
            Eventually.await("only the bystanders to be left", () -> siege.io().connectionCount() == 2);
        });
    }

    @Test
    void shakeHandsAndAreGone() throws Exception {
        Siege.laid(options -> options.connectTimeout(Duration.ofSeconds(3))).withstands(siege -> {
            for (int i = 0; i < 500; i++) {
                try (var polling = new RawClient(siege.port());
                        var socket = new RawClient(siege.port())) {
                    assertThat(polling.get(POLLING).status()).isEqualTo(200);
                    socket.send(RawClient.request(
                            "GET",
                            WEBSOCKET,
                            "Connection: Upgrade",
                            "Upgrade: websocket",
                            "Sec-WebSocket-Version: 13",
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="));
                    socket.reset();
                }
            }
            Eventually.await(
                    "only the bystanders to be left",
                    Duration.ofSeconds(20),
                    () -> siege.io().connectionCount() == 2);
        });
    }
}
