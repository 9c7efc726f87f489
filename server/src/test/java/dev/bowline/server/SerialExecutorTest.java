package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SerialExecutorTest {
    @Test
    void runsTasksOneAfterTheOtherInOrder() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            var serial = new SerialExecutor(threads);
            var inside = new AtomicInteger();
            List<Integer> order = Collections.synchronizedList(new ArrayList<>());
            var done = new CountDownLatch(10_000);
            for (int i = 0; i < 10_000; i++) {
                int number = i;
                serial.execute(() -> {
                    if (inside.incrementAndGet() == 1) {
                        order.add(number);
                    }
                    inside.decrementAndGet();
                    done.countDown();
                });
            }
            assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(order).hasSize(10_000).isSorted();
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void goesOnAfterATaskThatThrowsAnything() {
        List<String> ran = new ArrayList<>();
        var serial = new SerialExecutor(Runnable::run);
        serial.execute(() -> {
            throw new IllegalStateException("expected by the test");
        });
        serial.execute(() -> {
            throw new AssertionError("expected by the test");
        });
        serial.execute(() -> SerialExecutorTest.<RuntimeException>sneak(new Exception("expected by the test")));
        serial.execute(() -> ran.add("last"));
        assertThat(ran).containsExactly("last");
    }

    @Test
    void runsWhatHasAPlaceInItsTurnAndNotBeforeItMay() {
        List<String> ran = new ArrayList<>();
        var serial = new SerialExecutor(Runnable::run);
        Runnable begin = serial.reserve(() -> ran.add("reserved"));
        serial.execute(() -> ran.add("after it"));
        assertThat(ran).isEmpty();
        begin.run();
        assertThat(ran).containsExactly("reserved", "after it");
        serial.reserve(() -> ran.add("alone")).run();
        assertThat(ran).last().isEqualTo("alone");
    }

    @Test
    void queuesWhatATaskAdds() {
        List<String> ran = new ArrayList<>();
        var serial = new SerialExecutor(Runnable::run);
        serial.execute(() -> {
            serial.execute(() -> ran.add("inner"));
            ran.add("outer");
        });
        assertThat(ran).containsExactly("outer", "inner");
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // what Kotlin and Lombok do all the time
    private static <T extends Throwable> void sneak(Throwable any) throws T {
        throw (T) any;
    }
}
