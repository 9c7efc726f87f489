package dev.bowline.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a link brings, on its way to the HTTP codec, one head of a request at a time: what follows a request to upgrade
 * is held back until it is known whether it is WebSocket's or HTTP's. The codec would take frames for a broken request.
 *
 * <p>A client should wait for the answer (RFC 6455, section 4.1), but frames that it has sent together with the request
 * are as good as any. Confined to the channel's loop.
 */
final class UpgradeGate extends ChannelInboundHandlerAdapter {
    /** As much may be held back as a head may be long. */
    private static final int MOST_BYTES = 16 << 10;

    private static final byte CR = '\r';
    private static final byte LF = '\n';

    private @Nullable ChannelHandlerContext context;
    private @Nullable ByteBuf rest; // that has not been passed on
    private boolean held;
    private boolean ended;
    private boolean passing;

    // Of what was passed on.
    private byte lastButOne;
    private byte last;

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    /** A request to upgrade has come, to be answered before anyone looks at what follows it. */
    void hold() {
        held = true;
    }

    /** It was answered otherwise: HTTP goes on. */
    void goOn() {
        held = false;
        pass();
    }

    /** The link speaks another protocol from now on, or no more. */
    void end() {
        ended = true;
        held = false;
        pass();
        if (!context().isRemoved()) {
            context().pipeline().remove(this);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            context.fireChannelRead(message);
            return;
        }
        rest = rest == null ? bytes : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(context.alloc(), rest, bytes);
        pass();
        if (held && rest != null && rest.readableBytes() > MOST_BYTES) {
            context.close();
        }
    }

    private void pass() {
        if (passing) {
            return; // one call of it does so already, and goes on
        }
        passing = true;
        try {
            while (rest != null && !held) {
                context().fireChannelRead(take(rest));
            }
        } finally {
            passing = false;
        }
    }

    private ByteBuf take(ByteBuf from) {
        int length = ended ? from.readableBytes() : lengthOfHead(from);
        if (length == from.readableBytes()) {
            remember(from, from.writerIndex());
            rest = null;
            return from;
        }
        remember(from, from.readerIndex() + length);
        return from.readRetainedSlice(length);
    }

    // ---- Heads ----------------------------------------------------------------------------------

    /** How many bytes there are up to the end of an empty line, or all of them. */
    private int lengthOfHead(ByteBuf bytes) {
        int begin = bytes.readerIndex();
        int end = bytes.writerIndex();
        for (int at = bytes.indexOf(begin, end, LF); at >= 0; at = bytes.indexOf(at + 1, end, LF)) {
            if (isEmptyLine(bytes, at)) {
                return at + 1 - begin;
            }
        }
        return end - begin;
    }

    private boolean isEmptyLine(ByteBuf bytes, int end) {
        byte before = byteAt(bytes, end - 1);
        return before == LF || (before == CR && byteAt(bytes, end - 2) == LF);
    }

    private byte byteAt(ByteBuf bytes, int index) {
        if (index >= bytes.readerIndex()) {
            return bytes.getByte(index);
        }
        return index == bytes.readerIndex() - 1 ? last : lastButOne;
    }

    private void remember(ByteBuf passed, int end) {
        byte newLast = byteAt(passed, end - 1);
        lastButOne = byteAt(passed, end - 2);
        last = newLast;
    }

    // ---- The end --------------------------------------------------------------------------------

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        release();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (!ended) {
            release();
        }
    }

    private void release() {
        if (rest != null) {
            rest.release();
            rest = null;
        }
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context, "not in a pipeline");
    }
}
