package dev.bowline.netty;

import dev.bowline.core.engine.Bytes;
import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * One request and its one answer. The answer may be given from any thread; the first one counts. Once it is
 * written, the channel's router goes on with the next request.
 */
final class HttpExchange {
    /** In seconds; clients add a delay of their own. */
    private static final Map.Entry<String, String> RETRY_LATER = Map.entry("Retry-After", "1");

    private final ChannelHandlerContext context;
    private final HttpRouter router;
    private final HttpRequestHead head;
    private final boolean keepAlive;
    private final boolean oldHttp;
    private final AtomicBoolean answered = new AtomicBoolean();

    // On the channel's loop only.
    private final List<Map.Entry<String, String>> headers;
    private HttpRouter.Request request = HttpRouter.Request.NONE;

    HttpExchange(
            ChannelHandlerContext context,
            HttpRouter router,
            HttpRequest message,
            HttpRequestHead head,
            List<Map.Entry<String, String>> headers) {
        this.context = context;
        this.router = router;
        this.head = head;
        this.headers = new ArrayList<>(headers);
        // A client that waits to be told to go on may never send the body: what follows could not be told from it.
        this.keepAlive = HttpUtil.isKeepAlive(message) && !HttpUtil.is100ContinueExpected(message);
        this.oldHttp = !message.protocolVersion().isKeepAliveDefault();
    }

    HttpRequestHead head() {
        return head;
    }

    // ---- The request ----------------------------------------------------------------------------

    /** What reads the body, and waits for the answer. */
    HttpRouter.Request request() {
        return request;
    }

    void servedBy(HttpRouter.Request server) {
        request = server;
    }

    boolean isBodyWanted() {
        return request != HttpRouter.Request.NONE;
    }

    /** Whether an answer is still owed, and can be given. */
    boolean isOpen() {
        return !answered.get();
    }

    /** The link broke. */
    void broken() {
        answered.set(true);
        request.broken();
    }

    // ---- The answer -----------------------------------------------------------------------------

    /** The headers that every answer carries; more may be added. On the channel's loop only. */
    List<Map.Entry<String, String>> headers() {
        return headers;
    }

    /** Answers 200, with what nobody may keep. */
    void answerOk(String contentType, Bytes body) {
        write(ok(contentType, body), keepAlive);
    }

    /** The same, and closes. */
    void answerOkAndClose(String contentType, Bytes body) {
        write(ok(contentType, body), false);
    }

    /** Answers 200, with a body that has been compressed, or would have been for another client. */
    void answerOk(String contentType, Bytes body, Optional<ContentCoding> coding) {
        FullHttpResponse response = ok(contentType, body);
        response.headers().set(HttpHeaderNames.VARY, "Accept-Encoding");
        coding.ifPresent(used -> response.headers().set(HttpHeaderNames.CONTENT_ENCODING, used.token()));
        write(response, keepAlive);
    }

    private FullHttpResponse ok(String contentType, Bytes body) {
        FullHttpResponse response = response(HttpResponseStatus.OK, contentType, body);
        response.headers().set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
        String agent = head.header("user-agent").orElse("");
        if (agent.contains(";MSIE") || agent.contains("Trident/")) {
            response.headers().set("X-XSS-Protection", "0");
        }
        return response;
    }

    /** Answers with a status and a body, which may be empty. */
    void answer(HttpResponseStatus status, String contentType, Bytes body) {
        write(response(status, contentType, body), keepAlive);
    }

    /** Answers with a status and a text. */
    void answerText(HttpResponseStatus status, String text) {
        answer(status, "text/plain; charset=UTF-8", Bytes.utf8(text));
    }

    /** Answers a plain request with the code and the message. */
    void answerRefusal(Refusal refusal) {
        tell(refusal);
        if (refusal.isTemporary()) {
            headers.add(RETRY_LATER);
        }
        // Over the same link the client would not come to another server.
        var status = HttpResponseStatus.valueOf(refusal.status());
        boolean goesOn = keepAlive && !refusal.equals(Refusal.SHUTTING_DOWN);
        write(response(status, "application/json", Bytes.utf8(refusal.json())), goesOn);
    }

    /** Answers a request to upgrade with the bare message, and closes. */
    void answerRefusedUpgrade(Refusal refusal) {
        tell(refusal);
        if (refusal.isTemporary()) {
            headers.add(RETRY_LATER);
            write(
                    response(HttpResponseStatus.valueOf(refusal.status()), "text/html", Bytes.utf8(refusal.message())),
                    false);
        } else {
            answerRefusedUpgrade(refusal.message());
        }
    }

    private void tell(Refusal refusal) {
        if (isOpen()) {
            router.refused(head, refusal);
        }
    }

    /** The same for what WebSocket itself refuses. */
    void answerRefusedUpgrade(String message) {
        write(response(HttpResponseStatus.BAD_REQUEST, "text/html", Bytes.utf8(message)), false);
    }

    /** Answers with a status and its name, and closes. */
    void answerAndClose(HttpResponseStatus status) {
        write(response(status, "text/plain; charset=UTF-8", Bytes.utf8(status.reasonPhrase())), false);
    }

    /** Breaks the link without an answer. */
    void abort() {
        if (answered.compareAndSet(false, true)) {
            context.close();
        }
    }

    /** Marks the exchange as answered by other means: the channel speaks WebSocket from now on. */
    void switchedProtocols() {
        answered.set(true);
    }

    private FullHttpResponse response(HttpResponseStatus status, String contentType, Bytes body) {
        ByteBuf content = head.method().equals("HEAD")
                ? Unpooled.EMPTY_BUFFER
                : Unpooled.wrappedBuffer(body.array(), body.offset(), body.length());
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, content);
        if (!contentType.isEmpty()) {
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
        }
        // Neither has a body, and a length would be that of another answer.
        if (status.code() != HttpResponseStatus.NO_CONTENT.code()
                && status.code() != HttpResponseStatus.NOT_MODIFIED.code()) {
            response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.length());
        }
        return response;
    }

    private void write(FullHttpResponse response, boolean goesOn) {
        if (!answered.compareAndSet(false, true)) {
            response.release();
            return;
        }
        Runnable writing = () -> {
            headers.forEach(header -> response.headers().add(header.getKey(), header.getValue()));
            if (!goesOn) {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            } else if (oldHttp) {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
            }
            var written = context.writeAndFlush(response);
            if (!goesOn) {
                written.addListener(ChannelFutureListener.CLOSE);
            }
            router.answered(this, goesOn);
        };
        try {
            onLoop(writing);
        } catch (RejectedExecutionException ended) {
            // The loop has closed its channels: nobody is left to read the answer.
            response.release();
        }
    }

    // ---- The loop -------------------------------------------------------------------------------

    /** Runs the task on the channel's loop. */
    void onLoop(Runnable task) {
        if (context.executor().inEventLoop()) {
            task.run();
        } else {
            execute(task);
        }
    }

    /** Runs the task on the channel's loop, after what it is doing now. */
    void onLoopLater(Consumer<ChannelHandlerContext> task) {
        execute(() -> task.accept(context));
    }

    private void execute(Runnable task) {
        context.channel().eventLoop().execute(task);
    }
}
