package dev.bowline.bench.load;

import org.HdrHistogram.Histogram;

/** Clients that are all cut at once, and all come back at once. An item is a client that came back. */
final class Storm extends Scenario {
    private static final int AT_ONCE = 64;
    /** What the server has to clear up after the last is back belongs to the storm. */
    private static final long AFTERMATH_MILLIS = 200;

    Storm(Job job, Loops loops) {
        super(job, loops);
    }

    @Override
    Outcome play() {
        try (var crowd = new Crowd(job, loops, tallies, errors)) {
            crowd.come(job.clients(), AT_ONCE, client -> Idle.silent(errors));
            pass(job.settleMillis());
            open();
            long lostBefore = ProcStat.listenOverflows();
            long start = System.nanoTime();
            crowd.cut();
            crowd.come(job.clients(), job.clients(), client -> Idle.silent(errors));
            double seconds = (System.nanoTime() - start) / 1e9;
            pass(AFTERMATH_MILLIS);
            figures.put("secondsUntilBack", seconds);
            figures.put("lostInAcceptQueue", (double) (ProcStat.listenOverflows() - lostBefore));
            return close(job.clients(), new Histogram(3));
        }
    }
}
