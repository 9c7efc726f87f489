package dev.bowline.bench.load;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;

/** The WebSocket clients of one job. Confined to the thread that plays the job. */
final class Crowd implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final Job job;
    private final Loops loops;
    private final List<Tally> tallies;
    private final Errors errors;
    private final List<SocketLink> links = new ArrayList<>();

    Crowd(Job job, Loops loops, List<Tally> tallies, Errors errors) {
        this.job = job;
        this.loops = loops;
        this.tallies = tallies;
        this.errors = errors;
    }

    List<SocketLink> links() {
        return links;
    }

    /**
     * Lets clients come, and returns when all of them are in.
     *
     * @param atOnce how many may be on their way at the same time
     * @throws IllegalStateException if one is refused, or it takes more than a minute
     */
    void come(int count, int atOnce, IntFunction<? extends SocketLink.Talk> talks) {
        come(count, atOnce, PATIENCE_SECONDS, talks);
    }

    /** The same with another patience. */
    void come(int count, int atOnce, long patienceSeconds, IntFunction<? extends SocketLink.Talk> talks) {
        var places = new Semaphore(atOnce);
        List<CompletableFuture<?>> coming = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                if (!places.tryAcquire(patienceSeconds, TimeUnit.SECONDS)) {
                    throw new TimeoutException();
                }
                var link = new SocketLink(
                        loops.loop(i), job.port(), tallies.get(i % tallies.size()), errors, talks.apply(i));
                links.add(link);
                coming.add(link.ready().whenComplete((in, failure) -> places.release()));
                if (job.upgraded()) {
                    new Upgrade(link, job.port()).begin();
                } else {
                    link.dial();
                }
            }
            CompletableFuture.allOf(coming.toArray(CompletableFuture<?>[]::new)).get(patienceSeconds, TimeUnit.SECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", stopped);
        } catch (TimeoutException slow) {
            long in = coming.stream().filter(CompletableFuture::isDone).count();
            throw new IllegalStateException(in + " of " + count + " clients are in after " + patienceSeconds + " s");
        } catch (ExecutionException refused) {
            throw new IllegalStateException("a client cannot come in: " + refused.getCause(), refused);
        }
    }

    /** Resets all connections at once. */
    void cut() {
        for (int lane = 0; lane < loops.count(); lane++) {
            var loop = loops.loop(lane);
            loops.on(lane, () -> {
                links.stream().filter(link -> link.loop() == loop).forEach(SocketLink::cut);
                return true;
            });
        }
        links.clear();
    }

    @Override
    public void close() {
        cut();
    }
}
