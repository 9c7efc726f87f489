package dev.bowline.bench.servers;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** HTTP without more than it takes: the way into a WebSocket, and long-polling. */
final class BareHttp extends ChannelInboundHandlerAdapter {
    private static final int MAX_FRAME = 1_000_000;
    private static final ByteBuf OK =
            Unpooled.unreleasableBuffer(Unpooled.copiedBuffer("ok", StandardCharsets.US_ASCII));

    private final BareAudience audience;
    private final Duration pingInterval;
    private Optional<BarePolling> session = Optional.empty();
    private boolean posting;

    BareHttp(BareAudience audience, Duration pingInterval) {
        this.audience = audience;
        this.pingInterval = pingInterval;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try {
            if (message instanceof HttpRequest head) {
                head(context, head);
            }
            if (message instanceof HttpContent content) {
                body(context, content);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void head(ChannelHandlerContext context, HttpRequest head) {
        if (head.headers().contains(HttpHeaderNames.UPGRADE)) {
            upgrade(context, head);
            return;
        }
        session = BarePolling.find(head.uri());
        posting = head.method().equals(HttpMethod.POST);
        if (!posting && session.isPresent()) {
            session.get().poll(context.channel());
        } else if (!posting) {
            answer(context.channel(), BarePolling.open());
        }
    }

    private void body(ChannelHandlerContext context, HttpContent content) {
        if (posting && session.isPresent()) {
            session.get().post(content.content(), content instanceof LastHttpContent);
            if (content instanceof LastHttpContent) {
                answer(context.channel(), OK.duplicate());
            }
        }
    }

    /** The body of an answer is released. */
    static void answer(io.netty.channel.Channel channel, ByteBuf body) {
        var answer = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body);
        answer.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=UTF-8")
                .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        channel.writeAndFlush(answer, channel.voidPromise());
    }

    private void upgrade(ChannelHandlerContext context, HttpRequest head) {
        WebSocketServerHandshaker handshaker = new WebSocketServerHandshakerFactory(
                        "ws://localhost/socket.io/", null, false, MAX_FRAME)
                .newHandshaker(head);
        var request = new DefaultFullHttpRequest(
                head.protocolVersion(),
                head.method(),
                head.uri(),
                Unpooled.EMPTY_BUFFER,
                head.headers(),
                EmptyHttpHeaders.INSTANCE);
        handshaker.handshake(context.channel(), request);
        context.pipeline().replace(this, "socket", new BareWebSocket(audience, pingInterval));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        session.ifPresent(BarePolling::forget);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
