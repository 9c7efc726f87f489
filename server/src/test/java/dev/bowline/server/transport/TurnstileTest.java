package dev.bowline.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.testkit.ManualTicker;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is let in, and who is counted together. */
class TurnstileTest {
    private static final int NO_LIMIT = Integer.MAX_VALUE;
    private static final AdmissionLimits NONE =
            new AdmissionLimits(NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, false);

    private final ManualTicker ticker = new ManualTicker();

    private Turnstile turnstile(AdmissionLimits limits) {
        return new Turnstile(limits, ticker);
    }

    private static InetSocketAddress from(String address) {
        try {
            return new InetSocketAddress(InetAddress.getByName(address), 1);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void refusesWhenFullAndForgetsWhoLeaves() {
        Turnstile turnstile = turnstile(new AdmissionLimits(2, NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, false));
        assertThat(turnstile.enter(from("198.51.100.1"))).isTrue();
        assertThat(turnstile.knock(from("198.51.100.1"))).isEmpty();
        assertThat(turnstile.enter(from("198.51.100.1"))).isTrue();
        assertThat(turnstile.knock(from("198.51.100.2"))).contains(Refusal.SERVER_FULL);
        assertThat(turnstile.enter(from("198.51.100.2"))).isFalse();
        turnstile.leave(from("198.51.100.1"));
        assertThat(turnstile.enter(from("198.51.100.2"))).isTrue();
        turnstile.leave(from("198.51.100.1"));
        turnstile.leave(from("198.51.100.2"));
        assertThat(turnstile.origins()).isZero();
    }

    @Test
    void countsAnAddressByItself() {
        Turnstile turnstile = turnstile(new AdmissionLimits(NO_LIMIT, 1, NO_LIMIT, NO_LIMIT, NO_LIMIT, false));
        assertThat(turnstile.enter(from("198.51.100.1"))).isTrue();
        assertThat(turnstile.knock(from("198.51.100.1"))).contains(Refusal.TOO_MANY_CONNECTIONS);
        assertThat(turnstile.enter(from("198.51.100.1"))).isFalse();
        assertThat(turnstile.enter(from("198.51.100.2"))).isTrue();
        turnstile.leave(from("198.51.100.1"));
        assertThat(turnstile.enter(from("198.51.100.1"))).isTrue();
    }

    @Test
    void takesTheWholeNetworkOfAnIpv6CustomerForOne() {
        Turnstile turnstile = turnstile(new AdmissionLimits(NO_LIMIT, 1, NO_LIMIT, NO_LIMIT, NO_LIMIT, false));
        assertThat(turnstile.enter(from("2001:db8:1:2::1"))).isTrue();
        assertThat(turnstile.enter(from("2001:db8:1:2:ffff::9"))).isFalse();
        assertThat(turnstile.enter(from("2001:db8:1:3::1"))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.1.1", "::1", "fd00::1", "fe80::1"
            })
    void doesNotCountWhatIsProbablyAProxyUnlessItIsToldTo(String address) {
        Turnstile trusting = turnstile(new AdmissionLimits(NO_LIMIT, 1, NO_LIMIT, NO_LIMIT, 1, false));
        assertThat(trusting.enter(from(address))).isTrue();
        assertThat(trusting.enter(from(address))).isTrue();
        assertThat(trusting.knock(from(address))).isEmpty();
        assertThat(trusting.knock(from(address))).isEmpty();
        assertThat(trusting.origins()).isZero();
        Turnstile strict = turnstile(new AdmissionLimits(NO_LIMIT, 1, NO_LIMIT, NO_LIMIT, NO_LIMIT, true));
        assertThat(strict.enter(from(address))).isTrue();
        assertThat(strict.enter(from(address))).isFalse();
    }

    @Test
    void letsSoManyHandshakesInWithinASecond() {
        Turnstile turnstile = turnstile(new AdmissionLimits(NO_LIMIT, NO_LIMIT, NO_LIMIT, 10, NO_LIMIT, false));
        for (int i = 0; i < 10; i++) {
            assertThat(turnstile.knock(from("198.51.100." + i))).isEmpty();
        }
        assertThat(turnstile.knock(from("198.51.100.99"))).contains(Refusal.TOO_MANY_HANDSHAKES);
        ticker.advance(Duration.ofMillis(100));
        assertThat(turnstile.knock(from("198.51.100.99"))).isEmpty();
        assertThat(turnstile.knock(from("198.51.100.99"))).contains(Refusal.TOO_MANY_HANDSHAKES);
        ticker.advance(Duration.ofDays(1));
        for (int i = 0; i < 10; i++) {
            assertThat(turnstile.knock(from("198.51.100.1"))).isEmpty();
        }
        assertThat(turnstile.knock(from("198.51.100.1"))).isPresent();
    }

    @Test
    void limitsTheHandshakesOfAnAddressAndNotOfTheOthers() {
        Turnstile turnstile = turnstile(new AdmissionLimits(NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, 1, false));
        assertThat(turnstile.knock(from("198.51.100.1"))).isEmpty();
        assertThat(turnstile.knock(from("198.51.100.1"))).contains(Refusal.TOO_MANY_HANDSHAKES);
        assertThat(turnstile.knock(from("198.51.100.2"))).isEmpty();
        ticker.advance(Duration.ofSeconds(1));
        assertThat(turnstile.knock(from("198.51.100.1"))).isEmpty();
    }

    @Test
    void leavesTheOthersTheirHandshakesHoweverOftenOneAddressIsRefused() {
        Turnstile turnstile = turnstile(new AdmissionLimits(NO_LIMIT, NO_LIMIT, NO_LIMIT, 10, 2, false));
        for (int i = 0; i < 100; i++) {
            assertThat(turnstile.knock(from("198.51.100.1")).isPresent()).isEqualTo(i >= 2);
        }
        for (int i = 0; i < 8; i++) {
            assertThat(turnstile.knock(from("203.0.113." + i))).isEmpty();
        }
        assertThat(turnstile.knock(from("203.0.113.8"))).contains(Refusal.TOO_MANY_HANDSHAKES);
    }

    @Test
    void leavesTheOthersTheirHandshakesHoweverManyAnAddressAsksForThatHasAllItsConnections() {
        Turnstile turnstile = turnstile(new AdmissionLimits(NO_LIMIT, 1, NO_LIMIT, 10, NO_LIMIT, false));
        assertThat(turnstile.enter(from("198.51.100.1"))).isTrue();
        for (int i = 0; i < 100; i++) {
            assertThat(turnstile.knock(from("198.51.100.1"))).contains(Refusal.TOO_MANY_CONNECTIONS);
        }
        assertThat(turnstile.knock(from("203.0.113.1"))).isEmpty();
    }

    @Test
    void countsThoseWhoStandOutside() {
        Turnstile turnstile = turnstile(new AdmissionLimits(NO_LIMIT, NO_LIMIT, 1, NO_LIMIT, NO_LIMIT, false));
        assertThat(turnstile.enter(from("198.51.100.1"))).isTrue();
        assertThat(turnstile.knock(from("198.51.100.2"))).contains(Refusal.SERVER_FULL);
        turnstile.noLongerOutside();
        assertThat(turnstile.knock(from("198.51.100.2"))).isEmpty();
    }

    @Test
    void countsThoseAboutWhomTheApplicationIsAskedAsOutside() {
        Turnstile turnstile = turnstile(new AdmissionLimits(NO_LIMIT, NO_LIMIT, 2, NO_LIMIT, NO_LIMIT, false));
        assertThat(turnstile.enter(from("198.51.100.1"))).isTrue();
        turnstile.asked();
        assertThat(turnstile.knock(from("198.51.100.2"))).contains(Refusal.SERVER_FULL);
        turnstile.decided();
        assertThat(turnstile.knock(from("198.51.100.2"))).isEmpty();
    }

    @Test
    void limitsNobodyWhereThereIsNoLimit() {
        Turnstile turnstile = turnstile(NONE);
        for (int i = 0; i < 20_000; i++) {
            assertThat(turnstile.knock(from("198.51.100.1"))).isEmpty();
            assertThat(turnstile.enter(from("198.51.100.1"))).isTrue();
        }
    }

    @Test
    void letsNoMoreInThanThereIsRoomForHoweverManyComeAtOnce() throws Exception {
        Turnstile turnstile = turnstile(new AdmissionLimits(100, 60, NO_LIMIT, NO_LIMIT, NO_LIMIT, false));
        var inside = new AtomicInteger();
        var start = new CountDownLatch(1);
        Thread[] threads = new Thread[4];
        for (int i = 0; i < threads.length; i++) {
            InetSocketAddress address = from("198.51.100." + i % 2);
            threads[i] = new Thread(() -> {
                try {
                    start.await();
                } catch (InterruptedException e) {
                    return;
                }
                for (int n = 0; n < 200; n++) {
                    if (turnstile.enter(address)) {
                        inside.incrementAndGet();
                    }
                }
            });
            threads[i].start();
        }
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(inside).hasValue(100);
        assertThat(turnstile.outside()).isEqualTo(100);
    }
}
