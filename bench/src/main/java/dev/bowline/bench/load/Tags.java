package dev.bowline.bench.load;

import java.nio.charset.StandardCharsets;

/**
 * Texts that tell who sent them and when, so that an answer cannot be taken for another one: two that are on their way
 * at the same time differ.
 */
final class Tags {
    /** How many messages of one client have different texts; twice as many as may be on their way. */
    static final int SLOTS = 16;
    /** The length of a tag. */
    static final int SHORTEST = 16;

    private Tags() {}

    /** The text of a client's message, {@code bytes} characters long. */
    static String text(int client, int slot, int bytes) {
        return padded(String.format("c%06d-s%06d-", client, slot), bytes);
    }

    /** The text of what is said in a room, which it begins with. */
    static String said(String room, int slot, int bytes) {
        return padded(String.format("%s-t%06d-", room, slot), bytes);
    }

    private static String padded(String tag, int bytes) {
        return tag + "x".repeat(bytes - tag.length());
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
