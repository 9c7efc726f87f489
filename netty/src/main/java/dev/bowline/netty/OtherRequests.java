package dev.bowline.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * The requests of one connection that are not Engine.IO's: they are passed to the handlers behind, with their
 * reference counts as they came, and their answers are counted as they go by. Confined to the channel's loop.
 */
final class OtherRequests {
    private final ChannelHandlerContext context;
    private final long destroyUpgradeNanos;
    private boolean arriving;
    private int owed;
    private long written;
    private boolean interim;
    private boolean leftHttp;

    OtherRequests(ChannelHandlerContext context, HttpSettings settings) {
        this.context = context;
        this.destroyUpgradeNanos = settings.destroyUpgradeTimeout().toNanos();
    }

    /** Passes the message on if it belongs to a request that is not ours. */
    boolean take(Object message, Predicate<HttpRequest> isOurs) {
        if (message instanceof HttpRequest head) {
            arriving = !isOurs.test(head);
            if (arriving) {
                owed++;
                if (RequestHeads.isUpgrade(head) && destroyUpgradeNanos > 0) {
                    destroyUnlessAnswered();
                }
            }
        }
        if (arriving) {
            context.fireChannelRead(message);
        }
        return arriving;
    }

    /** A WebSocket that nobody wants would stay for ever. */
    private void destroyUnlessAnswered() {
        long before = written;
        var timer = context.channel()
                .eventLoop()
                .schedule(
                        () -> {
                            if (written == before) {
                                context.close();
                            }
                        },
                        destroyUpgradeNanos,
                        TimeUnit.NANOSECONDS);
        context.channel().closeFuture().addListener(closed -> timer.cancel(false));
    }

    /** Whether one of them has not been answered in full. */
    boolean isAnswerOwed() {
        return owed > 0;
    }

    /** Counts a part of an answer. Its content may have been released. */
    void answering(Object message) {
        written++;
        if (message instanceof HttpResponse head) {
            leftHttp = head.status().code() == HttpResponseStatus.SWITCHING_PROTOCOLS.code();
            interim = !leftHttp && head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        }
        if (message instanceof LastHttpContent && !interim) {
            owed = Math.max(0, owed - 1);
        }
    }

    /** Whether the connection speaks another protocol from now on. */
    boolean hasLeftHttp() {
        return leftHttp;
    }
}
