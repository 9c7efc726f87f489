package dev.bowline.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** On which threads handlers run, and in which order. */
class HandlersTest {
    private final FakeServer server = new FakeServer();

    private Socket connected(ExecutorService threads) {
        Manager manager = new Manager(FakeServer.builder().options(), server.loop, threads, server);
        Socket socket = manager.socket().connect();
        server.run();
        server.link().opens();
        server.link().says("40{\"sid\":\"s1\"}");
        return socket;
    }

    private void say(int from, int to) {
        server.link()
                .says(IntStream.range(from, to)
                        .mapToObj(i -> "42[\"x\"," + i + "]")
                        .toArray(String[]::new));
    }

    @Test
    void runOnVirtualThreadsWhereThereAreSomeAndOnDaemonsElsewhere() throws Exception {
        ExecutorService own = Handlers.ownThreads();
        var thread = new CompletableFuture<Thread>();
        own.execute(() -> thread.complete(Thread.currentThread()));
        Thread used = thread.get(10, TimeUnit.SECONDS);
        if (Runtime.version().feature() >= 21) {
            assertThat(Thread.class.getMethod("isVirtual").invoke(used)).isEqualTo(true);
        } else {
            assertThat(used.isDaemon()).isTrue();
        }
        own.shutdown();
        assertThat(own.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void runInTheOrderOfTheirEventsOnWhicheverThreads() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Integer> heard = Collections.synchronizedList(new ArrayList<>());
        var all = new CountDownLatch(1000);
        connected(threads).on("x", Integer.class, number -> {
            heard.add(number);
            all.countDown();
        });
        for (int i = 0; i < 1000; i += 10) {
            say(i, i + 10);
        }
        assertThat(all.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(heard).isEqualTo(IntStream.range(0, 1000).boxed().toList());
        threads.shutdown();
    }

    @Test
    void delayNoHeartbeatWhenTheyBlock() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        var blocked = new CountDownLatch(1);
        var released = new CountDownLatch(1);
        connected(threads).onEvent("x", event -> {
            blocked.countDown();
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        say(0, 1);
        assertThat(blocked.await(10, TimeUnit.SECONDS)).isTrue();
        server.link().taken();
        server.link().says("2");
        assertThat(server.link().taken()).containsExactly("3");
        released.countDown();
        threads.shutdown();
    }
}
