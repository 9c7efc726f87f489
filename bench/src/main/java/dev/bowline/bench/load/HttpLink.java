package dev.bowline.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP connection that is kept as long as the server lets it, and opened anew for the next request otherwise. One
 * request at a time; confined to its event loop.
 */
final class HttpLink {
    private static final int OK = 200;

    private final EventLoop loop;
    private final int port;
    private final Consumer<Throwable> onFailure;
    private final HttpReader reader = new HttpReader();

    private @Nullable Channel channel;
    private ByteBuf received = Unpooled.EMPTY_BUFFER;
    private Optional<Consumer<ByteBuf>> waiting = Optional.empty();
    private ByteBuf request = Unpooled.EMPTY_BUFFER;
    private boolean fresh;
    private boolean ended;

    /** A connection that tells its failures. */
    HttpLink(EventLoop loop, int port, Consumer<Throwable> onFailure) {
        this.loop = loop;
        this.port = port;
        this.onFailure = onFailure;
    }

    /** A GET. */
    static ByteBuf get(int port, String query) {
        return SocketLink.constant(Tags.ascii("GET /socket.io/?EIO=4&transport=polling" + query
                + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n"));
    }

    /** A POST of a payload. */
    static ByteBuf post(int port, String query, String payload) {
        return SocketLink.constant(Tags.ascii("POST /socket.io/?EIO=4&transport=polling" + query
                + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nContent-Type: text/plain;charset=UTF-8\r\n"
                + "Content-Length: " + payload.length() + "\r\n\r\n" + payload));
    }

    /**
     * Sends a request, which is used again and never released, and hands on the body of its answer, which is valid
     * during the call.
     */
    void request(ByteBuf bytes, Consumer<ByteBuf> onBody) {
        if (ended) {
            return;
        }
        request = bytes;
        waiting = Optional.of(onBody);
        Channel open = channel;
        fresh = open == null;
        if (open != null) {
            open.writeAndFlush(bytes.duplicate(), open.voidPromise());
        } else {
            connect();
        }
    }

    boolean busy() {
        return waiting.isPresent();
    }

    private void connect() {
        Loops.bootstrap(loop, port, new Inbound()).connect().addListener((ChannelFutureListener) connected -> {
            if (!connected.isSuccess()) {
                onFailure.accept(connected.cause());
            } else if (ended) {
                connected.channel().close();
            } else {
                channel = connected.channel();
                connected.channel().writeAndFlush(request.duplicate());
            }
        });
    }

    /** Ends the connection with a reset. */
    void cut() {
        ended = true;
        Channel open = channel;
        if (open != null) {
            open.close();
        }
    }

    private void read(boolean closed) {
        if (waiting.isEmpty() || !reader.read(received, closed)) {
            return;
        }
        Consumer<ByteBuf> onBody = waiting.get();
        waiting = Optional.empty();
        Channel open = channel;
        if (reader.last() && open != null) {
            channel = null;
            open.close();
        }
        if (reader.status() != OK) {
            onFailure.accept(new IOException("the server answers " + reader.status()));
            return;
        }
        ByteBuf whole = received;
        received = Unpooled.EMPTY_BUFFER;
        try {
            onBody.accept(reader.body());
        } finally {
            whole.release();
        }
    }

    /** What the event loop tells of one connection. */
    private final class Inbound extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf more = (ByteBuf) message;
            received = received.isReadable() ? Unpooled.wrappedBuffer(received, more) : more;
            read(false);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (context.channel() != channel) {
                return;
            }
            channel = null;
            if (ended) {
                received.release();
                received = Unpooled.EMPTY_BUFFER;
            } else if (received.isReadable()) {
                read(true);
            } else if (waiting.isPresent() && !fresh) {
                // It was being closed while we wrote; as any HTTP client does, ask once more.
                fresh = true;
                connect();
            } else if (waiting.isPresent()) {
                onFailure.accept(new IOException("closed without an answer"));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
