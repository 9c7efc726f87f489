package dev.bowline.netty;

import dev.bowline.server.SocketIoServer;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.EventExecutor;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * A {@link SocketIoServer} on a port: HTTP long-polling and WebSocket on Netty, with native epoll where
 * there is one.
 *
 * <p>Safe for any thread.
 */
public final class NettyServer implements AutoCloseable {
    private static final int BACKLOG = 4096;
    private static final int SHUTDOWN_SECONDS = 10;
    private static final int MAX_LINE = 8192;
    private static final int MAX_HEADERS = 16_384;
    private static final int MAX_CHUNK = 8192;

    private final SocketIoServer io;
    private final EventLoopGroup loops;
    private final Channel channel;
    private final Set<Channel> links;

    private NettyServer(SocketIoServer io, EventLoopGroup loops, Channel channel, Set<Channel> links) {
        this.io = io;
        this.loops = loops;
        this.channel = channel;
        this.links = links;
    }

    /**
     * Attaches the server to a port of every local address, and returns once clients can connect.
     *
     * @param port 0 for any free one, which {@link #port} then tells
     * @throws UncheckedIOException if the port is taken or not allowed
     */
    public static NettyServer bind(SocketIoServer io, int port) {
        return bind(io, new InetSocketAddress(port));
    }

    /** The same on one local address. */
    public static NettyServer bind(SocketIoServer io, InetSocketAddress address) {
        boolean epoll = Epoll.isAvailable();
        EventLoopGroup loops =
                new MultiThreadIoEventLoopGroup(epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        Class<? extends ServerChannel> type = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        Set<Channel> links = ConcurrentHashMap.newKeySet();
        var bound = new ServerBootstrap()
                .group(loops)
                .channel(type)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel child) {
                        links.add(child);
                        child.closeFuture().addListener(closed -> links.remove(child));
                        child.pipeline()
                                .addLast(
                                        new HttpServerCodec(MAX_LINE, MAX_HEADERS, MAX_CHUNK),
                                        new HttpRouter(HttpSettings.defaults(io.engine())));
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            var cause = new BindException("cannot listen on " + address);
            cause.initCause(bound.cause());
            throw new UncheckedIOException(cause);
        }
        return new NettyServer(io, loops, bound.channel(), links);
    }

    /** The local address that clients connect to. */
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** The port that clients connect to. */
    public int port() {
        return address().getPort();
    }

    /** Waits until another thread has closed the server. */
    public void awaitTermination() throws InterruptedException {
        channel.closeFuture().await();
        loops.terminationFuture().await();
    }

    /**
     * Stops listening, closes the {@link SocketIoServer} with all its connections, and ends the event loops; waits
     * for that, at most 10 seconds. Idempotent.
     *
     * @throws IllegalStateException if called on one of those event loops, which cannot wait for itself
     */
    @Override
    public void close() {
        for (EventExecutor loop : loops) {
            if (loop.inEventLoop()) {
                throw new IllegalStateException("the server cannot be closed on one of its own event loops");
            }
        }
        channel.close().awaitUninterruptibly();
        io.close();
        // First let every session say goodbye, then let the links of polling, which may be on other loops, do so.
        passThroughLoops();
        passThroughLoops();
        // A loop closes its channels when it ends, but not if it hears of its end at the end of a turn.
        links.forEach(Channel::close);
        passThroughLoops();
        loops.shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(SHUTDOWN_SECONDS + 1, TimeUnit.SECONDS);
    }

    private void passThroughLoops() {
        for (EventExecutor loop : loops) {
            if (!loop.isShuttingDown()) {
                try {
                    loop.submit(() -> {}).awaitUninterruptibly(1, TimeUnit.SECONDS);
                } catch (RejectedExecutionException ended) {
                    // Closed from elsewhere at the same time.
                }
            }
        }
    }
}
