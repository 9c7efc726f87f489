package dev.bowline.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.core.engine.TransportName;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.ThreadLeaks;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@code Manager.close()} promises: handlers are told what they are to be told, then none is called, nothing is left. */
class CloseTest {
    private final FakeServer server = new FakeServer();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private Manager connected(ManagerBuilder builder) {
        Manager manager = new Manager(builder.options(), server.loop, threads, server);
        manager.socket().connect();
        server.run();
        server.link().opens();
        server.link().says("40{\"sid\":\"s1\"}");
        return manager;
    }

    /** Closes it on another thread, while this one is the loop. */
    private void close(Manager manager) {
        var closing = new Thread(manager::close, "closing");
        closing.start();
        Eventually.await("the close to return", () -> {
            server.run();
            return !closing.isAlive();
        });
    }

    private void say(int count) {
        server.link()
                .says(IntStream.range(0, count)
                        .mapToObj(i -> "42[\"x\"," + i + "]")
                        .toArray(String[]::new));
    }

    @Test
    void handlersHearWhatCameBeforeAndTheGoodbyeAndThenNothing() {
        Manager manager = connected(FakeServer.builder());
        var slowly = new Semaphore(0);
        var heard = new AtomicInteger();
        var reasons = new java.util.concurrent.CopyOnWriteArrayList<String>();
        manager.socket().onEvent("x", event -> {
            slowly.acquireUninterruptibly();
            heard.incrementAndGet();
        });
        manager.socket().onDisconnect(reason -> reasons.add("S " + reason));
        manager.onClose(reason -> reasons.add("M " + reason));
        say(100);
        slowly.release(100);
        close(manager);
        assertThat(heard).hasValue(100);
        assertThat(reasons).containsExactly("M forced close", "S io client disconnect");
    }

