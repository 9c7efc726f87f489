package dev.bowline.bench.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** The event loops of the load, one for each core that it may use. Safe for any thread. */
final class Loops implements AutoCloseable {
    private static final boolean EPOLL = Epoll.isAvailable();
    private static final int CONNECT_MILLIS = 30_000;

    private final MultiThreadIoEventLoopGroup group;
    private final List<EventLoop> loops = new ArrayList<>();

    Loops(int count) {
        group = new MultiThreadIoEventLoopGroup(count, EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        for (int i = 0; i < count; i++) {
            loops.add((EventLoop) group.next());
        }
    }

    int count() {
        return loops.size();
    }

    EventLoop loop(int index) {
        return loops.get(index % loops.size());
    }

    /** What connects to the loopback address, and resets when it closes, so that no port stays behind. */
    static Bootstrap bootstrap(EventLoop loop, int port, ChannelHandler handler) {
        return new Bootstrap()
                .group(loop)
                .channel(EPOLL ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_LINGER, 0)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
                .remoteAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .handler(handler);
    }

    /** Runs something on a loop, and waits for it. */
    <T> T on(int index, Callable<T> task) {
        return await(loop(index).submit(task));
    }

    /** The same, later. */
    <T> T later(int index, long millis, Callable<T> task) {
        return await(loop(index).schedule(task, millis, TimeUnit.MILLISECONDS));
    }

    private static <T> T await(java.util.concurrent.Future<T> running) {
        try {
            return running.get();
        } catch (ExecutionException failed) {
            throw new IllegalStateException(failed.getCause());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", stopped);
        }
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }
}
