package dev.bowline.bench.load;

import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What the clients of a job do, from their coming to their going, and the window in which it counts. Confined to the
 * thread that plays it.
 */
abstract class Scenario {
    /** How long missing answers are waited for. */
    private static final long PATIENCE_MILLIS = 5_000;

    private static final int POLL_MILLIS = 5;

    final Job job;
    final Loops loops;
    final Errors errors = new Errors();
    final List<Tally> tallies = new ArrayList<>();
    final Map<String, Double> figures = new LinkedHashMap<>();

    private long openedAt;
    private long serverBefore;
    private long loadBefore;
    private long ownBefore;
    private long machineBefore;

    Scenario(Job job, Loops loops) {
        this.job = job;
        this.loops = loops;
        for (int i = 0; i < loops.count(); i++) {
            tallies.add(new Tally());
        }
    }

    /** Makes what a job asks for. */
    static Scenario of(Job job, Loops loops, Runnable hold) {
        return switch (job.shape()) {
            case ECHO, ASK, BINARY -> new Echo(job, loops);
            case POLLING -> new PollingEcho(job, loops);
            case FAN_OUT -> new FanOut(job, loops);
            case ROOMS -> new Rooms(job, loops);
            case IDLE -> new Idle(job, loops, hold);
            case HEARTBEAT -> new Heartbeats(job, loops);
            case STORM -> new Storm(job, loops);
            case RECOVERY -> new RecoveryStorm(job, loops);
        };
    }

    /** Plays it once; the clients are gone when this returns. */
    abstract Outcome play();

    /** Opens the window: forgets what was counted, and looks at the clocks. */
    final void open() {
        for (int lane = 0; lane < tallies.size(); lane++) {
            Tally tally = tallies.get(lane);
            loops.on(lane, () -> {
                tally.clear();
                return true;
            });
        }
        openedAt = System.nanoTime();
        serverBefore = ProcStat.cpuMicros(job.pid());
        loadBefore = ProcStat.cpuMicros(ProcessHandle.current().pid());
        ownBefore = ProcStat.cpuMicros(job.own());
        machineBefore = ProcStat.machineMicros();
    }

    /** Closes the window; what the loops counted are the items. */
    final Outcome closeCounted() {
        Histogram latencies = new Histogram(3);
        long items = 0;
        for (int lane = 0; lane < tallies.size(); lane++) {
            Tally tally = tallies.get(lane);
            items += loops.on(lane, () -> {
                long counted = tally.items();
                latencies.add(tally.take());
                return counted;
            });
        }
        return close(items, latencies);
    }

    /** Closes the window with as many items. */
    final Outcome close(long items, Histogram latencies) {
        long server = ProcStat.cpuMicros(job.pid()) - serverBefore;
        long load = ProcStat.cpuMicros(ProcessHandle.current().pid()) - loadBefore;
        long own = ProcStat.cpuMicros(job.own()) - ownBefore;
        long machine = ProcStat.machineMicros() - machineBefore;
        long micros = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - openedAt);
        var bytes = java.nio.ByteBuffer.allocate(latencies.getNeededByteBufferCapacity());
        int length = latencies.encodeIntoCompressedByteBuffer(bytes);
        String encoded = Base64.getEncoder().encodeToString(java.util.Arrays.copyOf(bytes.array(), length));
        return new Outcome(
                items,
                errors.count(),
                errors.complaints(),
                micros,
                server,
                (double) load / micros,
                Math.max(0, (double) (machine - own) / micros),
                encoded,
                figures);
    }

    /** The same outcome with the errors and figures that came to light after the window. */
    final Outcome completed(Outcome outcome) {
        return new Outcome(
                outcome.items(),
                errors.count(),
                errors.complaints(),
                outcome.windowMicros(),
                outcome.cpuMicros(),
                outcome.loadShare(),
                outcome.foreignShare(),
                outcome.latencies(),
                figures);
    }

    /** Lets time pass. */
    final void pass(long millis) {
        loops.later(0, millis, () -> true);
    }

    /** Waits until nothing is missing on any loop; counts as errors what stays missing. */
    final void settle(java.util.function.IntToLongFunction missingOnLane) {
        settle(PATIENCE_MILLIS, missingOnLane);
    }

    /** The same with another patience. */
    final void settle(long patienceMillis, java.util.function.IntToLongFunction missingOnLane) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMillis);
        while (true) {
            long missing = 0;
            for (int i = 0; i < loops.count(); i++) {
                int lane = i;
                missing += loops.on(lane, () -> missingOnLane.applyAsLong(lane));
            }
            if (missing == 0) {
                return;
            }
            if (System.nanoTime() - deadline > 0) {
                errors.add(missing, missing + " answers are missing");
                return;
            }
            pass(POLL_MILLIS);
        }
    }
}
