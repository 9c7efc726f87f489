package dev.bowline.core.packet;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.RemoteProtocolException;
import java.util.Arrays;

/**
 * One pass over the JSON of a packet that checks the grammar (RFC 8259), the encoding, the depth and
 * the placeholders, and notes where the elements of the outermost array begin.
 *
 * <p>It is written by hand because a parser that builds values would have to be told four things: to
 * take UTF-8 only (Jackson guesses UTF-16 and UTF-32), and strictly (Jackson takes overlong forms), to
 * say where a token ends without decoding it, and to forget property names (Jackson's shared symbol
 * table keeps thousands, however long). It keeps nothing but the index, at most two bytes for each byte
 * of input. Recursive; the depth is bounded by the caller.
 */
final class JsonScanner {
    static final String INVALID_PAYLOAD = "invalid payload";
    static final String ILLEGAL_ATTACHMENTS = "illegal attachments";

    private static final int[] NONE = {};

    private final byte[] json;
    private final int origin;
    private final int end;
    private final int maxDepth;
    private final int attachments;
    private int[] starts = NONE;
    private int count;
    private int placeholders;
    private int at;

    private JsonScanner(Bytes json, int maxDepth, int attachments) {
        this.json = json.array();
        this.origin = json.offset();
        this.end = origin + json.length();
        this.maxDepth = maxDepth;
        this.attachments = attachments;
        this.at = origin;
    }

    /**
     * Checks an array, and says where its elements begin and, last, where its bracket closes.
     *
     * @param attachments how many there are for placeholders to point at; if none, a placeholder is an
     *     object like any other
     */
    static int[] scanArray(Bytes json, int maxDepth, int attachments) throws RemoteProtocolException {
        JsonScanner scanner = new JsonScanner(json, maxDepth, attachments);
        if (scanner.peek() != '[') {
            throw invalid();
        }
        scanner.array(1, true);
        scanner.expectEnd();
        return scanner.starts.length == scanner.count ? scanner.starts : Arrays.copyOf(scanner.starts, scanner.count);
    }

    /** Checks a value of any kind that holds no placeholders. */
    static void scanValue(Bytes json, int maxDepth) throws RemoteProtocolException {
        JsonScanner scanner = new JsonScanner(json, maxDepth, 0);
        scanner.value(0);
        scanner.expectEnd();
    }

    /** Whether the placeholders in an array of our own are more than those of its attachments, or point at none. */
    static boolean holdsForeignPlaceholder(Bytes json, int maxDepth, int attachments) throws RemoteProtocolException {
        JsonScanner scanner = new JsonScanner(json, maxDepth, attachments);
        try {
            scanner.value(0);
        } catch (RemoteProtocolException refused) {
            if (ILLEGAL_ATTACHMENTS.equals(refused.getMessage())) {
                return true;
            }
            throw refused;
        }
        scanner.expectEnd();
        return scanner.placeholders > attachments;
    }

    private void note() {
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, Math.max(4, count * 2));
        }
        starts[count++] = at - origin;
    }

    private void value(int depth) throws RemoteProtocolException {
        switch (peek()) {
            case '{' -> object(depth + 1);
            case '[' -> array(depth + 1, false);
            case '"' -> string();
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            default -> number();
        }
    }

    private void array(int depth, boolean noted) throws RemoteProtocolException {
        enter(depth);
        if (peek() != ']') {
            element(depth, noted);
            while (peek() != ']') {
                expect(',');
                skipWhitespace();
                element(depth, noted);
            }
        }
        if (noted) {
            note();
        }
        at++;
    }

    private void element(int depth, boolean noted) throws RemoteProtocolException {
        if (noted) {
            note();
        }
        value(depth);
        skipWhitespace();
    }

    private void object(int depth) throws RemoteProtocolException {
        enter(depth);
        if (peek() == '}') {
            at++;
            return;
        }
        boolean placeholder = false;
        boolean indexed = false;
        while (true) {
            int name = at;
            string();
            int nameEnd = at;
            skipWhitespace();
            expect(':');
            skipWhitespace();
            int value = at;
            value(depth);
            if (attachments > 0) {
                // Of members that share a name the last one counts, as in every JSON tree.
                if (isNamed(name, nameEnd, "_placeholder")) {
                    placeholder = json[value] == 't';
                } else if (isNamed(name, nameEnd, "num")) {
                    indexed = isIndex(value, at);
                }
            }
            skipWhitespace();
            if (peek() == '}') {
                at++;
                break;
            }
            expect(',');
            skipWhitespace();
        }
        if (placeholder) {
            placeholders++;
            if (!indexed) {
                throw new RemoteProtocolException(ILLEGAL_ATTACHMENTS);
            }
        }
    }

    private void enter(int depth) throws RemoteProtocolException {
        if (depth > maxDepth) {
            throw invalid();
        }
        at++;
        skipWhitespace();
    }

    /** Whether the quoted name, which may be written with escapes, is this one of plain letters. */
    private boolean isNamed(int from, int to, String name) {
        int i = from + 1;
        for (int k = 0; k < name.length(); k++) {
            int c = json[i++];
            if (c == '\\') {
                if (json[i] != 'u') {
                    return false;
                }
                c = hex(i + 1);
                i += 5;
            }
            if (c != name.charAt(k)) {
                return false;
            }
        }
        return i == to - 1;
    }

    private int hex(int from) {
        int value = 0;
        for (int i = from; i < from + 4; i++) {
            value = value * 16 + Character.digit(json[i], 16);
        }
        return value;
    }

    private boolean isIndex(int from, int to) {
        int index = 0;
        for (int i = from; i < to; i++) {
            int digit = json[i] - '0';
            if (digit < 0 || digit > 9 || index >= attachments) {
                return false;
            }
            index = index * 10 + digit;
        }
        return index < attachments;
    }

    private void string() throws RemoteProtocolException {
        expect('"');
        while (at < end) {
            int c = json[at];
            if (c == '"') {
                at++;
                return;
            } else if (c == '\\') {
                escape();
            } else if (c >= 0x20) {
                at++;
            } else {
                // A negative byte begins a sequence; the others are control characters.
                int length = c < 0 ? Utf8.sequenceLength(json, at, end) : -1;
                if (length < 0) {
                    throw invalid();
                }
                at += length;
            }
        }
        throw invalid();
    }

    private void escape() throws RemoteProtocolException {
        at++;
        switch (peek()) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> at++;
            case 'u' -> {
                at++;
                for (int i = 0; i < 4; i++, at++) {
                    if (Character.digit(peek(), 16) < 0) {
                        throw invalid();
                    }
                }
            }
            default -> throw invalid();
        }
    }

    private void number() throws RemoteProtocolException {
        if (peek() == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        if (peek() == '.') {
            at++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
    }

    private void digits() throws RemoteProtocolException {
        int from = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (at == from) {
            throw invalid();
        }
    }

    private void literal(String word) throws RemoteProtocolException {
        for (int i = 0; i < word.length(); i++) {
            expect(word.charAt(i));
        }
    }

    private void skipWhitespace() {
        while (at < end && isWhitespace(json[at])) {
            at++;
        }
    }

    static boolean isWhitespace(int c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
    }

    private int peek() {
        return at < end ? json[at] : -1;
    }

    private void expect(char c) throws RemoteProtocolException {
        if (peek() != c) {
            throw invalid();
        }
        at++;
    }

    private void expectEnd() throws RemoteProtocolException {
        skipWhitespace();
        if (at != end) {
            throw invalid();
        }
    }

    private static RemoteProtocolException invalid() {
        return new RemoteProtocolException(INVALID_PAYLOAD);
    }
}
