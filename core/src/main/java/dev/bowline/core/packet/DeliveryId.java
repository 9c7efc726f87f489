package dev.bowline.core.packet;

/**
 * The acknowledgement id of an event that its sender sends again until it is acknowledged: one and the same
 * for all tries. So a late answer to an earlier try counts, and a receiver that knows these ids can tell
 * another try from another event.
 *
 * <p>They lie from 2<sup>52</sup> to below 2<sup>53</sup>. Whoever counts from 0, as all others do, does not come
 * there; and JavaScript, whose numbers are exact below 2<sup>53</sup>, hands the digits back as they came. Below the
 * leading bit are 20 bits that the sender draws once, so that another one of the same client, for instance after a
 * restart, hardly says the same; and 32 bits in which it counts its events.
 */
public final class DeliveryId {
    /** How many senders differ. */
    public static final int SENDERS = 1 << 20;

    private static final int COUNT_BITS = 32;
    private static final int LEADING_BIT = 52;

    private DeliveryId() {}

    /**
     * The id of an event.
     *
     * @param sender what the sender has drawn, from 0 to below {@link #SENDERS}
     * @param count the number of the event, as an unsigned number: it begins again after 2<sup>32</sup>
     * @throws IllegalArgumentException if there is no such sender
     */
    public static long of(int sender, int count) {
        if (sender < 0 || sender >= SENDERS) {
            throw new IllegalArgumentException("sender must be from 0 to below " + SENDERS + ": " + sender);
        }
        return 1L << LEADING_BIT | (long) sender << COUNT_BITS | Integer.toUnsignedLong(count);
    }

    /** Whether this acknowledgement id, of any packet, is one of these. */
    public static boolean isDeliveryId(long id) {
        return id >>> LEADING_BIT == 1;
    }
}