    @Test
    void aHandlerThatBlocksIsLeftToItselfAndThoseBehindItAreNotCalled() throws Exception {
        Manager manager = connected(FakeServer.builder().closeTimeout(Duration.ofMillis(1)));
        var blocked = new CountDownLatch(1);
        var released = new CountDownLatch(1);
        var heard = new AtomicInteger();
        manager.socket().onEvent("x", event -> {
            heard.incrementAndGet();
            blocked.countDown();
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        say(3);
        blocked.await();
        close(manager);
        released.countDown();
        threads.shutdown();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(heard).hasValue(1);
    }

    @Test
    void aHandlerMayCloseAndIsTheLastOne() throws Exception {
        Manager manager = connected(FakeServer.builder());
        var heard = new AtomicInteger();
        var returned = new CompletableFuture<Void>();
        manager.socket().onEvent("x", event -> {
            heard.incrementAndGet();
            manager.close();
            returned.complete(null);
        });
        say(3);
        Eventually.await("the close to return", () -> {
            server.run();
            return returned.isDone();
        });
        threads.shutdown();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(heard).hasValue(1);
    }

    @Test
    void futuresAreCompletedBeforeItReturns() {
        Manager manager = connected(FakeServer.builder());
        List<CompletableFuture<String>> waiting = IntStream.range(0, 100)
                .mapToObj(i -> manager.socket().emitWithAck("x", String.class))
                .toList();
        var told = new AtomicInteger();
        waiting.forEach(each -> {
            var unused = each.whenComplete((answer, failure) -> told.incrementAndGet());
        });
        close(manager);
        assertThat(told).hasValue(100);
        assertThat(waiting).allSatisfy(each -> assertThat(each).isCompletedExceptionally());
    }

    /** One that had passed every check when the Manager was closed on another thread. */
    @Test
    void anEmitThatMeetsTheCloseFailsInsteadOfWaitingForEver() throws Exception {
        for (int round = 0; round < 50; round++) {
            Manager manager = Manager.builder(URI.create("http://localhost:1"))
                    .reconnection(Reconnection.disabled())
                    .build();
            var emitted = new AtomicReference<CompletableFuture<String>>();
            var begun = new CountDownLatch(1);
            var stop = new AtomicBoolean();
            var emitting = new Thread(() -> {
                while (!stop.get()) {
                    emitted.set(manager.socket().emitWithAck("x", String.class));
                    begun.countDown();
                }
            });
            emitting.start();
            begun.await();
            manager.close();
            stop.set(true);
            emitting.join();
            assertThat(emitted.get())
                    .failsWithin(Duration.ofSeconds(10))
                    .withThrowableOfType(java.util.concurrent.ExecutionException.class);
        }
    }

    @Test
    void handlersAreNotWaitedForWhereTheirExecutorIsShutDown() {
        ExecutorService own = Executors.newSingleThreadExecutor();
        Manager manager = new Manager(FakeServer.builder().options(), server.loop, own, server);
        manager.socket().connect().onDisconnect(reason -> {});
        CompletableFuture<String> answer = manager.socket().emitWithAck("x", String.class);
        server.run();
        server.link().opens();
        server.link().says("40{\"sid\":\"s1\"}");
        own.shutdownNow();
        long start = System.nanoTime();
        close(manager);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
        assertThat(answer).isCompletedExceptionally();
    }

    /** It accepts connections, and that is all it does. */
    @ParameterizedTest
    @EnumSource(TransportName.class)
    void aHostThatNeverAnswersHoldsItUpForAMomentOnly(TransportName transport) throws Exception {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Manager manager = Manager.builder(URI.create("http://127.0.0.1:" + silent.getLocalPort()))
                    .transports(transport)
                    .build();
            manager.socket().connect();
            try (var accepted = silent.accept()) {
                assertThat(accepted.getInputStream().read()).isEqualTo('G');
                long start = System.nanoTime();
                manager.close();
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
            }
        }
    }

    @Test
    void leavesNoThreadOfItsOwn() {
        ThreadLeaks before = ThreadLeaks.snapshot();
        for (int i = 0; i < 20; i++) {
            Manager manager = Manager.builder(URI.create("http://localhost:1")).build();
            manager.socket().onConnectError(error -> {});
            manager.socket().connect();
            manager.socket().emit("x");
            manager.close();
            manager.close();
        }
        awaitEnd(before);
    }

    @Test
    void leavesNoThreadOfAttemptsThatWereNeverAnswered() throws Exception {
        ThreadLeaks before = ThreadLeaks.snapshot();
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Manager manager = Manager.builder(URI.create("http://127.0.0.1:" + silent.getLocalPort()))
                        .connectTimeout(Duration.ofMillis(50))
                        .reconnection(Reconnection.defaults()
                                .withDelay(Duration.ofMillis(1))
                                .withMaxDelay(Duration.ofMillis(1)))
                        .build()) {
            var failures = new CountDownLatch(5);
            manager.onReconnectError(failure -> failures.countDown());
            manager.connect();
            assertThat(failures.await(20, TimeUnit.SECONDS)).isTrue();
        }
        awaitEnd(before);
    }

    /** Where a client of the JDK cannot be told to end, the garbage collector has to find it. */
    private static void awaitEnd(ThreadLeaks before) {
        if (Runtime.version().feature() >= 21) {
            // Those that carry virtual threads are the JVM's.
            before.ignoring("ForkJoinPool-1-worker-").assertNone(Duration.ofMillis(500));
            return;
        }
        Eventually.await("the threads to end", Duration.ofSeconds(20), () -> {
            System.gc();
            return before.left().isEmpty();
        });
    }

    @Test
    void leavesNoTimerInASchedulerThatWasLent() {
        Manager manager = connected(FakeServer.builder().ackTimeout(Duration.ofHours(1)));
        var unused = manager.socket().emitWithAck("x", String.class);
        manager.socket("/other").connect();
        server.run();
        close(manager);
        assertThat(server.time.pending()).isZero();
        assertThatThrownBy(() -> manager.socket().connect()).isInstanceOf(IllegalStateException.class);
    }
}
