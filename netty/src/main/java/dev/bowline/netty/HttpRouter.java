package dev.bowline.netty;

import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one HTTP connection, one after the other: those under the engine's path are Engine.IO's, the others
 * go on to the handlers behind this one, untouched, or are answered with 404 where there are none. A request that comes
 * before the one before it is answered waits, up to a bound, so that answers keep the order of their requests whoever
 * gives them.
 *
 * <p>A body that nobody wants any more, because it was too large or its request was refused, is skipped, up to 10 MB;
 * then the connection is closed. Confined to its channel's loop.
 */
final class HttpRouter extends ChannelDuplexHandler {
    private static final System.Logger LOG = System.getLogger(HttpRouter.class.getName());
    private static final int MAX_WAITING = 64;
    private static final int MAX_WAITING_FIELDS = 1_000;
    private static final long MAX_SKIPPED_BYTES = 10_000_000;

    /** A request whose body arrives, or whose answer is still owed. */
    interface Request {
        /** Nobody reads its body, and nobody waits for it. */
        Request NONE = new Request() {
            @Override
            public void content(ByteBuf content, boolean last) {}

            @Override
            public void broken() {}
        };

        /** A part of the body; the buffer is the caller's. */
        void content(ByteBuf content, boolean last);

        /** The link broke before the answer. */
        void broken();
    }

    private final HttpSettings settings;
    private final EngineRequests engine;
    private final UpgradeGate gate;
    private final Queue<Object> waiting = new ArrayDeque<>();
    private @Nullable HttpExchange current;
    private @Nullable OtherRequests others;
    private @Nullable RequestDeadline deadline;
    private boolean bodyComplete = true;
    private boolean closing;
    private long skippedBytes;
    private int waitingFields;

    /** A router whose link passes through the gate. */
    HttpRouter(HttpSettings settings, UpgradeGate gate) {
        this.settings = settings;
        this.gate = gate;
        this.engine = new EngineRequests(settings.engine());
    }

    /** A request of this channel is answered with a refusal. Any thread. */
    void refused(HttpRequestHead head, Refusal refusal) {
        settings.engine().refused(head, refusal);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        deadline = new RequestDeadline(context.channel().eventLoop(), settings, () -> expired(context));
        if (settings.othersBehind()) {
            others = new OtherRequests(context, settings);
        } else {
            deadline.awaitHead();
        }
    }

