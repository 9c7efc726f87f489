package dev.bowline.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The second visit of a client, with what it kept of the first: it must get exactly what it missed, in order, and then
 * be let in under its old id. Anything else is an error, of which one is told, and the client does not count as back.
 * Confined to its event loop.
 */
final class Comeback implements SocketLink.Talk {
    private static final byte[] END = Tags.ascii("\"]");
    private static final String WELCOME = "40";
    /** Nothing follows it, so that nobody has to wait. */
    private static final String REFUSAL = "44";

    private final Errors errors;
    private final AtomicInteger back;
    private final byte[] request;
    private final String sid;
    private final List<ByteBuf> due = new ArrayList<>();
    private int heard;
    private @Nullable String wrong;

    /**
     * Has everything ready before the window opens.
     *
     * @param missed how many packets the room of the client was sent
     * @param back counts those who are back
     */
    Comeback(Visit first, int missed, int bytes, int key, Errors errors, AtomicInteger back) {
        this.errors = errors;
        this.back = back;
        this.sid = first.sid();
        this.request = Frames.text("40{\"pid\":\"" + first.pid() + "\",\"offset\":\"" + first.offset() + "\"}", key);
        for (int number = 0; number < missed; number++) {
            String text = "42[\"flood\",\"" + Tags.said(first.room(), number, bytes) + "\",\"";
            due.add(Unpooled.wrappedBuffer(Tags.ascii(text)));
        }
    }

    @Override
    public ByteBuf request() {
        return Unpooled.wrappedBuffer(request);
    }

    @Override
    public boolean entered(SocketLink link, FrameReader frame, ByteBuf in) {
        if (heard < due.size() && isNext(frame, in)) {
            heard++;
            return false;
        }
        String text = in.toString(frame.start(), frame.length(), StandardCharsets.US_ASCII);
        if (!text.startsWith(WELCOME)) {
            notice("a client that missed " + due.size() + " packets got " + heard + " of them, and then "
                    + Expected.excerpt(in, frame.start(), frame.length()));
            if (!text.startsWith(REFUSAL)) {
                return false;
            }
        } else if (heard < due.size()) {
            notice("a client that missed " + due.size() + " packets is in after " + heard);
        } else if (!Visit.field("sid", text).equals(Optional.of(sid))) {
            notice("a client is in under another id: " + Expected.excerpt(in, frame.start(), frame.length()));
        }
        if (wrong == null) {
            back.incrementAndGet();
        } else {
            errors.add(wrong);
        }
        return true;
    }

    /** What went wrong first is told; the rest follows from it. */
    private void notice(String complaint) {
        if (wrong == null) {
            wrong = complaint;
        }
    }

    /** Whether it is the next text, with an offset behind it. */
    private boolean isNext(FrameReader frame, ByteBuf in) {
        ByteBuf text = due.get(heard);
        int offset = frame.length() - text.readableBytes() - END.length;
        return offset > 0
                && frame.opcode() == Frames.TEXT
                && ByteBufUtil.equals(text, 0, in, frame.start(), text.readableBytes())
                && in.indexOf(frame.end() - END.length - offset, frame.end(), END[0]) == frame.end() - END.length
                && in.getByte(frame.end() - 1) == END[1];
    }

    @Override
    public void message(SocketLink link, FrameReader frame, ByteBuf in) {
        errors.add("nothing was due: " + Expected.excerpt(in, frame.start(), frame.length()));
    }
}
