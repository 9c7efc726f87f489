package dev.bowline.testkit;

import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * The schedule of one direction of a link: cuts what arrives into slices and says when each is due.
 *
 * <p>Holds no clock; the caller passes {@code now}. Chance is a function of the seed, the link, the
 * direction and the position in the stream, and not of how many draws came before: how the kernel
 * happened to cut the stream into reads must not shift the delays of all that follows. With slices or
 * a bandwidth the cuts lie at multiples of the slice from the stream's start, and then reads make no
 * difference at all. Confined to the proxy's thread.
 */
final class Shaper {
    /** How often in a second a limited direction moves: the larger, the smoother. */
    private static final int STEPS_PER_SECOND = 50;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** What a slice is. */
    enum Kind {
        /** Bytes of the stream. */
        BYTES,
        /** The source finished: a FIN. */
        END,
        /** The source is gone: a RST. */
        RESET,
        /** An upgrade stood here, and is to be answered with 400. */
        REFUSED_UPGRADE
    }

    /** A run of bytes, or a mark between them, with the instant at which it is due. */
    static final class Slice {
        final Kind kind;
        final byte[] bytes;
        int from;
        final int to;

        /** The position in the stream of the byte at {@code from}, as it was when the slice was cut. */
        final long position;

        long due;

        Slice(Kind kind, byte[] bytes, int from, int to, long position) {
            this.kind = kind;
            this.bytes = bytes;
            this.from = from;
            this.to = to;
            this.position = position;
        }

        int length() {
            return to - from;
        }
    }

    private final long seed;
    private long busyUntil;
    private long lastDue;

    Shaper(long seed, int link, Direction direction, long now) {
        this.seed = mix(mix(seed) + 2L * link + (direction == Direction.TO_SERVER ? 0 : 1));
        restart(now);
    }

    /** Forgets what was scheduled, so that the next slice does not have to wait for it. */
    void restart(long now) {
        busyUntil = now;
        lastDue = now;
    }

    /** Cuts the slice as the conditions demand, and hands on each piece, due in the order of the stream. */
    void shape(Slice whole, Conditions conditions, long now, Consumer<Slice> out) {
        long step = step(conditions);
        if (whole.kind != Kind.BYTES) {
            whole.due = due(whole.position, 0, conditions, now);
            out.accept(whole);
            return;
        }
        long position = whole.position;
        int from = whole.from;
        while (from < whole.to) {
            long start = position - position % step;
            int length = (int) Math.min(whole.to - from, start + step - position);
            Slice piece = new Slice(Kind.BYTES, whole.bytes, from, from + length, position);
            piece.due = due(step == Integer.MAX_VALUE ? position : start, length, conditions, now);
            out.accept(piece);
            from += length;
            position += length;
        }
    }

    private static long step(Conditions conditions) {
        long step = conditions.sliceBytes() > 0 ? conditions.sliceBytes() : Integer.MAX_VALUE;
        return conditions.limits() ? Math.min(step, Math.max(1, conditions.bytesPerSecond() / STEPS_PER_SECOND)) : step;
    }

    private long due(long position, int length, Conditions conditions, long now) {
        if (busyUntil - now < 0) {
            busyUntil = now;
        }
        if (conditions.limits()) {
            busyUntil += length * NANOS_PER_SECOND / conditions.bytesPerSecond();
        }
        long due = busyUntil + conditions.delayNanos() + jitter(position, conditions.jitterNanos());
        if (due - lastDue > 0) {
            lastDue = due;
        }
        return lastDue;
    }

    private long jitter(long position, long most) {
        return most == 0 ? 0 : new SplittableRandom(mix(seed + position)).nextLong(most + 1);
    }

    /** The finalizer of SplitMix64: neighbouring inputs become strangers. */
    private static long mix(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
