package dev.bowline.bench.load;

import org.HdrHistogram.Histogram;

/** Clients that come, and stay without a word. An item is a client that came. */
final class Idle extends Scenario {
    private static final int AT_ONCE = 64;

    private final Runnable hold;

    /** Calls {@code hold} while all are there. */
    Idle(Job job, Loops loops, Runnable hold) {
        super(job, loops);
        this.hold = hold;
    }

    @Override
    Outcome play() {
        try (var crowd = new Crowd(job, loops, tallies, errors)) {
            open();
            crowd.come(job.clients(), AT_ONCE, client -> silent(errors));
            Outcome outcome = close(job.clients(), new Histogram(3));
            hold.run();
            return completed(outcome);
        }
    }

    /** Whoever says nothing is told nothing. */
    static SocketLink.Talk silent(Errors errors) {
        return (link, frame, in) ->
                errors.add("nothing was due: " + Expected.excerpt(in, frame.start(), frame.length()));
    }
}
