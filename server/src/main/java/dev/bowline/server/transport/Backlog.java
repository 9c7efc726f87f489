package dev.bowline.server.transport;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * How much waits for a client to take it, as its session's loop last saw it, and the threads that wait until it is
 * less.
 */
final class Backlog {
    /** A loop comes round much sooner; one that does not has ended. */
    private static final long LOOP_NANOS = 10_000_000_000L;

    /** A client that reads takes something much more often, even one whose network has lost a packet. */
    private static final long STALL_NANOS = 500_000_000L;

    // Any thread.
    private final Mailbox mailbox;
    private final long comfortable;
    private final Queue<Thread> waiters = new ConcurrentLinkedQueue<>();

    // Written on the loop, read by all.
    private volatile long unread;
    private volatile boolean over;
    private volatile long progressAt;

    // On the loop only.
    private long takenBefore;

    // Set by those who waited in vain, taken back on the loop as soon as the client reads: it is waited for once.
    private volatile Waiter inVain = Waiter.NOBODY;

    /** Who waits, in the order of how long. */
    enum Waiter {
        NOBODY,
        /** Somebody who has other things to do than to serve this client. */
        ANYONE,
        /** A handler of this client's own socket. */
        OWN_HANDLER
    }

    /** Waiting begins at {@code comfortable} bytes, well below where something has to be done about it, and ends at half. */
    Backlog(Mailbox mailbox, long comfortable) {
        this.mailbox = mailbox;
        this.comfortable = comfortable;
    }

    /** How much the client has left unread. Any thread. */
    long unread() {
        return unread;
    }

    /** Whether an emit had better wait. Any thread. */
    boolean isLong() {
        return mailbox.bytes() + unread > comfortable;
    }

    /**
     * The loop's latest view. On the loop only.
     *
     * @param bytes how much the client has left unread
     * @param taken how much the network has taken for it since the session opened
     */
    void publish(long bytes, long taken) {
        boolean behind = bytes > comfortable / 2;
        if (behind && (taken > takenBefore || unread <= comfortable / 2)) {
            progressAt = System.nanoTime();
        }
        if (inVain != Waiter.NOBODY && (!behind || taken > takenBefore)) {
            inVain = Waiter.NOBODY;
        }
        takenBefore = taken;
        unread = bytes;
        if (mailbox.bytes() <= comfortable / 2) {
            wake();
        }
    }

    /** The session is over: nobody waits any more. On the loop only. */
    void end() {
        over = true;
        wake();
    }

    /** Whether a thread waits. */
    boolean isAwaited() {
        return !waiters.isEmpty();
    }

    private void wake() {
        if (isAwaited()) {
            waiters.forEach(LockSupport::unpark);
        }
    }

    /** Waits until the loop has taken what it was handed, which it does whatever the client does. */
    void awaitLoop() {
        if (mailbox.bytes() > comfortable) {
            park(() -> mailbox.bytes() > comfortable / 2, LOOP_NANOS);
        }
    }

    /**
     * Waits until the client has read, if it is not known that this is in vain. Only for a handler of its own is a
     * client waited for that has taken nothing for a while: of many such ones together, others wait no longer than for
     * one.
     *
     * @return how long that took
     */
    long awaitClient(Waiter who, long nanos) {
        if (!isLong() || inVain.compareTo(who) >= 0) {
            return 0;
        }
        long begin = System.nanoTime();
        if (!park(() -> mailbox.bytes() + unread > comfortable / 2 && !gaveUp(who), nanos)
                && who == Waiter.OWN_HANDLER) {
            inVain = who;
        }
        return System.nanoTime() - begin;
    }

    private boolean gaveUp(Waiter who) {
        boolean stalled =
                who == Waiter.ANYONE && unread > comfortable / 2 && System.nanoTime() - progressAt >= STALL_NANOS;
        if (stalled) {
            inVain = who;
        }
        return stalled;
    }

    /** Says whether the wait has ended because it was over. */
    private boolean park(BooleanSupplier mustWait, long nanos) {
        Thread self = Thread.currentThread();
        long begin = System.nanoTime();
        waiters.add(self);
        try {
            while (mustWait.getAsBoolean() && !over) {
                long left = nanos - (System.nanoTime() - begin);
                if (left <= 0 || self.isInterrupted()) {
                    return false;
                }
                LockSupport.parkNanos(this, Math.min(left, STALL_NANOS));
            }
            return true;
        } finally {
            waiters.remove(self);
        }
    }
}
