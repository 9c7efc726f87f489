package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class BoundedExecutorTest {
    private final Queue<Runnable> begun = new ArrayDeque<>();
    private final Recorder<String> ran = new Recorder<>();

    private Runnable task(String name) {
        return () -> ran.accept(name);
    }

    @Test
    void runsSoManyAtATimeAndTheRestInTheirOrder() {
        var bounded = new BoundedExecutor(begun::add, 2);
        for (String name : new String[] {"a", "b", "c", "d", "e"}) {
            bounded.execute(task(name));
        }
        assertThat(begun).hasSize(2);
        assertThat(bounded.isAwaited()).isTrue();
        begun.remove().run();
        assertThat(ran.all()).containsExactly("a", "c", "d", "e");
        assertThat(bounded.isAwaited()).isFalse();
        bounded.execute(task("f"));
        assertThat(begun).hasSize(2);
        begun.remove().run();
        begun.remove().run();
        assertThat(ran.all()).containsExactly("a", "c", "d", "e", "b", "f");
    }

    @Test
    void goesOnAfterATaskThatThrowsAnything() {
        var bounded = new BoundedExecutor(begun::add, 1);
        bounded.execute(() -> {
            throw new AssertionError("expected by the test");
        });
        bounded.execute(task("next"));
        begun.remove().run();
        bounded.execute(task("last"));
        begun.remove().run();
        assertThat(ran.all()).containsExactly("next", "last");
    }

    @Test
    void keepsItsPlacesWhenNoThreadCanBeHad() {
        var refuses = new AtomicInteger(1);
        var bounded = new BoundedExecutor(
                task -> {
                    if (refuses.getAndDecrement() > 0) {
                        throw new RejectedExecutionException("expected by the test");
                    }
                    task.run();
                },
                1);
        assertThatThrownBy(() -> bounded.execute(task("lost"))).isInstanceOf(RejectedExecutionException.class);
        bounded.execute(task("next"));
        assertThat(ran.all()).containsExactly("next");
    }

    @Test
    void losesNothingAndNeverRunsMoreHoweverManyBringTasks() {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            var bounded = new BoundedExecutor(threads, 3);
            var inside = new AtomicInteger();
            var most = new AtomicInteger();
            var done = new AtomicInteger();
            for (int bringer = 0; bringer < 4; bringer++) {
                threads.execute(() -> {
                    for (int i = 0; i < 5_000; i++) {
                        bounded.execute(() -> {
                            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                            inside.decrementAndGet();
                            done.incrementAndGet();
                        });
                    }
                });
            }
            Eventually.await("all to have run", () -> done.get() == 20_000);
            assertThat(most.get()).isBetween(1, 3);
        } finally {
            threads.shutdown();
        }
    }

    /** Otherwise one client that never stops would keep a thread for itself, and others none. */
    @Test
    void servesThoseThatWaitBetweenTheTasksOfAnOrder() {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            var bounded = new BoundedExecutor(threads, 1);
            var busy = new SerialExecutor(bounded);
            var quiet = new SerialExecutor(bounded);
            var release = new CountDownLatch(1);
            Consumer<CountDownLatch> wait = latch -> {
                try {
                    latch.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            };
            busy.execute(() -> wait.accept(release));
            busy.execute(task("busy 1"));
            busy.execute(task("busy 2"));
            quiet.execute(task("quiet 1"));
            quiet.execute(task("quiet 2"));
            release.countDown();
            ran.expectNext("quiet 1");
            ran.expectNext("busy 1");
            ran.expectNext("quiet 2");
            ran.expectNext("busy 2");
        } finally {
            threads.shutdown();
        }
    }
}
