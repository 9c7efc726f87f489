package dev.bowline.testkit;

/**
 * What one direction of a link suffers at present.
 *
 * @param blackHole whether nothing passes
 * @param delayNanos the least delay
 * @param jitterNanos the most that chance adds to the delay
 * @param bytesPerSecond the bandwidth, or 0 where it is not limited
 * @param sliceBytes the largest write, or 0 where writes are not cut
 * @param holdAt the position in the stream from which on bytes are kept back
 * @param refuseUpgrades whether upgrades are answered with 400; means something TO_SERVER only
 */
record Conditions(
        boolean blackHole,
        long delayNanos,
        long jitterNanos,
        long bytesPerSecond,
        int sliceBytes,
        long holdAt,
        boolean refuseUpgrades) {
    /** The position that no stream reaches. */
    static final long NOWHERE = Long.MAX_VALUE;

    /** A healthy network. */
    static final Conditions HEALTHY = new Conditions(false, 0, 0, 0, 0, NOWHERE, false);

    /** A command, as a function of the conditions before it and of how many bytes arrived so far. */
    @FunctionalInterface
    interface Change {
        Conditions apply(Conditions before, long arrived);
    }

    Conditions withBlackHole(boolean value) {
        return new Conditions(value, delayNanos, jitterNanos, bytesPerSecond, sliceBytes, holdAt, refuseUpgrades);
    }

    Conditions withDelay(long delay, long jitter) {
        return new Conditions(blackHole, delay, jitter, bytesPerSecond, sliceBytes, holdAt, refuseUpgrades);
    }

    Conditions withBandwidth(long value) {
        return new Conditions(blackHole, delayNanos, jitterNanos, value, sliceBytes, holdAt, refuseUpgrades);
    }

    Conditions withSlices(int value) {
        return new Conditions(blackHole, delayNanos, jitterNanos, bytesPerSecond, value, holdAt, refuseUpgrades);
    }

    Conditions withHoldAt(long value) {
        return new Conditions(blackHole, delayNanos, jitterNanos, bytesPerSecond, sliceBytes, value, refuseUpgrades);
    }

    Conditions withRefusedUpgrades(boolean value) {
        return new Conditions(blackHole, delayNanos, jitterNanos, bytesPerSecond, sliceBytes, holdAt, value);
    }

    /** The same without one fault. */
    Conditions without(Fault fault) {
        return switch (fault) {
            case BLACK_HOLE -> withBlackHole(false);
            case DELAY -> withDelay(0, 0);
            case BANDWIDTH -> withBandwidth(0);
            case SLICES -> withSlices(0);
            case HOLD -> withHoldAt(NOWHERE);
            case REFUSED_UPGRADES -> withRefusedUpgrades(false);
            case REFUSED_LINKS -> this;
        };
    }

    boolean delays() {
        return delayNanos > 0 || jitterNanos > 0;
    }

    boolean limits() {
        return bytesPerSecond > 0;
    }
}
