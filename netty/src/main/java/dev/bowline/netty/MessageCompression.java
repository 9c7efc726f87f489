package dev.bowline.netty;

import dev.bowline.core.engine.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * The compression of one WebSocket's messages (RFC 7692, section 7.2): frames that arrive are inflated before anyone
 * sees them, messages to send are deflated on request.
 *
 * <p>The limit of a message counts its inflated bytes, over all of its fragments, and is checked after every few
 * kilobytes: what would become larger is never held. Confined to the channel's loop.
 */
final class MessageCompression extends ChannelInboundHandlerAdapter {
    private static final int RSV1 = 4;
    private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};
    private static final FastThreadLocal<byte[]> SCRATCH = new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
            return new byte[8192];
        }
    };

    private final DeflateOffer offer;
    private final int threshold;
    private final int limit;
    private final Inflater inflater = new Inflater(true);
    private final Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
    private boolean compressed;
    private int inflatedBytes;
    private boolean failed;
    private boolean ended;

    /** For messages of at most {@code limit} inflated bytes; those of fewer than {@code threshold} go as they are. */
    MessageCompression(DeflateOffer offer, int threshold, int limit) {
        this.offer = offer;
        this.threshold = threshold;
        this.limit = limit;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        ended = true;
        inflater.end();
        deflater.end();
    }

    // ---- What arrives ---------------------------------------------------------------------------

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof WebSocketFrame frame)) {
            context.fireChannelRead(message);
            return;
        }
        boolean first = frame instanceof TextWebSocketFrame || frame instanceof BinaryWebSocketFrame;
        if (first) {
            compressed = (frame.rsv() & RSV1) != 0;
            inflatedBytes = 0;
        }
        if ((frame.rsv() & ~(first ? RSV1 : 0)) != 0) {
            frame.release();
            throw failure(new DecoderException("a reserved bit is set"));
        }
        if (!compressed || !(first || frame instanceof ContinuationWebSocketFrame)) {
            context.fireChannelRead(frame);
        } else if (failed) {
            frame.release();
        } else {
            context.fireChannelRead(inflate(context, frame));
        }
    }

    private WebSocketFrame inflate(ChannelHandlerContext context, WebSocketFrame frame) {
        ByteBuf content =
                context.alloc().buffer(Math.min(limit, 2 * frame.content().readableBytes() + 16));
        try {
            inflate(frame.content().nioBuffer(), content);
            if (frame.isFinalFragment()) {
                inflate(ByteBuffer.wrap(TAIL), content);
                if (offer.clientNoContextTakeover() || inflater.finished()) {
                    inflater.reset();
                }
            }
            return frame.replace(content);
        } catch (DataFormatException | TooLongFrameException malformed) {
            content.release();
            throw failure(
                    malformed instanceof TooLongFrameException tooLong ? tooLong : new DecoderException(malformed));
        } finally {
            frame.release();
        }
    }

    /** Nothing after it can be inflated, and nobody is to see it. */
    private DecoderException failure(DecoderException cause) {
        failed = true;
        return cause;
    }

    private void inflate(ByteBuffer in, ByteBuf out) throws DataFormatException {
        inflater.setInput(in);
        byte[] part = SCRATCH.get();
        while (true) {
            int length = inflater.inflate(part);
            if (length == 0) {
                // A dictionary is nothing that this extension knows; the end of a stream is legal, and ends a message.
                if (inflater.needsDictionary()) {
                    throw new DataFormatException("a dictionary is asked for");
                }
                return;
            }
            inflatedBytes += length;
            if (inflatedBytes > limit) {
                throw new TooLongFrameException("a message is larger than " + limit + " bytes");
            }
            out.writeBytes(part, 0, length);
        }
    }

    // ---- What is sent ---------------------------------------------------------------------------

    /** Whether a message of that size is compressed. */
    boolean isWorthwhile(int bytes) {
        return !ended && bytes > 0 && bytes >= threshold;
    }

    /** The frame of a message, compressed. */
    WebSocketFrame deflated(Bytes message, boolean binary, ChannelHandlerContext context) {
        ByteBuf content = context.alloc().buffer(message.length() / 2 + 64);
        deflater.setInput(message.array(), message.offset(), message.length());
        byte[] part = SCRATCH.get();
        int length;
        do {
            length = deflater.deflate(part, 0, part.length, Deflater.SYNC_FLUSH);
            content.writeBytes(part, 0, length);
        } while (length == part.length);
        content.writerIndex(content.writerIndex() - TAIL.length);
        if (offer.serverNoContextTakeover()) {
            deflater.reset();
        }
        return binary ? new BinaryWebSocketFrame(true, RSV1, content) : new TextWebSocketFrame(true, RSV1, content);
    }
}