    // ---- What arrives ---------------------------------------------------------------------------

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest head && RequestHeads.isUpgrade(head) && engine.claims(head.uri())) {
            gate.hold();
        }
        if (closing) {
            ReferenceCountUtil.release(message);
        } else if (!waiting.isEmpty() || !isItsTurn(context, message)) {
            waiting.add(message);
            waitingFields += fieldsOf(message);
            if (waiting.size() > MAX_WAITING || waitingFields > MAX_WAITING_FIELDS) {
                close(context);
            }
        } else {
            read(context, message);
        }
    }

    /** Nor is the next request answered while the peer does not read the answers that it has. */
    private boolean isItsTurn(ChannelHandlerContext context, Object message) {
        return !(message instanceof HttpRequest head)
                || (current == null
                        && context.channel().isWritable()
                        && (others == null || !others.isAnswerOwed() || !engine.claims(head.uri())));
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (context.channel().isWritable() && !waiting.isEmpty()) {
            readWaiting(context);
        }
        context.fireChannelWritabilityChanged();
    }

    private void readWaiting(ChannelHandlerContext context) {
        while (!closing && !waiting.isEmpty() && isItsTurn(context, waiting.element())) {
            Object message = waiting.remove();
            waitingFields -= fieldsOf(message);
            read(context, message);
        }
    }

    private static int fieldsOf(Object message) {
        int headers = message instanceof HttpRequest head ? head.headers().size() : 0;
        return message instanceof LastHttpContent last
                ? headers + last.trailingHeaders().size()
                : headers;
    }

    private void read(ChannelHandlerContext context, Object message) {
        if (others != null && others.take(message, head -> engine.claims(head.uri()))) {
            return;
        }
        try {
            if (message instanceof HttpRequest head) {
                begin(context, head);
            } else if (message instanceof HttpObject part
                    && part.decoderResult().isFailure()) {
                brokenBody(context);
            }
            if (message instanceof HttpContent content && !closing) {
                body(context, content);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void begin(ChannelHandlerContext context, HttpRequest message) {
        skippedBytes = 0;
        bodyComplete = false;
        HttpRequestHead head = RequestHeads.of(context.channel(), message, settings.trustedProxies());
        var exchange = new HttpExchange(context, this, message, head, engine.headersFor(head));
        current = exchange;
        deadline().awaitBody();
        Optional<HttpResponseStatus> fault = message.decoderResult().isFailure()
                ? Optional.of(statusOf(message.decoderResult().cause()))
                : RequestHeads.faultOf(message);
        if (fault.isPresent()) {
            exchange.answerAndClose(fault.get());
        } else if (engine.claims(message.uri())) {
            engine.begin(context, message, exchange);
        } else {
            exchange.answerText(HttpResponseStatus.NOT_FOUND, "Not found");
        }
    }

    private static HttpResponseStatus statusOf(Throwable malformed) {
        if (malformed instanceof TooLongHttpLineException) {
            return HttpResponseStatus.REQUEST_URI_TOO_LONG;
        }
        return malformed instanceof TooLongHttpHeaderException
                ? HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
                : HttpResponseStatus.BAD_REQUEST;
    }

    private void body(ChannelHandlerContext context, HttpContent content) {
        boolean last = content instanceof LastHttpContent;
        if (last) {
            bodyComplete = true;
            if (current == null) {
                deadline().awaitHead();
            } else {
                deadline().awaitAnswer();
            }
        }
        if (current != null && current.isBodyWanted()) {
            current.request().content(content.content(), last);
            return;
        }
        skippedBytes += content.content().readableBytes();
        if (skippedBytes > MAX_SKIPPED_BYTES) {
            close(context);
        }
    }

    /** What follows a broken body cannot be told from it. */
    private void brokenBody(ChannelHandlerContext context) {
        HttpExchange exchange = current;
        if (exchange == null) {
            close(context);
            return;
        }
        exchange.answerAndClose(HttpResponseStatus.BAD_REQUEST);
        exchange.request().broken();
    }

    // ---- What is answered -----------------------------------------------------------------------

    /** The answer to the current request has been written. */
    void answered(HttpExchange exchange, boolean goesOn) {
        if (exchange != current) {
            return;
        }
        current = null;
        if (!goesOn) {
            closing = true;
            return;
        }
        if (bodyComplete) {
            deadline().awaitHead();
        }
        if (!waiting.isEmpty()) {
            exchange.onLoopLater(this::readWaiting);
        }
        if (exchange.head().upgrade()) {
            exchange.onLoopLater(later -> gate.goOn());
        }
    }

    /** Answers of the handlers behind. Ours begin at this handler, and do not come this way. */
    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        context.write(message, promise);
        if (others != null) {
            others.answering(message);
            if (others.hasLeftHttp()) {
                context.pipeline().remove(this);
            } else if (!waiting.isEmpty() && !others.isAnswerOwed()) {
                context.channel().eventLoop().execute(() -> readWaiting(context));
            }
        }
    }

    private void expired(ChannelHandlerContext context) {
        HttpExchange exchange = current;
        if (exchange == null) {
            close(context);
        } else {
            exchange.answerAndClose(HttpResponseStatus.REQUEST_TIMEOUT);
            exchange.request().broken();
        }
    }

    // ---- Ends -----------------------------------------------------------------------------------

    private void close(ChannelHandlerContext context) {
        closing = true;
        context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        releaseWaiting();
        HttpExchange exchange = current;
        current = null;
        if (exchange != null) {
            exchange.broken();
        }
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (others != null && others.hasLeftHttp()) {
            waiting.forEach(context::fireChannelRead);
            waiting.clear();
        }
        releaseWaiting();
        deadline().cancel();
        gate.end();
    }

    private void releaseWaiting() {
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (others != null && current == null) {
            context.fireExceptionCaught(cause);
            return;
        }
        if (cause instanceof DecoderException) {
            // The peer's fault, of which it must not be able to fill the log.
            LOG.log(System.Logger.Level.DEBUG, "No HTTP: {0}", cause.getMessage());
        } else if (!(cause instanceof IOException)) {
            LOG.log(System.Logger.Level.WARNING, "A request failed", cause);
        }
        context.close();
    }

    private RequestDeadline deadline() {
        if (deadline == null) {
            throw new IllegalStateException("not in a pipeline");
        }
        return deadline;
    }
}
