/** HTTP long-polling and WebSocket on Netty: attaches a {@code SocketIoServer} to a port. */
@org.jspecify.annotations.NullMarked
module dev.bowline.netty {
    requires static transitive org.jspecify;
    requires transitive dev.bowline.server;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.http;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.transport;
    requires io.netty.transport.classes.epoll;
    requires static io.netty.transport.classes.io_uring;

    exports dev.bowline.netty;
    exports dev.bowline.netty.proxy;
    exports dev.bowline.netty.tls;
}
