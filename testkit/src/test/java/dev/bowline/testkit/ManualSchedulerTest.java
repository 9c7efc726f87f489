package dev.bowline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ManualSchedulerTest {
    private final ManualScheduler scheduler = new ManualScheduler();
    private final List<String> ran = new ArrayList<>();

    private void plan(long seconds, String name) {
        assertThat(after(seconds, name).isDone()).isFalse();
    }

    private ScheduledFuture<?> after(long seconds, String name) {
        return scheduler.schedule(
                () -> {
                    ran.add(name + "@" + scheduler.ticker().elapsed().toSeconds());
                },
                seconds,
                TimeUnit.SECONDS);
    }

    @Test
    void runsNothingUntilTimeIsAdvanced() {
        scheduler.execute(() -> ran.add("execute"));
        ScheduledFuture<?> future = after(0, "at once");
        assertThat(ran).isEmpty();
        assertThat(future.isDone()).isFalse();
        assertThat(scheduler.runDue()).isEqualTo(2);
        assertThat(ran).containsExactly("execute", "at once@0");
        assertThat(future.isDone()).isTrue();
    }

    @Test
    void runsInTheOrderOfDueInstantsAndOfArrival() {
        plan(3, "c");
        plan(1, "a");
        plan(1, "b");
        plan(9, "later");
        assertThat(scheduler.untilNext()).contains(Duration.ofSeconds(1));
        assertThat(scheduler.advance(Duration.ofSeconds(5))).isEqualTo(3);
        assertThat(ran).containsExactly("a@1", "b@1", "c@3");
        assertThat(scheduler.ticker().elapsed()).isEqualTo(Duration.ofSeconds(5));
        assertThat(scheduler.pending()).isEqualTo(1);
    }

    @Test
    void runsWhatTasksScheduleOnTheWay() {
        scheduler.execute(() -> {
            assertThat(after(2, "child").getDelay(TimeUnit.SECONDS)).isEqualTo(2);
        });
        scheduler.advance(Duration.ofSeconds(2));
        assertThat(ran).containsExactly("child@2");
    }

    @Test
    void repeatsUntilCancelled() {
        ScheduledFuture<?> beat = scheduler.scheduleAtFixedRate(() -> ran.add("beat"), 1, 2, TimeUnit.SECONDS);
        scheduler.advance(Duration.ofSeconds(6));
        assertThat(ran).containsExactly("beat", "beat", "beat");
        beat.cancel(false);
        assertThat(scheduler.pending()).isZero();
        scheduler.advance(Duration.ofSeconds(6));
        assertThat(ran).hasSize(3);
    }

    @Test
    void aFailureOfExecuteIsThrownAndOthersAreInTheFuture() {
        scheduler.execute(() -> {
            throw new IllegalStateException("executed");
        });
        assertThatIllegalStateException().isThrownBy(scheduler::runDue).withMessage("executed");
        Future<?> scheduled = scheduler.schedule(
                () -> {
                    throw new IllegalStateException("scheduled");
                },
                0,
                TimeUnit.SECONDS);
        scheduler.runDue();
        assertThatThrownBy(scheduled::get).hasRootCauseMessage("scheduled");
    }

    @Test
    void refusesToAdvanceWithinATaskOrBackwards() {
        scheduler.execute(scheduler::runDue);
        assertThatIllegalStateException().isThrownBy(scheduler::runDue);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler.advance(Duration.ofSeconds(-1)))
                .withMessage("by must not be negative: PT-1S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> scheduler.scheduleAtFixedRate(() -> {}, 1, 0, TimeUnit.SECONDS))
                .withMessage("period must be positive: 0");
    }

    @Test
    void afterShutdownItRefusesAndEndsWithWhatIsLeft() {
        ScheduledFuture<?> beat = scheduler.scheduleWithFixedDelay(() -> ran.add("beat"), 1, 1, TimeUnit.SECONDS);
        plan(1, "last");
        scheduler.shutdown();
        assertThatThrownBy(() -> scheduler.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
        assertThat(scheduler.isTerminated()).isFalse();
        scheduler.advance(Duration.ofSeconds(1));
        assertThat(ran).containsExactly("last@1");
        assertThat(scheduler.awaitTermination(1, TimeUnit.SECONDS)).isTrue();
        assertThat(beat.getDelay(TimeUnit.SECONDS)).isZero();
        assertThat(scheduler.shutdownNow()).isEmpty();
    }

    @Test
    void theTickerOverflowsSoonAndItsClockDoesNot() {
        ManualTicker ticker = scheduler.ticker();
        Clock clock = ticker.asClock(Instant.EPOCH);
        long start = ticker.getAsLong();
        scheduler.advance(Duration.ofMinutes(5));
        assertThat(ticker.getAsLong()).isLessThan(start);
        assertThat(ticker.getAsLong() - start).isEqualTo(Duration.ofMinutes(5).toNanos());
        assertThat(clock.instant()).isEqualTo(Instant.EPOCH.plusSeconds(300));
    }
}
