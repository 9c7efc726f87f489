package dev.bowline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ThreadLeaksTest {
    @Test
    void namesTheThreadsThatAreLeftWithTheirStacks() throws InterruptedException {
        ThreadLeaks before = ThreadLeaks.snapshot();
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Thread leaked = new Thread(
                () -> {
                    running.countDown();
                    Eventually.passes(end::await);
                },
                "leaked");
        leaked.start();
        running.await();
        assertThat(before.left()).containsExactly(leaked);
        assertThatThrownBy(() -> before.assertNone(Duration.ZERO))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("1 threads are left")
                .hasMessageContaining("\"leaked\"")
                .hasMessageContaining("ThreadLeaksTest");
        before.ignoring("leak").assertNone(Duration.ZERO);
        end.countDown();
        before.assertNone();
    }
}
