package dev.bowline.netty;

import dev.bowline.server.SocketIoServer;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.EventExecutor;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A {@link SocketIoServer} on a port, or on several: HTTP long-polling and WebSocket on Netty, with native epoll where
 * there is one.
 *
 * <p>Safe for any thread.
 */
public final class NettyServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(NettyServer.class.getName());
    private static final int SHUTDOWN_SECONDS = 10;
    private static final int MAX_CHUNK = 8192;

    private final SocketIoServer io;
    private final EventLoopGroup loops;
    private final boolean ownsLoops;
    private final List<Channel> ports = new ArrayList<>();
    private final Set<Channel> links = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);

    NettyServer(NettyServerBuilder builder) {
        io = builder.io;
        ownsLoops = builder.eventLoops.isEmpty();
        IoTransport transport =
                builder.eventLoops.map(IoTransport::of).orElseGet(() -> builder.transport.orElseGet(IoTransport::best));
        loops = builder.eventLoops.orElseGet(() -> transport.newLoops(builder.eventLoopThreads.orElse(0)));
        var bootstrap = new ServerBootstrap()
                .group(loops)
                .channel(transport.serverChannel())
                .option(ChannelOption.SO_BACKLOG, builder.backlog)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(initializer(builder, builder.http));
        for (InetSocketAddress address : builder.addresses) {
            ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
            if (!bound.isSuccess()) {
                ports.forEach(port -> port.close().awaitUninterruptibly());
                endLoops();
                var cause = new BindException("cannot listen on " + address);
                cause.initCause(bound.cause());
                throw new UncheckedIOException(cause);
            }
            ports.add(bound.channel());
        }
        io.engine().attach();
    }

    private ChannelInitializer<Channel> initializer(NettyServerBuilder builder, HttpSettings settings) {
        // A body that says its length in two ways is refused: another server on the way may have believed the other.
        HttpDecoderConfig config = new HttpDecoderConfig()
                .setMaxInitialLineLength(builder.maxRequestLine)
                .setMaxHeaderSize(builder.maxHeaderBytes)
                .setMaxChunkSize(MAX_CHUNK)
                .setStrictLineParsing(true)
                .setUseRfc9112TransferEncoding(true);
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel link) {
                links.add(link);
                link.closeFuture().addListener(gone -> links.remove(link));
                var pipeline = link.pipeline();
                builder.tls.ifPresent(tls -> pipeline.addLast(tls.newHandler(link.alloc())));
                var gate = new UpgradeGate();
                pipeline.addLast(gate, new HttpServerCodec(config), new HttpRouter(settings, gate));
                builder.otherRequests.ifPresent(handlers -> handlers.accept(pipeline));
            }
        };
    }

    /** A builder, for more than a port. */
    public static NettyServerBuilder builder(SocketIoServer io) {
        return new NettyServerBuilder(io);
    }

    /**
     * Attaches the server to a port of every local address, and returns once clients can connect.
     *
     * @param port 0 for any free one, which {@link #port} then tells
     * @throws IllegalStateException if the {@link SocketIoServer} has been closed
     * @throws UncheckedIOException if the port is taken or not allowed
     */
    public static NettyServer bind(SocketIoServer io, int port) {
        return builder(io).port(port).bind();
    }

    /** The same on one local address. */
    public static NettyServer bind(SocketIoServer io, InetSocketAddress address) {
        return builder(io).address(address).bind();
    }

    /** The local address that clients connect to; the first one, if there are several. */
    public InetSocketAddress address() {
        return addresses().get(0);
    }

    /** The local addresses that clients connect to, in the order of the builder. */
    public List<InetSocketAddress> addresses() {
        return ports.stream()
                .map(port -> (InetSocketAddress) port.localAddress())
                .toList();
    }

    /** The port that clients connect to; the first one, if there are several. */
    public int port() {
        return address().getPort();
    }

    /** Waits until another thread has closed the server. */
    public void awaitTermination() throws InterruptedException {
        closed.await();
    }

    /**
     * Stops listening, ends the connections that came this way, and ends the event loops if they are its own; waits for
     * that, at most 10 seconds. The last of several ports of one {@link SocketIoServer} closes it too. Idempotent.
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
        if (!closing.compareAndSet(false, true)) {
            awaitOtherCall();
            return;
        }
        ports.forEach(port -> port.close().awaitUninterruptibly());
        if (io.engine().detach()) {
            io.close();
        }
        endSessions();
        // A loop closes its channels when it ends, but not if it hears of its end at the end of a turn.
        links.forEach(Channel::close);
        passThroughLoops();
        // One that was being opened meanwhile.
        endSessions();
        endLoops();
        closed.countDown();
    }

    private void awaitOtherCall() {
        try {
            if (!closed.await(SHUTDOWN_SECONDS + 1, TimeUnit.SECONDS)) {
                LOG.log(System.Logger.Level.WARNING, "The server does not end in time");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** First every session says goodbye, then the links of polling, which may be on other loops, do so. */
    private void endSessions() {
        if (ownsLoops) {
            io.engine().closeNow(loop -> loop instanceof NettyLoop ours && ours.isOf(loops));
        } else {
            links.forEach(link -> link.pipeline().fireUserEventTriggered(WebSocketTransport.LEAVE));
        }
        passThroughLoops();
        passThroughLoops();
    }

    private void endLoops() {
        if (ownsLoops) {
            loops.shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS)
                    .awaitUninterruptibly(SHUTDOWN_SECONDS + 1, TimeUnit.SECONDS);
        }
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
