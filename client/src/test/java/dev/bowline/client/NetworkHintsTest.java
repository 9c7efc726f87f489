package dev.bowline.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.client.FakeServer.Link;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The life of a device: the network comes and goes, the machine sleeps, many come back at once. In virtual time. */
class NetworkHintsTest {
    private final FakeServer server = new FakeServer();

    private Manager connected(ManagerBuilder builder) {
        Manager manager = server.manager(builder);
        server.watched(manager.socket()).connect();
        server.run();
        letIn(server.link());
        server.logged();
        return manager;
    }

    private Manager connected() {
        return connected(FakeServer.builder());
    }

    private static void letIn(Link link) {
        link.opens();
        link.says("40{\"sid\":\"s\"}");
    }

    @Test
    void triesAtOnceInsteadOfAfterTheDelay() {
        Manager manager = connected();
        server.link().closes();
        for (int seconds : new int[] {1, 2, 4}) {
            server.awaitLink(Duration.ofSeconds(seconds)).fails();
        }
        server.logged();
        int before = server.links.size();
        manager.retryNow();
        server.run();
        assertThat(server.links).hasSize(before + 1);
        assertThat(server.logged()).containsExactly("M.reconnect_attempt 1");
        // The delays begin anew as well.
        server.link().fails();
        letIn(server.awaitLink(Duration.ofSeconds(2)));
        assertThat(server.logged()).contains("M.reconnect_attempt 2", "M.reconnect 2", "S.connect");
        assertThat(server.time.pending()).isEqualTo(1);
    }

    @Test
    void doesNothingWhileItIsConnectedOrHasJustBegunToBe() {
        Manager manager = connected();
        manager.retryNow();
        server.run();
        assertThat(server.links).hasSize(1);
        server.link().closes();
        server.awaitLink(Duration.ofSeconds(1));
        server.pass(Duration.ofMillis(999));
        manager.retryNow();
        server.run();
        assertThat(server.links).hasSize(2);
    }

    @Test
    void beginsAnAttemptAnewThatHasBeenWaitingForLong() {
        Manager manager = connected();
        server.link().closes();
        Link stale = server.awaitLink(Duration.ofSeconds(1));
        server.logged();
        server.pass(Duration.ofSeconds(10));
        manager.retryNow();
        server.run();
        assertThat(stale.closed).isCompleted();
        assertThat(server.link()).isNotSameAs(stale);
        letIn(server.link());
        assertThat(server.logged()).containsExactly("M.open", "M.reconnect 1", "S.connect");
        // The time of the one that was replaced does not count any more.
        server.pass(Duration.ofSeconds(19));
        assertThat(manager.state()).isEqualTo(Manager.State.OPEN);
    }

    @Test
    void triesAgainAfterItGaveUp() {
        Manager manager = connected(
                FakeServer.builder().reconnection(Reconnection.defaults().withAttempts(1)));
        server.link().closes();
        server.awaitLink(Duration.ofSeconds(1)).fails();
        assertThat(server.logged()).contains("M.reconnect_failed");
        manager.retryNow();
        server.run();
        letIn(server.link());
        assertThat(server.logged()).containsExactly("M.open", "S.connect");
    }

    @Test
    void doesNotUndoAGoodbye() {
        Manager manager = connected();
        manager.disconnect();
        manager.retryNow();
        server.pass(Duration.ofDays(1));
        assertThat(server.links).hasSize(1);
        manager.connect();
        server.run();
        letIn(server.link());
        manager.socket().disconnect();
        manager.online();
        server.pass(Duration.ofDays(1));
        assertThat(server.links).hasSize(2);
    }

