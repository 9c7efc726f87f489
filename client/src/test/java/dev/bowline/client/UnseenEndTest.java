package dev.bowline.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.testkit.ManualScheduler;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class UnseenEndTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final ManualScheduler time = new ManualScheduler();
    private final List<CompletableFuture<WebSocket>> pings = new ArrayList<>();
    private final List<Throwable> found = new ArrayList<>();
    private final UnseenEnd unseenEnd = new UnseenEnd(new Loop(time, time.ticker()), found::add);
    private boolean leaveAtOnce = true;

    /** Takes nothing but pings. */
    private final WebSocket open = (WebSocket) Proxy.newProxyInstance(
            WebSocket.class.getClassLoader(), new Class<?>[] {WebSocket.class}, (self, method, args) -> {
                assertThat(method.getName()).isEqualTo("sendPing");
                var ping = new CompletableFuture<WebSocket>();
                pings.add(ping);
                if (leaveAtOnce) {
                    ping.complete((WebSocket) self);
                }
                return ping;
            });

    @Test
    void asksThreeTimesOnceItIsQuiet() {
        unseenEnd.suspect(open);
        for (int i = 0; i < 5; i++) {
            time.advance(SECOND.dividedBy(2));
            unseenEnd.onArrival();
        }
        assertThat(pings).isEmpty();
        time.advance(SECOND.multipliedBy(10));
        assertThat(pings).hasSize(3);
        assertThat(found).isEmpty();
    }

    @Test
    void asksNothingNewWhileAQuestionCannotLeave() {
        leaveAtOnce = false;
        unseenEnd.suspect(open);
        time.advance(SECOND);
        assertThat(pings).hasSize(1);
        unseenEnd.onArrival();
        unseenEnd.suspect(open);
        time.advance(SECOND.multipliedBy(10));
        assertThat(pings).hasSize(1);
        leaveAtOnce = true;
        pings.get(0).complete(open);
        time.advance(SECOND.multipliedBy(10));
        assertThat(pings).as("of the first suspicion, and of the second").hasSize(6);
        assertThat(found).isEmpty();
    }

    @Test
    void tellsWhatHinderedAQuestion() {
        leaveAtOnce = false;
        unseenEnd.suspect(open);
        time.advance(SECOND);
        var cause = new IOException("closed output");
        pings.get(0).completeExceptionally(cause);
        time.runDue();
        assertThat(found).containsExactly(cause);
    }

    @Test
    void asksNothingOfAConnectionThatIsClosed() {
        unseenEnd.suspect(open);
        unseenEnd.stop();
        time.advance(SECOND.multipliedBy(10));
        assertThat(pings).isEmpty();
    }
}
