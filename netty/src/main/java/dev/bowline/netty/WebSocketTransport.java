package dev.bowline.netty;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.EnginePacketCodec;
import dev.bowline.core.engine.RemoteProtocolException;
import dev.bowline.server.transport.EngineConnection;
import dev.bowline.server.transport.WebSocketLink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketHandshakeException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The WebSocket of a session, or one that probes for it: each frame is one Engine.IO packet
 * (engine.io-protocol, "WebSocket").
 *
 * <p>Confined to its channel's loop, on which its session lives too. What arrives before the session has
 * come there waits.
 */
final class WebSocketTransport extends ChannelInboundHandlerAdapter implements WebSocketLink {
    private static final System.Logger LOG = System.getLogger(WebSocketTransport.class.getName());

    /** How long a peer has to answer the close frame, and to read what was written before it. */
    private static final int CLOSE_SECONDS = 5;

    /** Tells a WebSocket that its port closes. */
    static final Object LEAVE = new Object();

    private final Channel channel;
    private final EnginePacketCodec codec;
    private final Optional<MessageCompression> compression;
    private @Nullable ChannelHandlerContext context;
    private final Queue<WebSocketFrame> early = new ArrayDeque<>();
    private @Nullable EngineConnection connection;
    private boolean closing;
    private byte @Nullable [] unansweredPing;

    WebSocketTransport(Channel channel, EnginePacketCodec codec, Optional<MessageCompression> compression) {
        this.channel = channel;
        this.codec = codec;
        this.compression = compression;
        channel.config().setAutoRead(false);
    }

    /** Frames are written from here, past the handlers of a pipeline that is not ours alone. */
    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    private ChannelHandlerContext pipeline() {
        return Objects.requireNonNull(context, "not in a pipeline");
    }

