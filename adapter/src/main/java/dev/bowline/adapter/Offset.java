package dev.bowline.adapter;

import java.util.Optional;

/**
 * A place in a {@link RecoveryLog}, as clients give it back: {@code <epoch>-<sequence>}. Clients take it for opaque.
 *
 * <p>The epoch is necessary: after a restart sequences begin anew, and without it a client that had received number 7
 * of the old ones would be taken for one that has received the first seven of the new.
 *
 * @param epoch the log's own name, made anew with it
 * @param sequence the number of the last packet that was received, 0 or more
 */
record Offset(String epoch, long sequence) {
    private static final int MAX_DIGITS = 18;

    /** What a client sent, if it has this form. */
    static Optional<Offset> parse(String text) {
        int dash = text.lastIndexOf('-');
        int digits = text.length() - dash - 1;
        if (dash < 1 || digits < 1 || digits > MAX_DIGITS) {
            return Optional.empty();
        }
        long sequence = 0;
        for (int i = dash + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return Optional.empty();
            }
            sequence = 10 * sequence + (c - '0');
        }
        return Optional.of(new Offset(text.substring(0, dash), sequence));
    }

    @Override
    public String toString() {
        return epoch + '-' + sequence;
    }
}
