package dev.bowline.client;

import dev.bowline.core.packet.Backoff;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The attempts to come back: counts them, waits before each, and gives up after the last. Confined to the
 * loop.
 *
 * <p>The order is the reference's, down to its oddity: a failed attempt first arranges what follows, so
 * that after the last one {@code reconnect_failed} precedes {@code reconnect_error}.
 */
final class Reconnector {
    private final Reconnection options;
    private final RandomGenerator random;
    private final Loop loop;
    private final Actions actions;
    private final Backoff backoff;

    /** From the first delay to the success or the end; with a pause of no time between two attempts. */
    private boolean underWay;

    /** Whether an attempt is planned and has not begun. */
    private boolean waiting;

    /** The delay of what is planned; there is none while there is no network. */
    private Loop.@Nullable Timer timer;

    private boolean paused;

    /** What a Reconnector has others do. */
    interface Actions {
        /** An attempt begins, the first is number 1; its end is {@link #succeeded} or {@link #failed}. */
        void attempt(int number);

        void reconnected(int number);

        void attemptFailed(TransportException failure);

        void gaveUp();
    }

    Reconnector(Reconnection options, RandomGenerator random, Loop loop, Actions actions) {
        this.options = options;
        this.random = random;
        this.loop = loop;
        this.actions = actions;
        this.backoff = new Backoff(options.delay(), options.maxDelay(), options.randomization());
    }

    boolean underWay() {
        return underWay;
    }

    /** The connection was lost, or never made: tries again after a delay, unless it does already. */
    void begin() {
        if (!options.enabled() || underWay) {
            return;
        }
        if (backoff.attempts() >= options.attempts()) {
            backoff.reset();
            actions.gaveUp();
            return;
        }
        underWay = true;
        Duration delay = backoff.next(random.nextDouble());
        waiting = true;
        if (!paused) {
            timer = loop.schedule(delay, this::attempt);
        }
    }

    private void attempt() {
        cancelTimer();
        waiting = false;
        actions.attempt(backoff.attempts());
    }

    /** There is no network: plans are kept, but nothing is attempted until {@link #resume}. */
    void pause() {
        paused = true;
        cancelTimer();
    }

    /**
     * What is planned is attempted at once, as the first attempt of a new round.
     *
     * @return whether there was such a plan
     */
    boolean resume() {
        paused = false;
        if (!waiting) {
            return false;
        }
        backoff.reset();
        backoff.next(random.nextDouble());
        attempt();
        return true;
    }

    /** A connection was made: by an attempt of ours, if one was under way. */
    void succeeded() {
        int number = backoff.attempts();
        boolean ours = underWay;
        stop();
        backoff.reset();
        if (ours) {
            actions.reconnected(number);
        }
    }

    /** An attempt to connect failed, ours or the first of all. */
    void failed(TransportException failure) {
        if (underWay) {
            underWay = false;
            begin();
            actions.attemptFailed(failure);
        } else if (backoff.attempts() == 0) {
            begin();
        }
    }

    /** An open connection is lost: the next delay is the shortest again. */
    void reset() {
        backoff.reset();
    }

    /** Nobody wants to come back any more. */
    void stop() {
        underWay = false;
        waiting = false;
        cancelTimer();
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