    /** The session lives on this loop now: what waited goes to it. */
    void attach(EngineConnection owner) {
        connection = owner;
        int window = owner.windowBytes();
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(window / 4, window / 2));
        channel.config().setAutoRead(true);
        for (WebSocketFrame frame = early.poll(); frame != null; frame = early.poll()) {
            receive(frame);
        }
        if (channel.isActive()) {
            owner.settle();
        } else {
            gone(owner);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof WebSocketFrame frame)) {
            ReferenceCountUtil.release(message);
        } else if (connection == null && !closing) {
            early.add(frame);
        } else {
            receive(frame);
        }
    }

    private void receive(WebSocketFrame frame) {
        try {
            if (frame instanceof CloseWebSocketFrame close) {
                answerClose(close);
            } else if (frame instanceof PingWebSocketFrame && !closing) {
                unansweredPing = ByteBufUtil.getBytes(frame.content());
                answerPing();
            } else if (connection != null) {
                receive(connection, frame);
            }
        } finally {
            frame.release();
        }
    }

    /** While the peer does not read, only its last ping is remembered (RFC 6455, section 5.5.3). */
    private void answerPing() {
        byte[] ping = unansweredPing;
        if (ping != null && channel.isWritable() && !closing) {
            unansweredPing = null;
            pipeline().writeAndFlush(new PongWebSocketFrame(Unpooled.wrappedBuffer(ping)));
        }
    }

    private void receive(EngineConnection owner, WebSocketFrame frame) {
        try {
            if (frame instanceof TextWebSocketFrame) {
                owner.receive(this, codec.decodeText(bytes(frame)));
            } else if (frame instanceof BinaryWebSocketFrame) {
                owner.receive(this, codec.decodeBinary(bytes(frame)));
            }
        } catch (RemoteProtocolException malformed) {
            owner.malformed(this, String.valueOf(malformed.getMessage()));
        }
        if (connection == null) {
            // The frame has ended the session, which hears of the end of this turn no more.
            owner.settle();
        }
    }

    private static Bytes bytes(WebSocketFrame frame) {
        byte[] bytes = new byte[frame.content().readableBytes()];
        frame.content().readBytes(bytes);
        return Bytes.wrap(bytes);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext from, Object event) {
        if (event == LEAVE && connection != null) {
            connection.closeNow();
        } else {
            from.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (connection != null) {
            connection.settle();
        }
        context.fireChannelReadComplete();
    }

    /** The network has taken what was written: what waits behind it may follow. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        answerPing();
        if (connection != null && channel.isWritable()) {
            connection.settle();
        }
        context.fireChannelWritabilityChanged();
    }

    private void answerClose(CloseWebSocketFrame frame) {
        EngineConnection owner = connection;
        connection = null;
        if (closing) {
            channel.close();
            return;
        }
        closing = true;
        pipeline().writeAndFlush(frame.retainedDuplicate()).addListener(written -> channel.close());
        if (owner != null) {
            owner.closed(this, "websocket connection closed by the client");
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        early.forEach(ReferenceCountUtil::release);
        early.clear();
        if (connection != null) {
            gone(connection);
        }
        context.fireChannelInactive();
    }

    private void gone(EngineConnection owner) {
        connection = null;
        owner.closed(this, "websocket connection lost");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof PrematureChannelClosureException) {
            return; // of a message that has lost its rest: the link is gone, as channelInactive is about to tell
        }
        if (cause instanceof IOException && !(cause instanceof WebSocketHandshakeException)) {
            channel.close();
            return;
        }
        if (!(cause instanceof IOException || cause instanceof CodecException)) {
            LOG.log(System.Logger.Level.WARNING, "A WebSocket failed", cause);
        }
        EngineConnection owner = connection;
        connection = null;
        boolean first = !closing;
        closing = true;
        if (owner != null) {
            owner.failed(this, "websocket protocol error");
        }
        if (first && cause instanceof CorruptedWebSocketFrameException corrupt) {
            sayLast(new CloseWebSocketFrame(corrupt.closeStatus()));
        } else if (first) {
            sayClose(
                    cause instanceof TooLongFrameException
                            ? new CloseWebSocketFrame(WebSocketCloseStatus.MESSAGE_TOO_BIG)
                            : new CloseWebSocketFrame());
        }
    }

    /**
     * Ends a link of which no frame can be read any more, not even the answer to this one. What still comes is taken
     * all the same: to close over unread bytes is a reset, which may overtake the frame.
     */
    private void sayLast(CloseWebSocketFrame frame) {
        sayClose(frame);
        if (channel instanceof DuplexChannel duplex && channel.pipeline().get(SslHandler.class) == null) {
            duplex.shutdownOutput();
        } else {
            channel.close();
        }
    }

    // ---- What the session asks for --------------------------------------------------------------

    @Override
    public void write(EnginePacket packet) {
        pipeline().write(frame(packet), pipeline().voidPromise());
    }

    private WebSocketFrame frame(EnginePacket packet) {
        Bytes wire = codec.encode(packet);
        if (compression.isPresent()
                && packet.isCompressible()
                && compression.get().isWorthwhile(wire.length())) {
            return compression.get().deflated(wire, codec.isBinaryFrame(packet), pipeline());
        }
        ByteBuf content = Unpooled.wrappedBuffer(wire.array(), wire.offset(), wire.length());
        return codec.isBinaryFrame(packet) ? new BinaryWebSocketFrame(content) : new TextWebSocketFrame(content);
    }

    @Override
    public void flush() {
        pipeline().flush();
    }

    @Override
    public long unsentBytes() {
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    @Override
    public void read(boolean enabled) {
        channel.config().setAutoRead(enabled);
    }

    @Override
    public void close() {
        if (!channel.eventLoop().inEventLoop()) {
            channel.eventLoop().execute(this::close);
            return;
        }
        connection = null;
        if (closing) {
            return;
        }
        closing = true;
        early.forEach(ReferenceCountUtil::release);
        early.clear();
        sayClose(new CloseWebSocketFrame());
    }

    @Override
    public void whenGone(Runnable task) {
        channel.closeFuture().addListener(gone -> task.run());
    }

    private void sayClose(CloseWebSocketFrame frame) {
        channel.config().setAutoRead(true);
        pipeline().writeAndFlush(frame);
        var timer = channel.eventLoop().schedule(() -> channel.close(), CLOSE_SECONDS, TimeUnit.SECONDS);
        channel.closeFuture().addListener(closed -> timer.cancel(false));
    }
}
