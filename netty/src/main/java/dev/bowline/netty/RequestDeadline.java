package dev.bowline.netty;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The patience of one HTTP connection: with a peer that owes a request head, and with one that owes a body. While an
 * answer is ours to give there is no limit.
 *
 * <p>A deadline that moves on leaves its timer where it is, and is looked at again when that fires. So a request costs
 * no timer of its own. Confined to the loop.
 */
final class RequestDeadline {
    private final EventLoop loop;
    private final long headNanos;
    private final long bodyNanos;
    private final boolean awaitsHeads;
    private final Runnable onExpired;
    private boolean armed;
    private long expiry;
    private long timerExpiry;
    private @Nullable ScheduledFuture<?> timer;

    RequestDeadline(EventLoop loop, HttpSettings settings, Runnable onExpired) {
        this.loop = loop;
        this.headNanos = settings.idleTimeout().toNanos();
        this.bodyNanos = settings.requestTimeout().toNanos();
        // Where others have requests too, the time between requests is theirs to limit.
        this.awaitsHeads = !settings.othersBehind();
        this.onExpired = onExpired;
    }

    /** Nothing is owed but the next request. */
    void awaitHead() {
        if (awaitsHeads) {
            arm(headNanos);
        } else {
            armed = false;
        }
    }

    /** A head has come, its body has not. */
    void awaitBody() {
        arm(bodyNanos);
    }

    /** The request is complete. */
    void awaitAnswer() {
        armed = false;
    }

    /** There is nothing to wait for any more. */
    void cancel() {
        armed = false;
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void arm(long nanos) {
        long now = loop.ticker().nanoTime();
        armed = true;
        expiry = now + nanos;
        if (timer != null && expiry - timerExpiry >= 0) {
            return;
        }
        if (timer != null) {
            timer.cancel(false);
        }
        schedule(nanos);
    }

    private void schedule(long nanos) {
        timerExpiry = expiry;
        timer = loop.schedule(this::look, nanos, TimeUnit.NANOSECONDS);
    }

    private void look() {
        timer = null;
        if (!armed) {
            return;
        }
        long left = expiry - loop.ticker().nanoTime();
        if (left > 0) {
            schedule(left);
        } else {
            armed = false;
            onExpired.run();
        }
    }
}
