package dev.bowline.testkit;

/** A fault that lasts until it is healed; what {@link Faults#heal(Fault)} names. */
public enum Fault {
    /** Nothing passes; see {@link Faults#blackHole}. */
    BLACK_HOLE,
    /** Bytes arrive late; see {@link Faults#delay}. */
    DELAY,
    /** Bytes pass slowly; see {@link Faults#limitBandwidth}. */
    BANDWIDTH,
    /** Bytes pass in small writes; see {@link Faults#slice}. */
    SLICES,
    /** Bytes are kept back; see {@link Faults#hold}. */
    HOLD,
    /** Upgrades are answered with 400; see {@link Faults#refuseUpgrades}. */
    REFUSED_UPGRADES,
    /** New links are refused; see {@link NewLinks#refuse} and {@link NewLinks#closePort}. */
    REFUSED_LINKS
}
