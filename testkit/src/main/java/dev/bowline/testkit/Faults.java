package dev.bowline.testkit;

import dev.bowline.testkit.Conditions.Change;
import dev.bowline.testkit.FaultProxy.Event.Kind;
import java.time.Duration;

/**
 * The faults that a test puts on one {@link Link}, on {@linkplain FaultProxy#existing() existing},
 * {@linkplain FaultProxy#newLinks() new} or {@linkplain FaultProxy#all() all} links.
 *
 * <p>Faults add up. In each direction bytes pass hold, slices, bandwidth, delay and black hole, in this
 * order, and keep their own order whatever is switched while they are under way. The end of a stream and
 * a reset travel behind the bytes before them and suffer the same. A command is in force when its method
 * returns; it may come from any thread. On a link that has closed it does nothing; on a proxy that has
 * closed it throws {@link IllegalStateException}.
 *
 * <p>Each direction buffers up to {@link FaultProxy.Builder#bufferBytes}. Beyond that the proxy does not
 * read, and the sender's own buffers fill, as they do when a network does not acknowledge. Hence a delay
 * also bounds the throughput: to one buffer per delay.
 */
public abstract sealed class Faults permits Link, LinkGroup, NewLinks {
    private static final Duration LONGEST_DELAY = Duration.ofDays(1);

    Faults() {}

    /** Runs a command on the proxy's thread, and tells of it. */
    abstract void change(Kind kind, String detail, Direction direction, Change change);

    /** Lets new links in again; only where there are new links. */
    void readmit() {}

    /**
     * Lets nothing pass, like a cut cable: no bytes, no end of stream, no reset. Neither end is told.
     *
     * <p>What is sent meanwhile is kept, as TCP would repeat it, and flows in order after
     * {@link #heal()}. A client can still open a link, because the kernel accepts it; the target hears
     * of it when the direction to it heals.
     */
    public final void blackHole(Direction direction) {
        change(Kind.CUT, "black hole " + direction, direction, (before, arrived) -> before.withBlackHole(true));
    }

    /** Passes bytes later by a fixed time. */
    public final void delay(Direction direction, Duration base) {
        delay(direction, base, Duration.ZERO);
    }

    /**
     * Passes bytes later by {@code base}, and by up to {@code jitter} more: uniformly distributed, and a
     * function of the seed, the link's number and the position in the stream. Order is kept, so what is
     * late makes late what follows. Concerns what arrives from now on. The clock ticks in milliseconds.
     *
     * @param base from zero to a day
     * @param jitter from zero to a day
     * @throws IllegalArgumentException if one is outside of that
     */
    public final void delay(Direction direction, Duration base, Duration jitter) {
        requireDelay("base", base);
        requireDelay("jitter", jitter);
        String detail = "delay " + direction + " " + base + " + up to " + jitter;
        change(
                Kind.CHANGED,
                detail,
                direction,
                (before, arrived) -> before.withDelay(base.toNanos(), jitter.toNanos()));
    }

    /**
     * Passes no more than so many bytes in a second, in fifty steps a second. Concerns what arrives from
     * now on.
     *
     * @throws IllegalArgumentException if {@code bytesPerSecond} is not positive
     */
    public final void limitBandwidth(Direction direction, long bytesPerSecond) {
        if (bytesPerSecond <= 0) {
            throw new IllegalArgumentException("bytesPerSecond must be positive: " + bytesPerSecond);
        }
        String detail = "bandwidth " + direction + " " + bytesPerSecond + " B/s";
        change(Kind.CHANGED, detail, direction, (before, arrived) -> before.withBandwidth(bytesPerSecond));
    }

    /**
     * Cuts the stream into writes of at most so many bytes, each a segment of its own (TCP_NODELAY). A
     * receiver that is slower than the proxy may still read several at once. Concerns what arrives from
     * now on.
     *
     * @throws IllegalArgumentException if {@code bytes} is not positive
     */
    public final void slice(Direction direction, int bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("bytes must be positive: " + bytes);
        }
        String detail = "slices " + direction + " of " + bytes + " B";
        change(Kind.CHANGED, detail, direction, (before, arrived) -> before.withSlices(bytes));
    }

    /**
     * Keeps back what arrives from now on, until {@link #release}. Because order is kept, what follows
     * waits as well. {@link Link#waitingBytes} says how much has gathered.
     */
    public final void hold(Direction direction) {
        holdAfter(direction, 0);
    }

    /**
     * Lets the next bytes pass and then keeps back what follows, until {@link #release}: a message that
     * stops in its middle.
     *
     * <p>Bytes that are kept back already stay so: of two holds the earlier one counts.
     *
     * @param bytes how many more may pass
     * @throws IllegalArgumentException if {@code bytes} is negative
     */
    public final void holdAfter(Direction direction, long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes must not be negative: " + bytes);
        }
        String detail = "hold " + direction + " after " + bytes + " B";
        change(
                Kind.CHANGED,
                detail,
                direction,
                (before, arrived) -> before.withHoldAt(Math.min(before.holdAt(), arrived + bytes)));
    }

    /** Lets go what a hold keeps back, in order, into the faults that are still on. */
    public final void release(Direction direction) {
        change(Kind.HEALED, "released " + direction, direction, (before, arrived) -> before.without(Fault.HOLD));
    }

    /**
     * Answers every request for a WebSocket with {@code 400} and {@code Connection: close}, as some
     * company's proxy does; the target does not see it.
     *
     * <p>All other requests of the link pass, also before such a one on the same link. The answer comes
     * from where the target is: it, and the request before it, suffer the faults of their directions.
     * What is not HTTP/1.1 passes, and so does a link that is already upgraded.
     */
    public final void refuseUpgrades() {
        change(
                Kind.CHANGED,
                "refuse upgrades",
                Direction.TO_SERVER,
                (before, arrived) -> before.withRefusedUpgrades(true));
    }

    /**
     * Ends all faults. What was kept back, or was under way, flows at once and in order. A link that was
     * severed stays dead.
     */
    public final void heal() {
        change(Kind.HEALED, "all faults", Direction.BOTH, (before, arrived) -> Conditions.HEALTHY);
        readmit();
    }

    /**
     * Ends one fault, in both directions. When a delay or a bandwidth ends, what is under way is
     * scheduled anew under what is left.
     */
    public final void heal(Fault fault) {
        heal(fault, Direction.BOTH);
    }

    /** Ends one fault in one direction. */
    public final void heal(Fault fault, Direction direction) {
        change(Kind.HEALED, fault + " " + direction, direction, (before, arrived) -> before.without(fault));
        if (fault == Fault.REFUSED_LINKS) {
            readmit();
        }
    }

    private static void requireDelay(String option, Duration value) {
        if (value.isNegative() || value.compareTo(LONGEST_DELAY) > 0) {
            throw new IllegalArgumentException(option + " must be between PT0S and " + LONGEST_DELAY + ": " + value);
        }
    }
}
