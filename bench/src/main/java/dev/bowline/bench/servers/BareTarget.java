package dev.bowline.bench.servers;

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
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The yardstick: Netty's own HTTP and WebSocket codecs on native epoll, and nothing of Socket.IO. It answers the same
 * bytes as the others because it knows what is asked of it: it parses no JSON, keeps no session beyond a channel,
 * writes one flush per read, and shares one frame among all receivers of a broadcast.
 *
 * <p>What is shared between connections (rooms, polling sessions) belongs to a single event loop; only echoes are asked
 * of it with several.
 */
public final class BareTarget {
    private static final int BACKLOG = 4096;
    private static final int MAX_LINE = 8192;
    private static final int MAX_HEADERS = 16_384;
    private static final int MAX_CHUNK = 8192;

    private BareTarget() {}

    /** Runs the server until standard input ends. */
    public static void main(String[] arguments) throws IOException {
        Settings settings = Settings.of(arguments);
        boolean epoll = Epoll.isAvailable();
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                settings.cores(), epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        Class<? extends ServerChannel> type = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        var audience = new BareAudience();
        Channel listening = new ServerBootstrap()
                .group(loops)
                .channel(type)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel child) {
                        child.pipeline()
                                .addLast(
                                        new HttpServerCodec(MAX_LINE, MAX_HEADERS, MAX_CHUNK),
                                        new BareHttp(audience, settings.pingInterval()));
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel();
        Console.serve(((InetSocketAddress) listening.localAddress()).getPort());
    }
}
