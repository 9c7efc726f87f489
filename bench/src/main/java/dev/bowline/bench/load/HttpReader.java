package dev.bowline.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Finds an HTTP answer in what was received. Reused from answer to answer; confined to an event loop. */
final class HttpReader {
    private static final byte[] LINE = Tags.ascii("\r\n");
    private static final int STATUS = 9;
    private static final int STATUS_DIGITS = 3;
    private static final int UNKNOWN = -1;

    private int status;
    private boolean last;
    private int end;
    private ByteBuf body = Unpooled.EMPTY_BUFFER;

    /**
     * Looks at the answer at the reader index.
     *
     * @param closed whether no more will come, which ends a body of unknown length
     * @return whether it is there as a whole
     */
    boolean read(ByteBuf in, boolean closed) {
        int from = in.readerIndex();
        int line = find(in, from, LINE);
        if (line < 0) {
            return false;
        }
        status = number(in, from + STATUS, from + STATUS + STATUS_DIGITS, 10);
        last = false;
        int length = UNKNOWN;
        boolean chunked = false;
        int start = line + LINE.length;
        for (line = find(in, start, LINE); line != start; line = find(in, start, LINE)) {
            if (line < 0) {
                return false;
            }
            // Of all the headers, these three begin with c and t; the others are not looked at further.
            int first = in.getByte(start) | 0x20;
            if (first == 'c' || first == 't') {
                String header = in.toString(start, line - start, StandardCharsets.US_ASCII)
                        .toLowerCase(Locale.ROOT);
                if (header.startsWith("content-length:")) {
                    length = Integer.parseInt(
                            header.substring(header.indexOf(':') + 1).trim());
                } else if (header.startsWith("transfer-encoding:")) {
                    chunked = header.contains("chunked");
                } else if (header.startsWith("connection:")) {
                    last = header.contains("close");
                }
            }
            start = line + LINE.length;
        }
        return body(in, start + LINE.length, length, chunked, closed);
    }

    private boolean body(ByteBuf in, int start, int length, boolean chunked, boolean closed) {
        if (chunked) {
            return chunks(in, start);
        }
        if (length == UNKNOWN) {
            last = true;
            end = in.writerIndex();
            body = in.slice(start, end - start);
            return closed;
        }
        end = start + length;
        if (end > in.writerIndex()) {
            return false;
        }
        body = in.slice(start, length);
        return true;
    }

    private boolean chunks(ByteBuf in, int start) {
        ByteBuf all = Unpooled.buffer();
        int at = start;
        while (true) {
            int line = find(in, at, LINE);
            if (line < 0) {
                return false;
            }
            int size = number(in, at, line, 16);
            at = line + LINE.length;
            if (at + size + LINE.length > in.writerIndex()) {
                return false;
            }
            all.writeBytes(in, at, size);
            at += size + LINE.length;
            if (size == 0) {
                end = at;
                body = all;
                return true;
            }
        }
    }

    int status() {
        return status;
    }

    /** Valid as long as what it was read from. */
    ByteBuf body() {
        return body;
    }

    /** Whether the server wants no further request on this connection. */
    boolean last() {
        return last;
    }

    /** Where the next answer begins. */
    int end() {
        return end;
    }

    private static int number(ByteBuf in, int from, int to, int radix) {
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = Character.digit(in.getByte(i), radix);
            if (digit < 0) {
                break;
            }
            number = number * radix + digit;
        }
        return number;
    }

    /** Where some bytes are, from an index on; -1 if they are not there. */
    static int find(ByteBuf in, int from, byte[] what) {
        for (int i = from; i <= in.writerIndex() - what.length; i++) {
            i = in.indexOf(i, in.writerIndex() - what.length + 1, what[0]);
            if (i < 0) {
                return -1;
            }
            int matched = 1;
            while (matched < what.length && in.getByte(i + matched) == what[matched]) {
                matched++;
            }
            if (matched == what.length) {
                return i;
            }
        }
        return -1;
    }
}
