package dev.bowline.netty;

import dev.bowline.core.engine.SessionSettings;
import dev.bowline.netty.proxy.TrustedProxies;
import dev.bowline.netty.tls.Tls;
import dev.bowline.server.SocketIoServer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** How a {@link SocketIoServer} is put on a port, or on several. Checked when it is bound; not safe for threads. */
public final class NettyServerBuilder {
    private static final System.Logger LOG = System.getLogger(NettyServerBuilder.class.getName());

    final SocketIoServer io;
    final List<InetSocketAddress> addresses = new ArrayList<>();
    Optional<Tls> tls = Optional.empty();
    Optional<Consumer<ChannelPipeline>> otherRequests = Optional.empty();
    Optional<EventLoopGroup> eventLoops = Optional.empty();
    Optional<IoTransport> transport = Optional.empty();
    OptionalInt eventLoopThreads = OptionalInt.empty();
    int backlog = 4096;
    int maxRequestLine = 8192;
    int maxHeaderBytes = 16_384;
    HttpSettings http;
    private Optional<Duration> proxyIdleTimeout = Optional.empty();

    NettyServerBuilder(SocketIoServer io) {
        this.io = io;
        this.http = HttpSettings.defaults(io.engine());
    }

    /** A port of every local address; 0 for any free one. May be called again, for more ports. */
    public NettyServerBuilder port(int value) {
        return address(new InetSocketAddress(value));
    }

    /** A port of one local address. May be called again, for more. */
    public NettyServerBuilder address(InetSocketAddress value) {
        addresses.add(notNull("address", value));
        return this;
    }

    /** Whose certificate is shown to clients; without it they come without TLS. */
    public NettyServerBuilder tls(Tls value) {
        tls = Optional.of(notNull("tls", value));
        return this;
    }

    /** The reverse proxies whose word on a client's address, and on its TLS, is taken. Default none. */
    public NettyServerBuilder trustedProxies(TrustedProxies value) {
        http = http.withTrustedProxies(notNull("trustedProxies", value));
        return this;
    }

    /**
     * The time after which a proxy before this port cuts a connection that is silent: nginx's
     * {@code proxy_read_timeout}, HAProxy's {@code timeout tunnel} and {@code timeout server}. It is compared with
     * {@code pingInterval + pingTimeout}, the longest silence on a link that is alive, and {@link #bind} warns where it
     * is not longer. Default: not known.
     */
    public NettyServerBuilder proxyIdleTimeout(Duration value) {
        proxyIdleTimeout = Optional.of(notNull("proxyIdleTimeout", value));
        return this;
    }

    /**
     * Handlers for the requests that are not Socket.IO's, added to each connection behind this server's own, as behind
     * a Netty {@code HttpServerCodec}. They run on the event loop. Default: such requests are answered with 404.
     */
    public NettyServerBuilder otherRequests(Consumer<ChannelPipeline> handlers) {
        otherRequests = Optional.of(notNull("otherRequests", handlers));
        http = http.withOthersBehind(true);
        return this;
    }

    /**
     * How long a WebSocket upgrade that is not Socket.IO's may wait for an answer of {@link #otherRequests} before its
     * connection is closed; zero for ever. Default 1 s.
     */
    public NettyServerBuilder destroyUpgradeTimeout(Duration value) {
        http = http.withDestroyUpgradeTimeout(notNull("destroyUpgradeTimeout", value));
        return this;
    }

    /** Event loops of yours, which {@link NettyServer#close} leaves running. Default: loops of its own. */
    public NettyServerBuilder eventLoops(EventLoopGroup value) {
        eventLoops = Optional.of(notNull("eventLoops", value));
        return this;
    }

    /** The number of its own event loops. Default two per processor. */
    public NettyServerBuilder eventLoopThreads(int value) {
        eventLoopThreads = OptionalInt.of(value);
        return this;
    }

    /** By which means its own event loops read and write. Default epoll where there is one, else NIO. */
    public NettyServerBuilder transport(IoTransport value) {
        transport = Optional.of(notNull("transport", value));
        return this;
    }

