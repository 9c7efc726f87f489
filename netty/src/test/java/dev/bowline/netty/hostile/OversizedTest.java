package dev.bowline.netty.hostile;

import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.TEXT;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.RawClient;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.transport.PerMessageDeflate;
import dev.bowline.testkit.Eventually;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Those who announce more than they may, send it squeezed, or take for ever. */
@Tag("hostile")
class OversizedTest {
    private static final long BUDGET = 8 << 20;
    private static final int RSV1 = 0x40;
    private static final int CONTINUATION = 0;

    private static void quick(ServerOptions.Builder options) {
        options.connectTimeout(Duration.ofSeconds(2));
    }

    private static String session(RawClient client) {
        return POLLING + "&sid=" + RawClient.sid(client.get(POLLING).body());
    }

    // ---- Announcements --------------------------------------------------------------------------

    @Test
    void bodiesOfAGigabyteThatAreOnlyAnnounced() throws Exception {
        Siege.laid(OversizedTest::quick).withstands(siege -> {
            long before = Muster.directBytes();
            for (int i = 0; i < 50; i++) {
                RawClient attacker = siege.connected();
                attacker.send(RawClient.request("POST", session(attacker), "Content-Length: 1000000000"));
                assertThat(attacker.response().status()).isEqualTo(413);
            }
            assertThat(Muster.directBytes()).isLessThan(before + BUDGET);
        });
    }

    @Test
    void framesOfAGigabyteThatAreOnlyAnnounced() throws Exception {
        Siege.laid().withstands(siege -> {
            long before = Muster.directBytes();
            byte[] head = {(byte) 0x82, (byte) 0xFF, 0, 0, 0, 0, 0x3B, (byte) 0x9A, (byte) 0xCA, 0, 1, 2, 3, 4};
            for (int i = 0; i < 50; i++) {
                Siege.isThrownOut(siege.inside(), client -> client.send(head));
            }
            assertThat(Muster.directBytes()).isLessThan(before + BUDGET);
        });
    }

    @Test
    void headsWithoutAnEnd() throws Exception {
        Siege.laid().withstands(siege -> {
            for (int i = 0; i < 20; i++) {
                RawClient attacker = siege.connected();
                attacker.send("GET / HTTP/1.1\r\nHost: test\r\nX: " + "x".repeat(20_000));
                assertThat(attacker.response().status()).isEqualTo(431);
            }
        });
    }

    // ---- One byte at a time ---------------------------------------------------------------------

