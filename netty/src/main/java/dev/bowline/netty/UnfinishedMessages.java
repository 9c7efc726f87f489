package dev.bowline.netty;

import dev.bowline.server.transport.InboundMemory;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;

/**
 * Counts what a WebSocket's decoders hold of frames and messages whose rest has not come (RFC 6455, section 5.4), so
 * that many such together have a limit. Confined to the channel's loop.
 */
final class UnfinishedMessages {
    private static final int LAST_CLOSE_CODE = 4999;

    private final InboundMemory.Holding holding;

    // Written on the loop, read by those who count.
    private volatile long inFrame;
    private volatile long inFragments;

    UnfinishedMessages(InboundMemory memory, Channel channel) {
        this.holding = memory.holding(() -> inFrame + inFragments, channel::close);
    }

    WebSocketFrameDecoder decoder(WebSocketDecoderConfig config) {
        return new Decoder(config);
    }

    WebSocketFrameAggregator aggregator(int limit) {
        return new Aggregator(limit);
    }

    private void inFrame(long bytes) {
        if (bytes != inFrame) {
            inFrame = bytes;
            holding.changed();
        }
    }

    private void inFragments(long bytes) {
        if (bytes != inFragments) {
            inFragments = bytes;
            holding.changed();
        }
    }

    private static boolean isCloseCode(int code) {
        return WebSocketCloseStatus.isValidStatusCode(code) && code <= LAST_CLOSE_CODE;
    }

    private final class Decoder extends WebSocket13FrameDecoder {
        Decoder(WebSocketDecoderConfig config) {
            super(config);
        }

        /** Netty's own check lets codes through that are nobody's (RFC 6455, section 7.4.2). */
        @Override
        protected void checkCloseFrameBody(ChannelHandlerContext context, ByteBuf body) {
            int length = body.readableBytes();
            if (length == 1 || (length > 1 && !isCloseCode(body.getUnsignedShort(body.readerIndex())))) {
                throw new CorruptedWebSocketFrameException(
                        WebSocketCloseStatus.PROTOCOL_ERROR, "a close frame has a code that is none");
            }
            super.checkCloseFrameBody(context, body);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
            super.channelRead(context, message);
            inFrame(context.isRemoved() ? 0 : actualReadableBytes());
        }

        @Override
        protected void handlerRemoved0(ChannelHandlerContext context) throws Exception {
            super.handlerRemoved0(context);
            inFrame(0);
        }
    }

    private final class Aggregator extends WebSocketFrameAggregator {
        Aggregator(int limit) {
            super(limit);
        }

        @Override
        protected WebSocketFrame beginAggregation(WebSocketFrame start, ByteBuf content) throws Exception {
            inFragments(content.readableBytes());
            return super.beginAggregation(start, content);
        }

        @Override
        protected void aggregate(WebSocketFrame aggregated, ContinuationWebSocketFrame next) throws Exception {
            super.aggregate(aggregated, next);
            inFragments(inFragments + next.content().readableBytes());
        }

        @Override
        protected void finishAggregation(WebSocketFrame aggregated) throws Exception {
            super.finishAggregation(aggregated);
            inFragments(0);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) throws Exception {
            super.channelInactive(context);
            inFragments(0);
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext context) throws Exception {
            super.handlerRemoved(context);
            inFragments(0);
        }
    }
}