    /** How many connections may wait to be accepted; the operating system may allow fewer. Default 4,096. */
    public NettyServerBuilder backlog(int value) {
        backlog = value;
        return this;
    }

    /** The longest request line, in bytes; beyond it the answer is 414. Default 8,192. */
    public NettyServerBuilder maxRequestLine(int value) {
        maxRequestLine = value;
        return this;
    }

    /** The largest head of a request, in bytes; beyond it the answer is 431. Default 16,384. */
    public NettyServerBuilder maxHeaderBytes(int value) {
        maxHeaderBytes = value;
        return this;
    }

    /**
     * How long a connection may be without a complete request head while no answer is owed to it; then it is closed.
     * Where {@link #otherRequests} are served, that is theirs to see to. Default 60 s.
     */
    public NettyServerBuilder idleTimeout(Duration value) {
        http = http.withIdleTimeout(notNull("idleTimeout", value));
        return this;
    }

    /** How long the body of a request may take to arrive; then the answer is 408. Default 60 s. */
    public NettyServerBuilder requestTimeout(Duration value) {
        http = http.withRequestTimeout(notNull("requestTimeout", value));
        return this;
    }

    /**
     * Binds all ports, and returns once clients can connect.
     *
     * @throws IllegalArgumentException if an option breaks its rule; the message names option, rule and value
     * @throws IllegalStateException if the {@link SocketIoServer} has been closed, also by closing its last port
     * @throws java.io.UncheckedIOException if a port is taken or not allowed; then none is bound
     */
    public NettyServer bind() {
        require(!addresses.isEmpty(), "port or address must be called", addresses);
        eventLoopThreads.ifPresent(count -> require(count > 0, "eventLoopThreads must be positive", count));
        require(backlog > 0, "backlog must be positive", backlog);
        require(maxRequestLine > 0, "maxRequestLine must be positive", maxRequestLine);
        require(maxHeaderBytes > 0, "maxHeaderBytes must be positive", maxHeaderBytes);
        require(
                eventLoops.isEmpty() || (transport.isEmpty() && eventLoopThreads.isEmpty()),
                "eventLoops must go without transport and eventLoopThreads",
                transport.map(Object::toString).orElseGet(() -> String.valueOf(eventLoopThreads.orElse(0))));
        transport.flatMap(IoTransport::obstacle).ifPresent(cause -> {
            throw new IllegalArgumentException(
                    "transport must be available here: " + transport.get() + ": " + cause.getMessage(), cause);
        });
        if (io.isClosed()) {
            throw new IllegalStateException("the SocketIoServer has been closed: create another one");
        }
        if (io.isDraining()) {
            throw new IllegalStateException("the SocketIoServer is draining: create another one");
        }
        warnOfProxy();
        return new NettyServer(this);
    }

    private static <T> T notNull(String option, T value) {
        return Objects.requireNonNull(value, () -> option + " must not be null");
    }

    private static void require(boolean holds, String rule, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(rule + ": " + value);
        }
    }

    /**
     * A ping goes out {@code pingInterval} after the last pong, and the pong may take {@code pingTimeout}: so long may
     * a live link be silent in one direction, or in both.
     */
    private void warnOfProxy() {
        SessionSettings session = io.engine().settings().session();
        Duration silence = session.pingInterval().plus(session.pingTimeout());
        proxyIdleTimeout.filter(limit -> limit.compareTo(silence) <= 0).ifPresent(limit -> {
            boolean always = limit.compareTo(session.pingInterval()) <= 0;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "proxyIdleTimeout is not longer than pingInterval + pingTimeout: {0} <= {1} + {2}. The proxy will "
                            + "cut {3}. Raise the proxy''s time-out, or lower pingInterval.",
                    limit,
                    session.pingInterval(),
                    session.pingTimeout(),
                    always ? "every connection that is idle" : "idle connections whose clients answer pings slowly");
        });
    }
}
