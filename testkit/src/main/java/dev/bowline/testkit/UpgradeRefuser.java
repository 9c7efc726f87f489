package dev.bowline.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The finder of WebSocket upgrades among the HTTP/1.1 requests of a link.
 *
 * <p>Follows the requests from the link's first byte, also while it refuses nothing, because it could
 * not tell a head from a body later. While it refuses, a head is kept back until it is complete. After
 * anything that it does not understand, and after an upgrade that it let through, everything passes.
 * Confined to the proxy's thread.
 */
final class UpgradeRefuser {
    /** Where what is not refused goes. */
    interface Output {
        void pass(byte[] bytes);

        /** An upgrade was found and swallowed; nothing passes any more. */
        void refuse();
    }

    private enum State {
        /** In a request line or its headers. */
        HEAD,
        /** In a body, or the data of a chunk, with a known rest. */
        BODY,
        /** In the line with a chunk's size. */
        CHUNK_SIZE,
        /** In the lines after the last chunk. */
        TRAILERS,
        /** Not HTTP, or no longer. */
        OPAQUE,
        /** An upgrade was refused. */
        REFUSED
    }

    private static final int LARGEST_HEAD = 16 * 1024;
    private static final int LONGEST_METHOD = 20;
    private static final int LONGEST_SIZE = 12;
    private static final Pattern REQUEST_LINE = Pattern.compile("[A-Z]+ \\S+ HTTP/1\\.[01]");
    private static final Pattern LENGTH = Pattern.compile("\\d{1,15}");
    private static final Pattern LINE_END = Pattern.compile("\r?\n");

    private final ByteArrayOutputStream head = new ByteArrayOutputStream();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private State state = State.HEAD;
    private boolean chunked;
    private boolean spaceSeen;
    private boolean lineSeen;
    private int withheld;
    private long rest;
    private final StringBuilder line = new StringBuilder();

    /** Takes bytes of the client, and hands on those that may pass. */
    void accept(byte[] bytes, boolean refusing, Output output) {
        if (state == State.REFUSED) {
            return;
        }
        if (state == State.OPAQUE) {
            output.pass(bytes);
            return;
        }
        int i = 0;
        while (i < bytes.length && state != State.REFUSED) {
            switch (state) {
                case HEAD -> inHead(bytes[i++], refusing);
                case BODY -> i = inBody(bytes, i);
                case CHUNK_SIZE -> inChunkSize(bytes[i++]);
                case TRAILERS -> inTrailers(bytes[i++]);
                case OPAQUE, REFUSED -> {
                    out.write(bytes, i, bytes.length - i);
                    i = bytes.length;
                }
            }
        }
        passTo(output);
        if (state == State.REFUSED) {
            output.refuse();
        }
    }

    /** Hands on what was kept back: upgrades are no longer refused, or the client has ended. */
    void flush(Output output) {
        letHeadPass();
        passTo(output);
    }

    private void passTo(Output output) {
        if (out.size() > 0) {
            byte[] bytes = out.toByteArray();
            out.reset();
            output.pass(bytes);
        }
    }

    private void inHead(byte b, boolean refusing) {
        head.write(b);
        if (refusing) {
            withheld++;
        } else {
            out.write(b);
        }
        boolean endOfLine = b == '\n';
        if (endOfLine && !lineSeen) {
            lineSeen = true;
            if (!REQUEST_LINE.matcher(headLines().get(0)).matches()) {
                become(State.OPAQUE);
            }
        } else if (endOfLine && endsWithEmptyLine()) {
            headComplete(refusing);
        } else if (!spaceSeen) {
            spaceSeen = b == ' ';
            if (!spaceSeen && (b < 'A' || b > 'Z' || head.size() > LONGEST_METHOD)) {
                become(State.OPAQUE);
            }
        }
        if (head.size() > LARGEST_HEAD) {
            become(State.OPAQUE);
        }
    }

    private boolean endsWithEmptyLine() {
        String text = headText();
        return text.endsWith("\n\r\n") || text.endsWith("\n\n");
    }

    private List<String> headLines() {
        return Arrays.asList(LINE_END.split(headText(), -1));
    }

    private String headText() {
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    private void headComplete(boolean refusing) {
        List<String> lines = headLines();
        boolean upgrade = false;
        boolean chunkedBody = false;
        boolean odd = lines.get(0).startsWith("CONNECT ");
        long length = 0;
        for (String header : lines.subList(1, lines.size())) {
            int colon = header.indexOf(':');
            String name = header.substring(0, Math.max(colon, 0)).toLowerCase(Locale.ROOT);
            String value = header.substring(colon + 1).strip().toLowerCase(Locale.ROOT);
            switch (name) {
                case "upgrade" -> upgrade |= value.contains("websocket");
                case "transfer-encoding" -> {
                    chunkedBody = value.equals("chunked");
                    odd |= !chunkedBody;
                }
                case "content-length" -> {
                    boolean number = LENGTH.matcher(value).matches();
                    odd |= !number;
                    length = number ? Long.parseLong(value) : 0;
                }
                default -> odd |= colon < 1 && !header.isEmpty();
            }
        }
        if (upgrade && refusing && withheld == head.size()) {
            withheld = 0;
            become(State.REFUSED);
        } else if (upgrade || odd) {
            become(State.OPAQUE);
        } else {
            chunked = chunkedBody;
            rest = length;
            become(chunkedBody ? State.CHUNK_SIZE : length > 0 ? State.BODY : State.HEAD);
        }
    }

    private int inBody(byte[] bytes, int from) {
        int length = (int) Math.min(rest, bytes.length - from);
        out.write(bytes, from, length);
        rest -= length;
        if (rest == 0) {
            become(chunked ? State.CHUNK_SIZE : State.HEAD);
        }
        return from + length;
    }

    private void inChunkSize(byte b) {
        out.write(b);
        if (b != '\n') {
            line.append((char) (b & 0xFF));
            if (line.length() > LARGEST_HEAD) {
                become(State.OPAQUE);
            }
            return;
        }
        int end = line.indexOf(";");
        String size = line.substring(0, end < 0 ? line.length() : end).strip();
        if (size.isEmpty()
                || size.length() > LONGEST_SIZE
                || !size.chars().allMatch(c -> Character.digit(c, 16) >= 0)) {
            become(State.OPAQUE);
            return;
        }
        long data = Long.parseLong(size, 16);
        rest = data + 2; // the line end after the data
        become(data == 0 ? State.TRAILERS : State.BODY);
    }

    private void inTrailers(byte b) {
        out.write(b);
        if (b != '\n') {
            line.append((char) (b & 0xFF));
            if (line.length() > LARGEST_HEAD) {
                become(State.OPAQUE);
            }
        } else if (line.toString().strip().isEmpty()) {
            become(State.HEAD);
        } else {
            line.setLength(0);
        }
    }

    private void become(State next) {
        letHeadPass();
        head.reset();
        line.setLength(0);
        spaceSeen = false;
        lineSeen = false;
        state = next;
    }

    private void letHeadPass() {
        if (withheld > 0) {
            out.write(head.toByteArray(), head.size() - withheld, withheld);
            withheld = 0;
        }
    }
}