    @Test
    void losesItsConnectionAtOnceAndWaitsForTheNetwork() {
        Manager manager = connected();
        Link dead = server.link();
        manager.offline();
        server.run();
        assertThat(server.logged()).containsExactly("S.disconnect transport close", "M.close transport close");
        assertThat(dead.closed).isCompleted();
        assertThat(server.renewed).isEqualTo(1);
        assertThat(server.time.pending()).isZero();
        server.pass(Duration.ofDays(1));
        assertThat(server.links).hasSize(1);
        manager.online();
        server.run();
        letIn(server.link());
        assertThat(server.logged()).containsExactly("M.reconnect_attempt 1", "M.open", "M.reconnect 1", "S.connect");
    }

    @Test
    void makesNoFurtherAttemptWithoutANetwork() {
        Manager manager = connected();
        server.link().closes();
        server.awaitLink(Duration.ofSeconds(1));
        server.logged();
        manager.offline();
        server.run();
        assertThat(server.logged())
                .containsExactly(
                        "S.connect_error network connection lost",
                        "M.error network connection lost",
                        "M.reconnect_error network connection lost");
        server.pass(Duration.ofDays(1));
        assertThat(server.links).hasSize(2);
        manager.online();
        server.run();
        assertThat(server.links).hasSize(3);
    }

    @Test
    void takesAConnectOfTheApplicationForItsWord() {
        Manager manager = connected();
        manager.offline();
        server.run();
        manager.socket().connect();
        server.run();
        assertThat(server.links).hasSize(2);
        letIn(server.link());
        assertThat(manager.socket().connected()).isTrue();
    }

    @Test
    void keepsWhatIsEmittedWithoutANetwork() {
        Manager manager = connected();
        manager.offline();
        manager.socket().emit("kept", 1);
        server.pass(Duration.ofHours(1));
        manager.online();
        server.run();
        letIn(server.link());
        assertThat(server.link().taken()).containsExactly("40", "42[\"kept\",1]");
    }

    @Test
    void spreadsAStormOverTheFirstSecondAndAHalf() {
        long seed = System.nanoTime();
        var random = new SplittableRandom(seed);
        int clients = 2000;
        for (int i = 0; i < clients; i++) {
            long own = random.nextLong();
            Manager manager = server.manager(FakeServer.builder().random(new SplittableRandom(own)));
            manager.socket().connect();
            server.run();
            server.link().opens();
        }
        List<Link> all = List.copyOf(server.links);
        all.forEach(Link::closes);
        Map<Integer, Integer> perSlice = new HashMap<>();
        int before = server.links.size();
        for (int slice = 0; slice < 30; slice++) {
            server.pass(Duration.ofMillis(50));
            perSlice.put(slice, server.links.size() - before);
            before = server.links.size();
        }
        assertThat(server.links).as("seed %d", seed).hasSize(2 * clients);
        // Nobody in the first half second. Later the reference's formula has gaps of 50 ms, and twice an even spread
        // between them.
        assertThat(perSlice.values().stream().limit(10)).as("seed %d", seed).containsOnly(0);
        assertThat(perSlice.values())
                .as("seed %d", seed)
                .allSatisfy(count -> assertThat(count).isLessThan(3 * clients / 20));
    }

    @Test
    void countsTheTimeThatTheMachineSlept() {
        var nanos = new AtomicLong(-5);
        var wall = new AtomicLong(1_000_000);
        var clock = new Loop.SleeplessClock(nanos::get, wall::get);
        List<Long> seconds = new ArrayList<>();
        Runnable look =
                () -> seconds.add(Duration.ofNanos(clock.getAsLong() + 5).toSeconds());
        look.run();
        // Awake: both clocks go on.
        nanos.addAndGet(10_000_000_000L);
        wall.addAndGet(10_000);
        look.run();
        // Asleep: only the wall clock does.
        wall.addAndGet(3_600_000);
        look.run();
        // Set back by hand, and set right again: the same costs time once.
        wall.addAndGet(-60_000);
        nanos.addAndGet(1_000_000_000L);
        look.run();
        assertThat(seconds).containsExactly(0L, 10L, 3610L, 3611L);
    }
}
