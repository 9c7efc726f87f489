package dev.bowline.netty;

import dev.bowline.server.transport.InboundMemory;
import dev.bowline.server.transport.PerMessageDeflate;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker13;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Consumer;

/** The change of an HTTP connection into a WebSocket (RFC 6455, section 4.2). */
final class WebSocketUpgrade {
    private static final int KEY_BYTES = 16;

    private final ChannelHandlerContext context;
    private final HttpRequest request;
    private final HttpExchange exchange;

    private WebSocketUpgrade(ChannelHandlerContext context, HttpRequest request, HttpExchange exchange) {
        this.context = context;
        this.request = request;
        this.exchange = exchange;
    }

    /** The upgrade that a request asks for; empty, and answered, if it asks wrongly. */
    static Optional<WebSocketUpgrade> of(ChannelHandlerContext context, HttpRequest request, HttpExchange exchange) {
        String version = request.headers().get(HttpHeaderNames.SEC_WEBSOCKET_VERSION, "");
        if (!version.equals("13") && !version.equals("8")) {
            exchange.answerRefusedUpgrade("Missing or invalid Sec-WebSocket-Version header");
            return Optional.empty();
        }
        if (!isKey(request.headers().get(HttpHeaderNames.SEC_WEBSOCKET_KEY, ""))) {
            exchange.answerRefusedUpgrade("Missing or invalid Sec-WebSocket-Key header");
            return Optional.empty();
        }
        return Optional.of(new WebSocketUpgrade(context, request, exchange));
    }

    private static boolean isKey(String key) {
        try {
            return Base64.getDecoder().decode(key).length == KEY_BYTES;
        } catch (IllegalArgumentException notBase64) {
            return false;
        }
    }

    /** Answers 101, and hands the WebSocket over once that is written; messages may have {@code limit} bytes. */
    void complete(
            int limit, Optional<PerMessageDeflate> deflate, InboundMemory memory, Consumer<WebSocketTransport> onOpen) {
        Optional<DeflateOffer> offer = deflate.flatMap(
                rules -> DeflateOffer.take(request.headers().getAll(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS), rules));
        var channel = context.channel();
        var unfinished = new UnfinishedMessages(memory, channel);
        var config = WebSocketDecoderConfig.newBuilder()
                .maxFramePayloadLength(limit)
                .allowExtensions(offer.isPresent())
                .closeOnProtocolViolation(false) // WebSocketTransport does
                .build();
        var handshaker = new WebSocketServerHandshaker13(exchange.head().url(), null, config) {
            @Override
            protected WebSocketFrameDecoder newWebsocketDecoder() {
                return unfinished.decoder(config);
            }
        };
        HttpHeaders extra = new DefaultHttpHeaders();
        exchange.headers().forEach(header -> extra.add(header.getKey(), header.getValue()));
        offer.ifPresent(taken -> extra.add(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS, taken.header()));
        FullHttpRequest full = new DefaultFullHttpRequest(
                request.protocolVersion(),
                request.method(),
                request.uri(),
                Unpooled.EMPTY_BUFFER,
                request.headers(),
                EmptyHttpHeaders.INSTANCE);
        exchange.switchedProtocols();
        Optional<MessageCompression> compression = offer.map(
                taken -> new MessageCompression(taken, deflate.orElseThrow().threshold(), limit));
        var link = new WebSocketTransport(channel, exchange.head().codec(), compression);
        var written = handshaker.handshake(context, full, extra, context.newPromise());
        // In the router's place, not at the end: the handlers behind are the user's, and hear nothing of frames.
        var pipeline = context.pipeline();
        pipeline.addAfter(context.name(), null, link);
        pipeline.addAfter(context.name(), null, unfinished.aggregator(limit));
        compression.ifPresent(handler -> pipeline.addAfter(context.name(), null, handler));
        pipeline.remove(HttpRouter.class);
        written.addListener(done -> {
            if (done.isSuccess()) {
                onOpen.accept(link);
            } else {
                channel.close();
            }
        });
    }
}
