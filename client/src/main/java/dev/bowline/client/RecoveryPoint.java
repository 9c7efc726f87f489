package dev.bowline.client;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The place to which a Socket can come back, if its server keeps sessions: the secret of its session, and the offset of
 * the last event that carried one (socket.io-protocol, connection state recovery). Confined to the loop.
 *
 * <p>An offset is one more argument behind those of the application, and nothing on the wire says so. It is recognised
 * by its form: a Bowline server's begins with the epoch that its secrets begin with too; Node's, in memory or in Redis
 * Streams, tells the time. A text of another form is taken for an offset as the JavaScript client does, and like there
 * it stays an argument; but only until one has been recognised.
 */
final class RecoveryPoint {
    /** No clock is off by more, and no text of an application has an offset's form and is that near. */
    private static final long CLOCKS_DIFFER_MILLIS = 24 * 60 * 60 * 1000L;

    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

    private static final Pattern OWN_PID = Pattern.compile("([\\w-]{8})-[\\w-]{20}");
    private static final Pattern OWN_OFFSET = Pattern.compile("([\\w-]{8})-\\d{1,18}");
    private static final Pattern IN_MEMORY = Pattern.compile("([\\w-]{7})(?:\\.[\\w-]{1,8})?");
    private static final Pattern IN_STREAMS = Pattern.compile("(\\d{13})-\\d{1,18}");

    private final LongSupplier clock;
    private @Nullable String pid;
    private @Nullable String epoch;
    private @Nullable String offset;
    private boolean recognised;

    /**
     * Nowhere.
     *
     * @param clock as {@link System#currentTimeMillis}
     */
    RecoveryPoint(LongSupplier clock) {
        this.clock = clock;
    }

    /** Whether there is a session to come back to. */
    boolean isKnown() {
        return pid != null;
    }

    /**
     * The server let the Socket in.
     *
     * @param newPid the secret of its session; empty if the server keeps none
     * @return whether the session is the same as before
     */
    boolean enter(String newPid) {
        boolean same = !newPid.isEmpty() && newPid.equals(pid);
        if (!same) {
            recognised = false;
        }
        pid = newPid.isEmpty() ? null : newPid;
        Matcher own = OWN_PID.matcher(newPid);
        epoch = own.matches() ? own.group(1) : null;
        return same;
    }

    /** What CONNECT says of it. */
    Map<String, Object> claim() {
        Map<String, Object> claim = new LinkedHashMap<>();
        if (pid != null) {
            claim.put("pid", pid);
            if (offset != null) {
                claim.put("offset", offset);
            }
        }
        return claim;
    }

    /**
     * An event came without an acknowledgement, and its last argument is this text.
     *
     * @return whether that is its offset, and not the application's
     */
    boolean advance(String last) {
        boolean known = isOffset(last);
        if (known || (pid != null && epoch == null && !recognised)) {
            offset = last;
        }
        recognised |= known;
        return known;
    }

    /** The same, and nothing is noted. */
    boolean isOffset(String text) {
        return pid != null && (epoch != null ? isOf(epoch, text) : isOfNode(text));
    }

    private static boolean isOf(String epoch, String text) {
        Matcher own = OWN_OFFSET.matcher(text);
        return own.matches() && own.group(1).equals(epoch);
    }

    private boolean isOfNode(String text) {
        Matcher streams = IN_STREAMS.matcher(text);
        if (streams.matches()) {
            return isNear(Long.parseLong(streams.group(1)));
        }
        Matcher memory = IN_MEMORY.matcher(text);
        if (!memory.matches()) {
            return false;
        }
        String digits = memory.group(1);
        long millis = 0;
        for (int i = 0; i < digits.length(); i++) {
            millis = 64 * millis + DIGITS.indexOf(digits.charAt(i));
        }
        return isNear(millis);
    }

    private boolean isNear(long millis) {
        return Math.abs(millis - clock.getAsLong()) < CLOCKS_DIFFER_MILLIS;
    }
}
