package dev.bowline.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What waits for Redis is in order, and bounded by bytes and by age. */
class OutboxTest {
    private final List<String> sent = new ArrayList<>();
    private final List<CompletableFuture<Long>> answers = new ArrayList<>();
    private long now;
    private int losses;
    private final Outbox outbox = new Outbox(10, Duration.ofNanos(100), () -> now, () -> losses++);

    private void offer(int bytes, String name) {
        outbox.offer(bytes, () -> {
            sent.add(name);
            var answer = new CompletableFuture<Long>();
            answers.add(answer);
            return answer;
        });
    }

    @Test
    void sendsAtOnceWhereRedisIsThere() {
        outbox.open(true);
        offer(4, "a");
        offer(4, "b");
        assertThat(sent).containsExactly("a", "b");
        assertThat(outbox.bytes()).isEqualTo(8);
        answers.forEach(answer -> answer.complete(1L));
        assertThat(outbox.bytes()).isZero();
        assertThat(outbox.lost()).isZero();
    }

    @Test
    void holdsWhatIsSaidWhileRedisIsAway() {
        offer(4, "a");
        offer(4, "b");
        assertThat(sent).isEmpty();
        outbox.open(true);
        assertThat(sent).containsExactly("a", "b");
    }

    @Test
    void losesTheNewestBeyondTheBudget() {
        offer(6, "a");
        offer(5, "too much");
        offer(4, "b");
        assertThat(losses).isEqualTo(1);
        outbox.open(true);
        assertThat(sent).containsExactly("a", "b");
        offer(1, "still too much, for nothing has been answered");
        assertThat(outbox.lost()).isEqualTo(2);
        answers.get(0).complete(1L);
        offer(6, "c");
        assertThat(sent).containsExactly("a", "b", "c");
    }

    @Test
    void losesWhatHasWaitedForTooLong() {
        offer(4, "old");
        now = 60;
        offer(4, "new");
        now = 101;
        outbox.sweep();
        assertThat(outbox.bytes()).isEqualTo(4);
        now = 160;
        outbox.open(true);
        assertThat(sent).containsExactly("new");
        assertThat(losses).isEqualTo(1);
    }

    @Test
    void losesWhatWasAboutToGoWhenRedisWentAwayForTooLong() {
        outbox.open(true);
        outbox.offer(1, () -> {
            offer(4, "next in turn");
            outbox.open(false);
            return CompletableFuture.completedFuture(1L);
        });
        offer(4, "behind it");
        now = 101;
        outbox.sweep();
        assertThat(outbox.bytes()).isZero();
        assertThat(sent).isEmpty();
        assertThat(losses).isEqualTo(2);
    }

    @Test
    void holdsNothingWhereItIsToldSo() {
        List<String> through = new ArrayList<>();
        var impatient = new Outbox(10, Duration.ZERO, () -> now++, () -> losses++);
        impatient.offer(1, () -> CompletableFuture.completedFuture(through.add("while Redis is away")));
        impatient.open(true);
        impatient.offer(1, () -> CompletableFuture.completedFuture(through.add("while it is there")));
        assertThat(through).containsExactly("while it is there");
        assertThat(losses).isEqualTo(1);
    }

    @Test
    void sendsNothingTwice() {
        outbox.open(true);
        offer(4, "a");
        outbox.open(false);
        answers.get(0).completeExceptionally(new IllegalStateException("the connection is lost"));
        outbox.open(true);
        assertThat(sent).containsExactly("a");
        assertThat(outbox.lost()).isEqualTo(1);
        assertThat(outbox.bytes()).isZero();
    }

    @Test
    void countsARefusalAsALoss() {
        outbox.open(true);
        outbox.offer(4, () -> {
            throw new IllegalStateException("refused");
        });
        offer(4, "b");
        assertThat(sent).containsExactly("b");
        assertThat(outbox.lost()).isEqualTo(1);
    }
}
