package dev.bowline.bench.load;

import java.nio.ByteBuffer;

/** Builds the frames that a WebSocket client sends, once, before the load begins. */
final class Frames {
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    private static final int FINAL = 0x80;
    private static final int MASKED = 0x80;
    private static final int SHORT_LENGTH = 126;
    private static final int LONG_LENGTH = 127;
    private static final int MASK_BYTES = 4;

    private Frames() {}

    /** A text frame, masked with this key. */
    static byte[] text(String text, int key) {
        return masked(TEXT, Tags.ascii(text), key);
    }

    /** A frame in one piece, masked with this key as a client has to. */
    static byte[] masked(int opcode, byte[] payload, int key) {
        int length = payload.length;
        int lengthBytes = length < SHORT_LENGTH ? 0 : length <= 0xffff ? Short.BYTES : Long.BYTES;
        ByteBuffer frame = ByteBuffer.allocate(2 + lengthBytes + MASK_BYTES + length);
        frame.put((byte) (FINAL | opcode));
        switch (lengthBytes) {
            case 0 -> frame.put((byte) (MASKED | length));
            case Short.BYTES -> frame.put((byte) (MASKED | SHORT_LENGTH)).putShort((short) length);
            default -> frame.put((byte) (MASKED | LONG_LENGTH)).putLong(length);
        }
        frame.putInt(key);
        for (int i = 0; i < length; i++) {
            int shift = Byte.SIZE * (MASK_BYTES - 1 - i % MASK_BYTES);
            frame.put((byte) (payload[i] ^ (key >>> shift)));
        }
        return frame.array();
    }
}
