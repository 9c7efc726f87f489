package dev.bowline.server.transport;

import org.jspecify.annotations.Nullable;

/**
 * Where a session lives: its event loop, its timer there, and its move to another loop.
 *
 * <p>Confined to the loop of the moment, save what says otherwise. A move is only planned when it is asked for; the
 * session leaves as the last thing that its old loop does with it, so that nothing touches it from there any more.
 */
final class Residence {
    private record Move(TransportLoop target, Runnable onArrival) {}

    // Written on the loop that it names before, read by all.
    private volatile TransportLoop loop;

    // On the loop only.
    private final Runnable onTimer;
    private @Nullable Move move;
    private TransportLoop.@Nullable Timer timer;
    private long timerDeadline;

    /** On {@code loop}; {@code onTimer} is called there when the timer fires. */
    Residence(TransportLoop loop, Runnable onTimer) {
        this.loop = loop;
        this.onTimer = onTimer;
    }

    /** The session's loop at this moment. Any thread. */
    TransportLoop loop() {
        return loop;
    }

    // ---- The move -------------------------------------------------------------------------------

    /** Plans to move; {@code onArrival} is the first thing that the new loop does with the session. */
    void planMove(TransportLoop target, Runnable onArrival) {
        move = new Move(target, onArrival);
    }

    /** Whether a move is planned: nothing more is to be done on this loop. */
    boolean isLeaving() {
        return move != null;
    }

    /** Leaves for the loop that was planned. The last thing that this loop does with the session. */
    void leave() {
        Move planned = move;
        if (planned == null) {
            throw new IllegalStateException("no move is planned");
        }
        move = null;
        cancelTimer();
        loop = planned.target();
        planned.target().execute(planned.onArrival());
    }

    // ---- The timer ------------------------------------------------------------------------------

    /**
     * Has the timer fire at {@code deadline}, or earlier: one that is set for an earlier instant stays, so that a
     * deadline which moves on with every packet costs nothing.
     */
    void wakeAt(long deadline) {
        if (timer != null) {
            if (deadline - timerDeadline >= 0) {
                return;
            }
            timer.cancel();
        }
        timerDeadline = deadline;
        timer = loop.schedule(this::fire, Math.max(0, deadline - loop.nanoTime()));
    }

    /** Takes the timer back. */
    void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void fire() {
        // One of a loop that the session has left meanwhile is not its own any more.
        if (loop.inLoop()) {
            timer = null;
            onTimer.run();
        }
    }
}
