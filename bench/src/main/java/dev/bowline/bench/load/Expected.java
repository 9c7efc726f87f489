package dev.bowline.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a message must be, byte for byte; more than one text where JSON leaves the order of members open. */
record Expected(int opcode, List<ByteBuf> accepted) {
    private static final byte MESSAGE_IN_V3 = 4;

    Expected {
        accepted = List.copyOf(accepted);
    }

    static Expected text(String... accepted) {
        return new Expected(
                Frames.TEXT,
                List.of(accepted).stream()
                        .map(text -> Unpooled.wrappedBuffer(Tags.ascii(text)))
                        .toList());
    }

    /** An attachment, or, where that is to be put up with, one behind the byte that Engine.IO v3 has there. */
    static Expected binary(byte[] bytes, boolean strayByte) {
        ByteBuf right = Unpooled.wrappedBuffer(bytes);
        return new Expected(
                Frames.BINARY,
                strayByte ? List.of(right, Unpooled.wrappedBuffer(new byte[] {MESSAGE_IN_V3}, bytes)) : List.of(right));
    }

    boolean matches(FrameReader frame, ByteBuf in) {
        return frame.opcode() == opcode && matches(in, frame.start(), frame.length());
    }

    boolean matches(ByteBuf in, int start, int length) {
        for (int i = 0; i < accepted.size(); i++) {
            ByteBuf bytes = accepted.get(i);
            if (bytes.readableBytes() == length && ByteBufUtil.equals(bytes, 0, in, start, length)) {
                return true;
            }
        }
        return false;
    }

    /** The first of them, for a complaint. */
    String example() {
        return excerpt(accepted.get(0), 0, accepted.get(0).readableBytes());
    }

    /** The beginning of what was received, for a complaint. */
    static String excerpt(ByteBuf in, int start, int length) {
        int kept = Math.min(length, 40);
        String text = in.toString(start, kept, StandardCharsets.US_ASCII).replaceAll("[^ -~]", "?");
        return kept < length ? text + "..." : text;
    }
}
