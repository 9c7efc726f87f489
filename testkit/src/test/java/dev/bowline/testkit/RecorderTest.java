package dev.bowline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RecorderTest {
    @Test
    void takesInOrderAndSaysWhenNothingIsLeft() {
        Recorder<String> recorder = new Recorder<>();
        recorder.accept("a");
        recorder.accept("b");
        recorder.accept("c");
        recorder.expectNext("a");
        assertThatThrownBy(recorder::assertExhausted)
                .isInstanceOf(AssertionError.class)
                .hasMessage("nothing else was expected; came: [b, c]");
        assertThat(recorder.await(text -> text.equals("c"))).isEqualTo("c");
        recorder.assertExhausted();
        assertThat(recorder.all()).containsExactly("a", "b", "c");
    }

    @Test
    void saysWhatCameInstead() {
        Recorder<String> recorder = new Recorder<>(Duration.ZERO);
        recorder.accept("a");
        assertThatThrownBy(() -> recorder.expectNext("b"))
                .isInstanceOf(AssertionError.class)
                .hasMessage("expected next: b; came: a; of all: [a]");
        assertThatThrownBy(recorder::next)
                .isInstanceOf(AssertionError.class)
                .hasMessage("not within PT0S: anything; of all: [a]");
    }

    @Test
    void waitsForAnotherThread() throws InterruptedException {
        Recorder<Integer> recorder = new Recorder<>();
        CountDownLatch asked = new CountDownLatch(1);
        Thread other = new Thread(
                () -> {
                    recorder.accept(1);
                    Eventually.passes(
                            () -> assertThat(asked.await(1, TimeUnit.SECONDS)).isTrue());
                    recorder.accept(2);
                },
                "other");
        other.start();
        int found = recorder.await(number -> {
            asked.countDown();
            return number == 2;
        });
        assertThat(found).isEqualTo(2);
        other.join();
    }

    @Test
    void anInterruptEndsTheWait() {
        Recorder<Integer> recorder = new Recorder<>();
        Thread.currentThread().interrupt();
        assertThatThrownBy(recorder::next).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> Eventually.await("never", () -> false))
                .isInstanceOf(AssertionError.class)
                .hasMessage("interrupted while waiting for: never");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void eventuallyLooksUntilItIsSo() {
        AtomicInteger looks = new AtomicInteger();
        Eventually.await("ten looks", () -> looks.incrementAndGet() == 10);
        Eventually.passes(() -> assertThat(looks.incrementAndGet()).isGreaterThan(15));
        assertThat(looks).hasValue(16);
    }

    @Test
    void eventuallyTellsTheLastFailure() {
        AtomicInteger looks = new AtomicInteger();
        assertThatThrownBy(() -> Eventually.passes(Duration.ofMillis(1), () -> {
                    throw new IOException("look " + looks.incrementAndGet());
                }))
                .isInstanceOf(AssertionError.class)
                .hasMessageMatching("not within PT0.001S: the check; at last: look \\d+")
                .hasCauseInstanceOf(IOException.class);
        assertThatThrownBy(() -> Eventually.await("rain", Duration.ZERO, () -> false))
                .hasMessage("not within PT0S: rain; at last: the condition is false");
    }
}
