package dev.bowline.netty;

import dev.bowline.core.engine.TransportName;
import dev.bowline.server.transport.Cors;
import dev.bowline.server.transport.EngineConnection;
import dev.bowline.server.transport.EngineServer;
import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.Refusal;
import dev.bowline.server.transport.TransportLoop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one HTTP connection: each is judged, then becomes a poll, a POST or a WebSocket. Requests
 * that come before the one before them is answered wait, up to a bound.
 *
 * <p>A connection on which no answer is owed is closed after 60 seconds without a complete request head. A
 * body that nobody wants any more, because it was too large or its request was refused, is skipped, up to
 * 10 MB; then the connection is closed.
 *
 * <p>Confined to its channel's loop. The file is long because the order of the judgements is part of the protocol,
 * and can be read here from top to bottom.
 */
final class HttpRouter extends ChannelInboundHandlerAdapter {
    private static final System.Logger LOG = System.getLogger(HttpRouter.class.getName());
    private static final int MAX_WAITING = 64;
    private static final long MAX_SKIPPED_BYTES = 10_000_000;
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** A request whose body arrives, or whose answer is still owed. */
    interface Request {
        /** A part of the body; the buffer is the caller's. */
        void content(ByteBuf content, boolean last);

        /** The link broke before the answer. */
        void broken();
    }

    private static final Request NO_BODY = new Request() {
        @Override
        public void content(ByteBuf content, boolean last) {
            // Nobody reads it.
        }

        @Override
        public void broken() {
            // Nobody waits for it.
        }
    };

    private final EngineServer engine;
    private final Queue<Object> waiting = new ArrayDeque<>();
    private @Nullable HttpExchange current;
    private Request request = NO_BODY;
    private boolean closing;
    private long skippedBytes;
    private long idleSince;
    private @Nullable Future<?> idleTimer;

    HttpRouter(EngineServer engine) {
        this.engine = engine;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (closing) {
            ReferenceCountUtil.release(message);
        } else if (!waiting.isEmpty() || (message instanceof HttpRequest && current != null)) {
            waiting.add(message);
            if (waiting.size() > MAX_WAITING) {
                context.close();
            }
        } else {
            read(context, message);
        }
    }