    /** A byte now and then from each, until the server has ended all of them. */
    private static void drip(List<RawClient> attackers) {
        var over = new CountDownLatch(1);
        CompletableFuture<Void> dripping = Siege.aside(() -> {
            try {
                while (!over.await(50, TimeUnit.MILLISECONDS)) {
                    attackers.forEach(OversizedTest::sendOneByte);
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        attackers.forEach(RawClient::readToEnd);
        over.countDown();
        dripping.join();
    }

    private static void sendOneByte(RawClient attacker) {
        try {
            attacker.send("x");
        } catch (UncheckedIOException ended) {
            // As it should be.
        }
    }

    @Test
    void bodiesThatDrip() throws Exception {
        Siege.laid(OversizedTest::quick, ports -> ports.requestTimeout(Duration.ofSeconds(1)))
                .withstands(siege -> {
                    List<RawClient> attackers = new ArrayList<>();
                    for (int i = 0; i < 50; i++) {
                        RawClient attacker = siege.connected();
                        attacker.send(RawClient.request("POST", session(attacker), "Content-Length: 100000"));
                        attackers.add(attacker);
                    }
                    drip(attackers);
                });
    }

    @Test
    void headsThatDrip() throws Exception {
        Siege.laid(OversizedTest::quick, ports -> ports.idleTimeout(Duration.ofSeconds(2)))
                .withstands(siege -> {
                    List<RawClient> attackers = new ArrayList<>();
                    for (int i = 0; i < 50; i++) {
                        attackers.add(siege.connected().send("GET /socket.io/?"));
                    }
                    drip(attackers);
                });
    }

    @Test
    void connectionsOnWhichNothingIsSaid() throws Exception {
        Siege.laid(OversizedTest::quick, ports -> ports.idleTimeout(Duration.ofSeconds(2)))
                .withstands(siege -> {
                    List<RawClient> attackers = new ArrayList<>();
                    for (int i = 0; i < 200; i++) {
                        attackers.add(siege.connected());
                    }
                    attackers.forEach(RawClient::readToEnd);
                });
    }

    // ---- Bombs ----------------------------------------------------------------------------------

    private static byte[] deflated(int megabytes) {
        byte[] megabyte = "x".repeat(1_000_000).getBytes(StandardCharsets.UTF_8);
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
        var out = new ByteArrayOutputStream();
        byte[] part = new byte[8192];
        for (int i = 0; i < megabytes; i++) {
            deflater.setInput(megabyte);
            for (int length = deflater.deflate(part, 0, part.length, Deflater.SYNC_FLUSH);
                    length > 0;
                    length = deflater.deflate(part, 0, part.length, Deflater.SYNC_FLUSH)) {
                out.write(part, 0, length);
            }
        }
        deflater.end();
        return out.toByteArray();
    }

    private static Siege deflating() {
        return Siege.laid(options -> options.perMessageDeflate(PerMessageDeflate.defaults()));
    }

    private static RawClient squeezing(Siege siege) {
        RawClient attacker = siege.connected();
        assertThat(attacker.upgrade(WEBSOCKET, "Sec-WebSocket-Extensions: permessage-deflate")
                        .header("sec-websocket-extensions"))
                .isPresent();
        attacker.frame();
        return attacker;
    }

    @Test
    void bombsInOneFrame() throws Exception {
        deflating().withstands(siege -> {
            byte[] bomb = deflated(100);
            long before = Muster.directBytes();
            for (int i = 0; i < 20; i++) {
                Siege.isThrownOut(squeezing(siege), client -> client.frame(true, TEXT | RSV1, bomb));
            }
            assertThat(Muster.directBytes()).isLessThan(before + BUDGET);
        });
    }

    @Test
    void bombsInFragments() throws Exception {
        deflating().withstands(siege -> {
            byte[] bomb = deflated(100);
            long before = Muster.directBytes();
            for (int i = 0; i < 20; i++) {
                Siege.isThrownOut(squeezing(siege), client -> {
                    client.frame(false, TEXT | RSV1, Arrays.copyOf(bomb, 500));
                    for (int at = 500; at < bomb.length; at += 500) {
                        client.frame(
                                false, CONTINUATION, Arrays.copyOfRange(bomb, at, Math.min(bomb.length, at + 500)));
                    }
                });
            }
            assertThat(Muster.directBytes()).isLessThan(before + BUDGET);
        });
    }

    /** Each is as large as it may be; together they are 180 MB, of which no more wait for handlers than may. */
    @Test
    void bombsInManyMessages() throws Exception {
        deflating().withstands(siege -> {
            RawClient attacker = squeezing(siege);
            attacker.text("40");
            assertThat(attacker.nextText()).startsWith("40");
            byte[] event = ("42[\"x\",\"" + "x".repeat(900_000) + "\"]").getBytes(StandardCharsets.UTF_8);
            long before = Muster.directBytes();
            for (int i = 0; i < 200; i++) {
                attacker.frame(true, TEXT | RSV1, message(event));
            }
            Eventually.await(
                    "all to be heard",
                    Duration.ofSeconds(30),
                    () -> siege.heard().size() == 200);
            assertThat(Muster.directBytes()).isLessThan(before + BUDGET);
        });
    }

    /** One that does not refer to those before. */
    private static byte[] message(byte[] plain) {
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
        deflater.setInput(plain);
        byte[] out = new byte[plain.length / 100];
        int length = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
        deflater.end();
        return Arrays.copyOf(out, length - 4);
    }
}
