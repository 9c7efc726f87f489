package dev.bowline.netty;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.TransportName;
import dev.bowline.server.transport.ClientBundle;
import dev.bowline.server.transport.Cors;
import dev.bowline.server.transport.EngineConnection;
import dev.bowline.server.transport.EngineServer;
import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.HttpRules;
import dev.bowline.server.transport.Refusal;
import dev.bowline.server.transport.TransportLoop;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The requests that are Engine.IO's: each is judged, then becomes a poll, a POST or a WebSocket.
 *
 * <p>The order of the judgements is part of the protocol, and can be read here from top to bottom. Called on the loop
 * of the request's channel; holds nothing but the engine.
 */
final class EngineRequests {
    private static final System.Logger LOG = System.getLogger(EngineRequests.class.getName());

    private final EngineServer engine;

    EngineRequests(EngineServer engine) {
        this.engine = engine;
    }

    /** Judges the request and has it served, or answers why not. */
    void begin(ChannelHandlerContext context, HttpRequest message, HttpExchange exchange) {
        HttpRequestHead head = exchange.head();
        HttpRules rules = engine.settings().http();
        Optional<ClientBundle.File> file =
                ClientFiles.find(rules.clientBundle(), head, engine.settings().path());
        if (rules.cors().isPresent() && head.method().equals("OPTIONS")) {
            answerPreflight(rules.cors().get(), exchange);
        } else if (file.isPresent()) {
            ClientFiles.answer(file.get(), exchange);
        } else {
            judge(context, message, exchange);
        }
    }

    private static void answerPreflight(Cors cors, HttpExchange exchange) {
        exchange.headers().addAll(cors.preflightHeaders(exchange.head()));
        exchange.answer(HttpResponseStatus.valueOf(cors.preflightStatus()), "", Bytes.EMPTY);
    }

    /** Whether the request is the engine's at all. */
    boolean claims(String uri) {
        return RequestTarget.of(uri).path().startsWith(engine.settings().path());
    }

    /** The headers that every answer to the request carries. */
    List<Map.Entry<String, String>> headersFor(HttpRequestHead head) {
        return engine.settings().http().headers(head);
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
                        if (!exchange.isOpen()) {
                            return;
                        }
                        if (failure != null) {
                            LOG.log(System.Logger.Level.WARNING, "allowRequest failed; the client is refused", failure);
                            refuse(exchange, Refusal.FORBIDDEN);
                        } else if (verdict.refusal().isPresent()) {
                            refuse(exchange, verdict.refusal().get());
                        } else {
                            exchange.headers().addAll(verdict.headers());
                            open(context, message, exchange, verdict.sid());
                        }
                    }));
        }
    }

    private void refuse(HttpExchange exchange, Refusal refusal) {
        if (refusal.code() == Refusal.SESSION_UNKNOWN.code() && engine.takesLatePoll(exchange.head())) {
            PollingTransport.answerLate(exchange);
        } else if (exchange.head().upgrade() && engine.settings().transports().contains(TransportName.WEBSOCKET)) {
            exchange.answerRefusedUpgrade(refusal);
        } else {
            exchange.answerRefusal(refusal);
        }
    }

    // ---- Serving --------------------------------------------------------------------------------

    private void open(ChannelHandlerContext context, HttpRequest message, HttpExchange exchange, String sid) {
        TransportLoop loop = NettyLoop.current(context.channel().eventLoop());
        HttpRequestHead head = exchange.head();
        if (head.upgrade()) {
            WebSocketUpgrade.of(context, message, exchange)
                    .ifPresent(upgrade -> upgrade.complete(
                            maxPayload(),
                            engine.settings().http().perMessageDeflate(),
                            engine.inboundMemory(),
                            link -> {
                                if (isWebSocket(head)) {
                                    engine.open(head, sid, loop, link).ifPresentOrElse(link::attach, link::close);
                                } else {
                                    link.close();
                                }
                            }));
            return;
        }
        Optional<EngineConnection> opened = engine.open(head, sid, loop, null);
        if (opened.isEmpty()) {
            exchange.answerRefusal(engine.whyNotOpened(sid));
            return;
        }
        engine.settings()
                .http()
                .cookie()
                .ifPresent(cookie -> exchange.headers()
                        .add(Map.entry("Set-Cookie", cookie.header(opened.get().sid(), head))));
        poll(exchange, opened.get());
    }

    private void serve(
            ChannelHandlerContext context, HttpRequest message, HttpExchange exchange, EngineConnection connection) {
        HttpRequestHead head = exchange.head();
        if (head.upgrade()) {
            TransportLoop loop = NettyLoop.current(context.channel().eventLoop());
            WebSocketUpgrade.of(context, message, exchange)
                    .ifPresent(upgrade -> upgrade.complete(
                            maxPayload(),
                            engine.settings().http().perMessageDeflate(),
                            engine.inboundMemory(),
                            link -> {
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
            default -> exchange.answer(HttpResponseStatus.INTERNAL_SERVER_ERROR, "", Bytes.EMPTY);
        }
    }

    private static boolean isWebSocket(HttpRequestHead head) {
        return TransportName.WEBSOCKET.text().equals(head.query().get("transport"));
    }

    private int maxPayload() {
        return engine.settings().session().maxPayload();
    }

    private void poll(HttpExchange exchange, EngineConnection connection) {
        var get = new PollingTransport.Get(exchange, connection, engine);
        exchange.servedBy(get);
        connection.poll(get);
    }

    private void post(
            ChannelHandlerContext context, HttpRequest message, HttpExchange exchange, EngineConnection connection) {
        boolean binary = PollingTransport.OCTET_STREAM.equals(message.headers().get(HttpHeaderNames.CONTENT_TYPE));
        var post =
                new PollingTransport.Body(exchange, connection, context.alloc().buffer(), maxPayload(), binary);
        exchange.servedBy(post);
        connection.postBegins(post);
        if (binary && !connection.codec().takesBinaryBodies()) {
            post.refuseContent();
        } else if (HttpUtil.getContentLength(message, 0L) > maxPayload()) {
            post.refuseSize();
        } else if (HttpUtil.is100ContinueExpected(message)) {
            context.writeAndFlush(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
        }
    }
}
