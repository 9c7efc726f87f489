package dev.bowline.bench.load;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Clients over long-polling that say something and get it back. */
final class PollingEcho extends Scenario {
    private static final long PATIENCE_SECONDS = 60;

    private final List<PollingTalk> talks = new ArrayList<>();

    PollingEcho(Job job, Loops loops) {
        super(job, loops);
    }

    @Override
    Outcome play() {
        try {
            come();
            onAll(PollingTalk::begin);
            pass(job.settleMillis());
            open();
            pass(job.windowMillis());
            Outcome outcome = closeCounted();
            onAll(PollingTalk::end);
            settle(lane -> talks.stream().mapToLong(PollingTalk::outstanding).sum());
            return completed(outcome);
        } finally {
            onAll(PollingTalk::cut);
        }
    }

    /** One after the other: a session is two round trips, and this is not what is measured. */
    private void come() {
        try {
            for (int i = 0; i < job.clients(); i++) {
                var talk = new PollingTalk(loops.loop(0), i, job, tallies.get(0), errors);
                talks.add(talk);
                talk.come().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", stopped);
        } catch (ExecutionException | TimeoutException refused) {
            throw new IllegalStateException("a polling client cannot come in: " + refused, refused);
        }
    }

    private void onAll(java.util.function.Consumer<PollingTalk> action) {
        loops.on(0, () -> {
            talks.forEach(action);
            return true;
        });
    }
}
