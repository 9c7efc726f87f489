package dev.bowline.bench.load;

import io.netty.buffer.ByteBuf;

/**
 * Finds the next frame of a server in what was received, without copying it. Reused from frame to frame; confined to an
 * event loop.
 */
final class FrameReader {
    private static final int LENGTH = 0x7f;
    private static final int SHORT_LENGTH = 126;
    private static final int LONG_LENGTH = 127;

    private int first;
    private int start;
    private int length;

    /**
     * Looks at the frame that begins at an index.
     *
     * @return whether it is there as a whole
     * @throws IllegalStateException if no server may send it: it is masked, or longer than 2 GiB
     */
    boolean read(ByteBuf in, int index) {
        int there = in.writerIndex() - index;
        if (there < 2) {
            return false;
        }
        int second = in.getByte(index + 1);
        if (second < 0) {
            throw new IllegalStateException("the server masks its frames");
        }
        int announced = second & LENGTH;
        int header = announced < SHORT_LENGTH ? 2 : announced == SHORT_LENGTH ? 2 + Short.BYTES : 2 + Long.BYTES;
        if (there < header) {
            return false;
        }
        long size = announced == SHORT_LENGTH
                ? in.getUnsignedShort(index + 2)
                : announced == LONG_LENGTH ? in.getLong(index + 2) : announced;
        if (size < 0 || size > Integer.MAX_VALUE - header) {
            throw new IllegalStateException("a frame of " + size + " bytes");
        }
        first = in.getByte(index);
        start = index + header;
        length = (int) size;
        return there - header >= length;
    }

    int opcode() {
        return first & 0xf;
    }

    /** Whether it is a message in one piece, without an extension. */
    boolean whole() {
        return (first & 0xf0) == 0x80;
    }

    /** Where the payload begins. */
    int start() {
        return start;
    }

    int length() {
        return length;
    }

    /** Where the next frame begins. */
    int end() {
        return start + length;
    }
}
