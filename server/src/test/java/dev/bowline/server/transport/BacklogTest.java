package dev.bowline.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.server.transport.Backlog.Waiter;
import dev.bowline.testkit.Eventually;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Who waits for a client, and until when. The waits that are cut short would be of an hour. */
class BacklogTest {
    private static final long HOUR = 3_600_000_000_000L;

    private final Mailbox mailbox = new Mailbox(Long.MAX_VALUE / 2, () -> {});
    private final Backlog backlog = new Backlog(mailbox, 1000);

    private CompletableFuture<Long> waiting(Waiter who) {
        CompletableFuture<Long> waiting = CompletableFuture.supplyAsync(() -> backlog.awaitClient(who, HOUR));
        Eventually.await("somebody to wait", backlog::isAwaited);
        return waiting;
    }

    @Test
    void waitsForNobodyWhoIsNotBehind() {
        backlog.publish(1000, 0);
        assertThat(backlog.isLong()).isFalse();
        assertThat(backlog.awaitClient(Waiter.ANYONE, HOUR)).isZero();
    }

    @Test
    void waitsForAClientThatReads() {
        backlog.publish(2000, 0);
        CompletableFuture<Long> waiting = waiting(Waiter.ANYONE);
        long taken = 0;
        for (int left = 1900; left > 1000; left -= 100) {
            backlog.publish(left, ++taken);
            assertThat(backlog.awaitClient(Waiter.ANYONE, 1)).isPositive().isLessThan(HOUR);
        }
        backlog.publish(500, ++taken);
        assertThat(waiting.join()).isPositive();
        assertThat(backlog.isLong()).isFalse();
    }

    @Test
    void waitsOnceForAClientThatDoesNotAndAgainWhenItHasRead() {
        backlog.publish(2000, 0);
        assertThat(waiting(Waiter.ANYONE).join()).isPositive().isLessThan(HOUR);
        assertThat(backlog.awaitClient(Waiter.ANYONE, HOUR)).isZero();
        backlog.publish(2500, 0);
        assertThat(backlog.awaitClient(Waiter.ANYONE, HOUR)).as("still nothing").isZero();
        backlog.publish(2400, 100);
        CompletableFuture<Long> again = waiting(Waiter.ANYONE);
        assertThat(again.join()).isPositive();
    }

    @Test
    void waitsForAClientOfItsOwnThoughOthersHaveGivenItUp() {
        backlog.publish(2000, 0);
        assertThat(waiting(Waiter.ANYONE).join()).isPositive();
        CompletableFuture<Long> own = waiting(Waiter.OWN_HANDLER);
        assertThat(backlog.awaitClient(Waiter.ANYONE, HOUR)).isZero();
        assertThat(own).isNotDone();
        backlog.publish(0, 2000);
        assertThat(own.join()).isPositive();
    }

    @Test
    void ownHandlersWaitInVainOnlyOnce() {
        backlog.publish(2000, 0);
        assertThat(backlog.awaitClient(Waiter.OWN_HANDLER, 1)).isPositive();
        assertThat(backlog.awaitClient(Waiter.OWN_HANDLER, HOUR)).isZero();
    }

    @Test
    void nobodyWaitsForASessionThatIsOver() {
        backlog.publish(2000, 0);
        CompletableFuture<Long> own = waiting(Waiter.OWN_HANDLER);
        backlog.end();
        assertThat(own.join()).isLessThan(HOUR);
    }

    @Test
    void waitsForTheLoopWhateverTheClientDoes() {
        mailbox.put(PacketGroup.of(EnginePacket.ofText(EnginePacket.Type.MESSAGE, Bytes.utf8("4" + "x".repeat(2000)))));
        CompletableFuture<Void> waiting = CompletableFuture.runAsync(backlog::awaitLoop);
        Eventually.await("the loop to be owed a call", mailbox::isDrainOwed);
        assertThat(waiting).isNotDone();
        mailbox.drainBegins();
        assertThat(mailbox.poll()).isNotNull();
        backlog.publish(2000, 0);
        waiting.join();
    }
}
