package dev.bowline.netty.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.adapter.InMemoryAdapter;
import dev.bowline.netty.NettyServer;
import dev.bowline.netty.NettyServerBuilder;
import dev.bowline.netty.RawClient;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.ThreadLeaks;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A server under attack, and two bystanders, one over WebSocket and one over polling, who notice nothing of it. The
 * attackers have the main namespace, where the server hears everything.
 *
 * <p>{@link #withstands} counts what the server holds before, lets the attack run, and awaits that everything is back:
 * what {@link Muster} counts, direct memory, the heap; and, once the server is closed, its threads.
 */
final class Siege {
    private static final String QUIET = "/quiet";
    private static final String CALM = "/calm";
    private static final int ROUNDS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(45);

    // What a pool keeps for later, and what a JVM remembers of code that it has run for the first time.
    private static final long DIRECT_TOLERANCE = 24 << 20;
    private static final long HEAP_TOLERANCE = 12 << 20;

    // The JDK's own, of virtual threads.
    private static final String CARRIERS = "ForkJoinPool-1-worker-";

    @FunctionalInterface
    interface Attack {
        void on(Siege siege) throws Exception;
    }

    private final ThreadLeaks threads = ThreadLeaks.snapshot().ignoring(CARRIERS);
    // Weak: of a namespace that is gone nothing is to be left, not even here.
    private final Set<InMemoryAdapter> adapters =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
    private final Queue<String> heard = new ConcurrentLinkedQueue<>();
    private final AtomicInteger entered = new AtomicInteger();
    private final List<RawClient> attackers = new ArrayList<>();
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
            2, Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    private final SocketIoServer io;
    private final NettyServer server;

    private Siege(ServerOptions.Builder options, Consumer<NettyServerBuilder> ports) {
        io = SocketIoServer.create(options.adapter(context -> {
                    var adapter = new InMemoryAdapter(context);
                    adapters.add(adapter);
                    return adapter;
                })
                .build());
        io.onConnection(socket -> {
            entered.incrementAndGet();
            socket.onAny((event, args) -> heard.add(event));
        });
        var builder = NettyServer.builder(io)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .eventLoops(loops);
        ports.accept(builder);
        server = builder.bind();
    }

    /** A server with the defaults. */
    static Siege laid() {
        return laid(options -> {});
    }

    static Siege laid(Consumer<ServerOptions.Builder> changes) {
        return laid(changes, ports -> {});
    }

    static Siege laid(Consumer<ServerOptions.Builder> changes, Consumer<NettyServerBuilder> ports) {
        ServerOptions.Builder options = ServerOptions.builder();
        changes.accept(options);
        return new Siege(options, ports);
    }

    SocketIoServer io() {
        return io;
    }

    int port() {
        return server.port();
    }

    /** The names of the events that the application has heard from attackers. */
    Queue<String> heard() {
        return heard;
    }

    /** How many attackers the main namespace has let in. */
    int entered() {
        return entered.get();
    }

    // ---- Attackers, who leave when the attack is over at the latest -----------------------------

    /** One who has a TCP connection. */
    RawClient connected() {
        return enlist(new RawClient(port()));
    }

    /** One who has a session over WebSocket. */
    RawClient opened() {
        return enlist(RawClient.openWebSocket(port()));
    }

    /** One who is in the main namespace, over WebSocket. */
    RawClient inside() {
        return enlist(RawClient.enter(port()));
    }

    RawClient enlist(RawClient attacker) {
        attackers.add(attacker);
        return attacker;
    }

    /** The attacker says what it says over its WebSocket, which the server then ends. */
    static void isThrownOut(RawClient attacker, Consumer<RawClient> saying) {
        try (attacker) {
            saying.accept(attacker);
            while (attacker.frame().opcode() != RawClient.CLOSE) {
                // What it is told before.
            }
        } catch (UncheckedIOException ended) {
            // Its last words may already have met a closed door.
            assertThat(ended.getCause()).isNotInstanceOf(SocketTimeoutException.class);
        }
    }

    /** Runs the task on a thread of its own: several that wait for each other may not fit into a pool. */
    static CompletableFuture<Void> aside(Runnable task) {
        return CompletableFuture.runAsync(task, run -> new Thread(run, "aside").start());
    }

    // ---- The attack -----------------------------------------------------------------------------

    /** Runs the attack, and shows that it has harmed nobody and left nothing. */
    void withstands(Attack attack) throws Exception {
        try (Bystander quiet = Bystander.overWebSocket(io, port(), QUIET);
                Bystander calm = Bystander.overPolling(io, port(), CALM)) {
            List<Bystander> bystanders = List.of(quiet, calm);
            bystanders.forEach(Bystander::round);
            Muster before = muster(quiet, calm);
            long direct = Muster.directBytes();
            long heap = Muster.heapBytes();
            bystanders.forEach(Bystander::start);
            attack.on(this);
            attackers.forEach(RawClient::close);
            attackers.clear();
            for (Bystander bystander : bystanders) {
                goesOn(bystander);
            }
            Eventually.passes(PATIENCE, () -> isBack(muster(quiet, calm), before));
            Eventually.passes(
                    PATIENCE,
                    () -> assertThat(Muster.directBytes()).as("direct memory").isLessThan(direct + DIRECT_TOLERANCE));
            Eventually.passes(
                    PATIENCE, () -> assertThat(Muster.heapBytes()).as("heap").isLessThan(heap + HEAP_TOLERANCE));
            bystanders.forEach(Bystander::assertUnharmed);
        } finally {
            attackers.forEach(RawClient::close);
            server.close();
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        }
        threads.assertNone();
    }

    private static void goesOn(Bystander bystander) {
        int rounds = bystander.rounds();
        Eventually.await("the bystander to go on", PATIENCE, () -> {
            bystander.assertUnharmed();
            return bystander.rounds() >= rounds + ROUNDS;
        });
    }

    /** Between two rounds of the bystanders. */
    private Muster muster(Bystander one, Bystander other) {
        synchronized (one) {
            synchronized (other) {
                synchronized (adapters) {
                    return Muster.of(io, adapters, loops);
                }
            }
        }
    }

    /** A session may have set its timer anew, but none more than before. */
    private static void isBack(Muster after, Muster before) {
        assertThat(after.withTimers(0)).isEqualTo(before.withTimers(0));
        assertThat(after.timers()).as("timers").isLessThanOrEqualTo(before.timers());
    }
}