    private void read(ChannelHandlerContext context, Object message) {
        try {
            if (message instanceof HttpRequest head) {
                skippedBytes = 0;
                begin(context, head);
            } else if (message instanceof HttpObject part
                    && part.decoderResult().isFailure()) {
                closing = true;
                context.close();
            }
            if (message instanceof HttpContent content && !closing) {
                skip(context, content);
                request.content(content.content(), content instanceof LastHttpContent);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void skip(ChannelHandlerContext context, HttpContent content) {
        if (current == null || request == NO_BODY) {
            skippedBytes += content.content().readableBytes();
            if (skippedBytes > MAX_SKIPPED_BYTES) {
                closing = true;
                context.close();
            }
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        idleSince = context.channel().eventLoop().ticker().nanoTime();
        watch(context, IDLE_NANOS);
    }

    private void watch(ChannelHandlerContext context, long delayNanos) {
        idleTimer =
                context.channel().eventLoop().schedule(() -> closeIfIdle(context), delayNanos, TimeUnit.NANOSECONDS);
    }

    private void closeIfIdle(ChannelHandlerContext context) {
        long now = context.channel().eventLoop().ticker().nanoTime();
        if (current != null) {
            watch(context, IDLE_NANOS);
        } else if (now - idleSince >= IDLE_NANOS) {
            context.close();
        } else {
            watch(context, IDLE_NANOS - (now - idleSince));
        }
    }

    /** The answer to the current request has been written. */
    void answered(HttpExchange exchange, boolean goesOn) {
        if (exchange != current) {
            return;
        }
        current = null;
        request = NO_BODY;
        idleSince = exchange.nanoTime();
        if (!goesOn) {
            closing = true;
        } else if (!waiting.isEmpty()) {
            exchange.onLoopLater(this::readWaiting);
        }
    }

    private void readWaiting(ChannelHandlerContext context) {
        while (!closing && !waiting.isEmpty() && !(waiting.peek() instanceof HttpRequest && current != null)) {
            read(context, waiting.remove());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        releaseWaiting();
        if (current != null) {
            current = null;
            request.broken();
        }
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        releaseWaiting();
        if (idleTimer != null) {
            idleTimer.cancel(false);
        }
    }

    private void releaseWaiting() {
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof IOException)) {
            LOG.log(System.Logger.Level.WARNING, "A request failed", cause);
        }
        context.close();
    }

    // ---- Judging --------------------------------------------------------------------------------

    private void begin(ChannelHandlerContext context, HttpRequest message) {
        HttpRequestHead head = RequestHeads.of(context.channel(), message);
        Optional<Cors> cors = engine.settings().cors();
        List<Map.Entry<String, String>> corsHeaders =
                cors.map(rules -> rules.headers(head)).orElse(List.of());
        // A client that waits to be told to go on may never send the body: what follows could not be told from it.
        boolean keepAlive = HttpUtil.isKeepAlive(message) && !HttpUtil.is100ContinueExpected(message);
        var exchange = new HttpExchange(context, this, head, corsHeaders, keepAlive);
        current = exchange;
        request = NO_BODY;
        if (message.decoderResult().isFailure()) {
            exchange.answerAndClose(HttpResponseStatus.BAD_REQUEST, "Bad request");
        } else if (!head.url().startsWith(engine.settings().path())) {
            exchange.answerAndClose(HttpResponseStatus.NOT_FOUND, "Not found");
        } else if (cors.isPresent() && head.method().equals("OPTIONS")) {
            exchange.answerPreflight(cors.get().preflightHeaders(head));
        } else {
            judge(context, message, exchange);
        }
    }

    private void judge(ChannelHandlerContext context, HttpRequest message, HttpExchange exchange) {
        HttpRequestHead head = exchange.head();
        Optional<Refusal> refusal = engine.verify(head);
        String sid = head.query().getOrDefault("sid", "");
        if (refusal.isPresent()) {
            refuse(exchange, refusal.get());
        } else if (!sid.isEmpty()) {
            // Between the verdict and now the session may have gone; then it is unknown.
            Optional<EngineConnection> connection = engine.find(sid);
            if (connection.isEmpty()) {
                refuse(exchange, Refusal.SESSION_UNKNOWN);
            } else {
                serve(context, message, exchange, connection.get());
            }
        } else {
            engine.admit(head)
                    .whenComplete((verdict, failure) -> exchange.onLoop(() -> {
                        if (current != exchange) {
                            return;
                        }
                        if (failure != null) {
                            LOG.log(System.Logger.Level.WARNING, "allowRequest failed; the client is refused", failure);
                            refuse(exchange, Refusal.FORBIDDEN);
                        } else if (verdict.isPresent()) {
                            refuse(exchange, verdict.get());
                        } else {
                            open(context, message, exchange);
                        }
                    }));
        }
    }

    private void refuse(HttpExchange exchange, Refusal refusal) {
        if (exchange.head().upgrade() && engine.settings().transports().contains(TransportName.WEBSOCKET)) {
            exchange.answerRefusedUpgrade(refusal.message());
        } else {
            exchange.answerRefusal(refusal);
        }
    }

    // ---- Serving --------------------------------------------------------------------------------

    private void open(ChannelHandlerContext context, HttpRequest message, HttpExchange exchange) {
        TransportLoop loop = NettyLoop.current(context.channel().eventLoop());
        HttpRequestHead head = exchange.head();
        if (head.upgrade()) {
            WebSocketUpgrade.of(context, message, exchange)
                    .ifPresent(upgrade -> upgrade.complete(maxPayload(), link -> {
                        if (isWebSocket(head)) {
                            engine.open(head, loop, link).ifPresentOrElse(link::attach, link::close);
                        } else {
                            link.close();
                        }
                    }));
            return;
        }
        engine.open(head, loop, null)
                .ifPresentOrElse(
                        connection -> poll(exchange, connection), () -> exchange.answerRefusal(Refusal.BAD_REQUEST));
    }

    private void serve(
            ChannelHandlerContext context, HttpRequest message, HttpExchange exchange, EngineConnection connection) {
        HttpRequestHead head = exchange.head();
        if (head.upgrade()) {
            TransportLoop loop = NettyLoop.current(context.channel().eventLoop());
            WebSocketUpgrade.of(context, message, exchange)
                    .ifPresent(upgrade -> upgrade.complete(maxPayload(), link -> {
                        if (isWebSocket(head)) {
                            connection.probe(link, loop, () -> link.attach(connection));
                        } else {
                            link.close();
                        }
                    }));
            return;
        }
        switch (head.method()) {
            case "GET" -> poll(exchange, connection);
            case "POST" -> post(context, message, exchange, connection);
            default -> exchange.answerEmpty(HttpResponseStatus.INTERNAL_SERVER_ERROR);
        }
    }

    private static boolean isWebSocket(HttpRequestHead head) {
        return TransportName.WEBSOCKET.text().equals(head.query().get("transport"));
    }

    private int maxPayload() {
        return engine.settings().session().maxPayload();
    }

    private void poll(HttpExchange exchange, EngineConnection connection) {
        var get = new PollingTransport.Get(exchange, connection);
        request = get;
        connection.poll(get);
    }

    private void post(
            ChannelHandlerContext context, HttpRequest message, HttpExchange exchange, EngineConnection connection) {
        var post =
                new PollingTransport.Body(exchange, connection, context.alloc().buffer(), maxPayload());
        request = post;
        connection.postBegins(post);
        if ("application/octet-stream".equals(message.headers().get(HttpHeaderNames.CONTENT_TYPE))) {
            post.refuseContent();
        } else if (HttpUtil.getContentLength(message, 0L) > maxPayload()) {
            post.refuseSize();
        } else if (HttpUtil.is100ContinueExpected(message)) {
            context.writeAndFlush(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
        }
    }
}
