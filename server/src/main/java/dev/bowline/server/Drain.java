package dev.bowline.server;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The end of a server that makes way for another: no session begins any more, and those that are there end one after
 * the other, so that their clients do not all come back at once to a server that is cold.
 *
 * <p>The duration is cut into as many parts as there are connections, and in each part one of them, whichever, has its
 * turn at a random instant. In its turn the handlers first do what waits for them, so that their acknowledgements still
 * go out, then the client is told as soon as it can be. When all have gone and no handler runs any more, or when the time
 * is over, the server is closed.
 *
 * <p>Ticks of the server's timer drive it: they need no clock, and those that come late are made up for. Any thread may
 * join or end it; the turns are the timer's.
 */
final class Drain {
    /** How long a connection whose turn it is waits for its handlers. */
    static final Duration HANDLERS = Duration.ofSeconds(5);

    /** What has not ended so long after the duration is ended. */
    static final Duration GRACE = Duration.ofSeconds(10);

    private static final System.Logger LOG = System.getLogger(Drain.class.getName());
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final Duration LONGEST = Duration.ofMillis(Integer.MAX_VALUE);

    /** When a connection is to go, in nanoseconds since the beginning. */
    private record Turn(Connection connection, long at) {}

    // Any thread.
    private final SocketIoServer server;
    private final long nanos;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicInteger leaving = new AtomicInteger();
    private volatile @Nullable Future<?> ticking;

    // On the timer only, once it ticks.
    private final Queue<Turn> turns = new ArrayDeque<>();
    private long ticks;

    /** One that has not begun. */
    Drain(SocketIoServer server, Duration duration) {
        Objects.requireNonNull(duration, "duration must not be null");
        if (duration.isNegative() || duration.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("duration must be between 0 and 2^31-1 ms: " + duration);
        }
        this.server = server;
        this.nanos = duration.toNanos();
    }

    /** Completes when the server has been closed. */
    CompletableFuture<Void> done() {
        return done;
    }

    /** Begins to let these go. Once, after the engine has been told to let nobody in. */
    void begin(List<Connection> connections) {
        List<Connection> shuffled = new ArrayList<>(connections);
        var random = new Random();
        Collections.shuffle(shuffled, random);
        double part = (double) nanos / Math.max(1, shuffled.size());
        for (int i = 0; i < shuffled.size(); i++) {
            turns.add(new Turn(shuffled.get(i), (long) ((i + random.nextDouble()) * part)));
        }
        ticking = server.timer().scheduleAtFixedRate(this::tick, 0, TICK_NANOS, TimeUnit.NANOSECONDS);
        if (over.get()) {
            stopTicking();
        }
    }

    private void tick() {
        long now = ticks++ * TICK_NANOS;
        for (Turn turn = turns.peek(); turn != null && turn.at() <= now; turn = turns.peek()) {
            turns.remove();
            leave(turn.connection());
        }
        if (leaving.get() == 0 && server.isQuiet()) {
            finish(server::close);
        } else if (now >= nanos + GRACE.toNanos()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "The time of the drain is over: {0} clients have not got all that was sent to them, "
                            + "the handlers of {1} sockets have not finished",
                    leaving.get(),
                    server.socketCount());
            finish(server::close);
        }
    }

    private void leave(Connection connection) {
        leaving.incrementAndGet();
        try {
            connection.afterHandlers(HANDLERS, () -> connection.leave(leaving::decrementAndGet));
        } catch (RuntimeException ended) {
            leaving.decrementAndGet();
            LOG.log(System.Logger.Level.DEBUG, "A connection cannot leave: its loop has ended", ended);
        }
    }

    /** The server has been closed: there is nothing more to do. */
    void serverClosed() {
        finish(() -> {});
    }

    /**
     * On a thread of its own: closing may take long, and whoever waits for the end may go on from here to close the
     * ports, which waits for whoever closes them already.
     */
    private void finish(Runnable last) {
        if (over.compareAndSet(false, true)) {
            stopTicking();
            var thread = new Thread(
                    () -> {
                        try {
                            last.run();
                        } finally {
                            done.complete(null);
                        }
                    },
                    "bowline-drain");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void stopTicking() {
        Future<?> running = ticking;
        if (running != null) {
            running.cancel(false);
        }
    }
}
