package dev.bowline.server.transport;

import java.util.concurrent.Executor;

/**
 * The event loop that a session lives on: one thread, and the clock by which its timers run.
 *
 * <p>Two sessions of one loop must be given the same object, so that a broadcast can tell.
 */
public interface TransportLoop extends Executor {
    /** A timer that has been set. */
    @FunctionalInterface
    interface Timer {
        /** Takes the timer back; without effect once it has fired. */
        void cancel();
    }

    /** Whether the caller runs on this loop's thread. */
    boolean inLoop();

    /** Whether the calling thread may wait for an event loop: not if it is one, this or another. */
    boolean mayWait();

    /** The time by which this loop's timers run, in nanoseconds of an arbitrary origin. */
    long nanoTime();

    /** Runs the task on this loop after a delay. */
    Timer schedule(Runnable task, long delayNanos);
}
