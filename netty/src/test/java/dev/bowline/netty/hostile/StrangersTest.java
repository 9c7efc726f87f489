package dev.bowline.netty.hostile;

import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.RawClient;
import dev.bowline.server.ConnectionRefusedException;
import dev.bowline.testkit.Eventually;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Those who have not been let in, and behave as if they had. */
@Tag("hostile")
class StrangersTest {
    @Test
    void areClosedWhenTheyNeverEnter() throws Exception {
        Siege.laid(options -> options.connectTimeout(Duration.ofSeconds(1))).withstands(siege -> {
            for (int i = 0; i < 100; i++) {
                siege.opened();
                RawClient polling = siege.connected();
                polling.send(RawClient.request("GET", POLLING));
                String sid = RawClient.sid(polling.response().body());
                if (i % 2 == 0) {
                    polling.send(RawClient.request("GET", POLLING + "&sid=" + sid));
                }
            }
            Eventually.await("only the bystanders to be left", () -> siege.io().connectionCount() == 2);
            assertThat(siege.entered()).isZero();
        });
    }

    @Test
    void areNotHeardBeforeTheyEnter() throws Exception {
        Siege.laid().withstands(siege -> {
            for (int i = 0; i < 50; i++) {
                Siege.isThrownOut(siege.opened(), client -> client.text("42[\"x\"]"));
                Siege.isThrownOut(siege.opened(), client -> client.text("42/quiet,[\"ask\",1]"));
                RawClient polling = siege.connected();
                String path =
                        POLLING + "&sid=" + RawClient.sid(polling.get(POLLING).body());
                polling.post(path, "42[\"x\"]\u001e40\u001e42[\"x\"]");
                polling.get(path);
                assertThat(polling.get(path).status()).isEqualTo(400);
            }
            assertThat(siege.heard()).isEmpty();
            assertThat(siege.entered()).isZero();
        });
    }

    @Test
    void areNotHeardAfterTheyWereRefused() throws Exception {
        var inside = new AtomicInteger();
        Siege locked = Siege.laid();
        locked.io()
                .of("/locked")
                .onConnection(socket -> inside.incrementAndGet())
                .use(socket -> {
                    throw new ConnectionRefusedException("no");
                });
        locked.withstands(siege -> {
            for (int i = 0; i < 50; i++) {
                RawClient refused = siege.opened().text("40/locked,");
                assertThat(refused.nextText()).isEqualTo("44/locked,{\"message\":\"no\"}");
                Siege.isThrownOut(refused, client -> client.text("42/locked,[\"x\"]"));
            }
            assertThat(inside).hasValue(0);
        });
    }

    @Test
    void areNotHeardWhileAMiddlewareThinks() throws Exception {
        var thinking = new CountDownLatch(1);
        Siege siege = Siege.laid();
        siege.io().use(socket -> thinking.await());
        siege.withstands(attack -> {
            for (int i = 0; i < 50; i++) {
                Siege.isThrownOut(attack.opened(), client -> client.text("40").text("42[\"x\"]"));
            }
            thinking.countDown();
            assertThat(attack.entered()).isZero();
            assertThat(attack.heard()).isEmpty();
        });
    }

    @Test
    void mayVanishWhileAMiddlewareThinks() throws Exception {
        var thinking = new CountDownLatch(1);
        var asked = new AtomicInteger();
        Siege siege = Siege.laid();
        siege.io().use(socket -> {
            socket.join("harbour");
            asked.incrementAndGet();
            thinking.await();
        });
        siege.withstands(attack -> {
            for (int i = 0; i < 100; i++) {
                int before = i;
                RawClient client = attack.opened().text("40");
                Eventually.await("the middleware", () -> asked.get() > before);
                client.reset();
            }
            Eventually.await("all to be gone", () -> attack.io().connectionCount() == 2);
            thinking.countDown();
            Eventually.await("nobody to be there", () -> attack.io().of("/").socketCount() == 0);
            assertThat(attack.entered()).isZero();
        });
    }

    @Test
    void gainNothingFromTheIdOfAnothersSocket() throws Exception {
        Siege.laid(options -> options.connectTimeout(Duration.ofSeconds(2))).withstands(siege -> {
            for (String namespace : new String[] {"/quiet", "/calm"}) {
                String id = siege.io().of(namespace).sockets().iterator().next().id();
                RawClient attacker = siege.connected();
                for (String name : new String[] {"sid", "SID", "id", "io"}) {
                    RawClient.Response answer =
                            attacker.get(POLLING + "&" + name + "=" + id, "Cookie: io=" + id + "; sid=" + id);
                    assertThat(answer.body()).contains(name.equals("sid") ? "\"code\":1" : "\"sid\":");
                    assertThat(answer.body()).doesNotContain(id);
                }
                assertThat(attacker.post(POLLING + "&sid=" + id, "41" + namespace + ",")
                                .status())
                        .isEqualTo(400);
                assertThat(siege.connected().upgrade(WEBSOCKET + "&sid=" + id).status())
                        .isEqualTo(400);
                RawClient inside =
                        siege.opened().text("40" + namespace + ",{\"sid\":\"" + id + "\",\"pid\":\"" + id + "\"}");
                assertThat(inside.nextText()).startsWith("40" + namespace).doesNotContain(id);
            }
        });
    }
}
