package dev.bowline.core.engine;

/**
 * The body of a polling request or answer.
 *
 * @param bytes its content
 * @param binary whether it travels as {@code application/octet-stream}, which only revision 3 has, or as text in UTF-8
 */
public record PollingBody(Bytes bytes, boolean binary) {
    /** A body of text. */
    public static PollingBody text(Bytes utf8) {
        return new PollingBody(utf8, false);
    }
}
