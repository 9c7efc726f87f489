package dev.bowline.netty;

import static dev.bowline.netty.RawClient.CLOSE;
import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import dev.bowline.testkit.ThreadLeaks;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Several ports of one server, event loops of the user's, and what the builder checks. */
class PortsTest {
    private final Recorder<String> events = new Recorder<>();
    private final SocketIoServer io = SocketIoServer.create();

    @BeforeEach
    void listen() {
        io.onConnection(socket -> {
            socket.on("say", String.class, events);
            socket.onDisconnect(reason -> events.accept("out " + reason));
        });
    }

    @AfterEach
    void close() {
        io.close();
    }

    @Test
    void servesSeveralPortsAsOne() {
        try (NettyServer server = NettyServer.builder(io).port(0).port(0).bind()) {
            assertThat(server.addresses()).hasSize(2);
            int other = server.addresses().get(1).getPort();
            assertThat(other).isNotEqualTo(server.port());
            try (RawClient first = RawClient.enter(server.port());
                    RawClient second = RawClient.enter(other)) {
                io.emit("news");
                assertThat(first.nextText()).isEqualTo("42[\"news\"]");
                assertThat(second.nextText()).isEqualTo("42[\"news\"]");
            }
        }
    }

    @Test
    void closingOnePortLeavesTheOthers() {
        try (NettyServer first = NettyServer.bind(io, 0)) {
            NettyServer second = NettyServer.bind(io, 0);
            String idle = RawClient.openPolling(second.port());
            String polling = RawClient.openPolling(second.port());
            try (RawClient stays = RawClient.enter(first.port());
                    RawClient goes = RawClient.enter(second.port());
                    RawClient poll = new RawClient(second.port())) {
                poll.send(request("GET", POLLING + "&sid=" + polling));
                Eventually.await("all to be in", () -> io.of("/").socketCount() == 4);
                second.close();
                assertThat(goes.frame().opcode()).isEqualTo(CLOSE);
                for (int i = 0; i < 3; i++) {
                    events.expectNext("out forced close");
                }
                assertThat(io.connectionCount()).isEqualTo(1);
                assertThat(io.engine().find(idle)).isEmpty();
                stays.text("42[\"say\",\"still here\"]");
                events.expectNext("still here");
                second.close();
                RawClient.enter(first.port()).close();
                events.expectNext("out transport close");
            }
            events.expectNext("out transport close");
        }
        // The last one closes the server itself.
        assertThat(io.isClosed()).isTrue();
    }

    @Test
    void bindsAllPortsOrNone() {
        ThreadLeaks threads =
                ThreadLeaks.snapshot().ignoring("globalEventExecutor").ignoring("ForkJoinPool-1-worker-");
        try (NettyServer first = NettyServer.bind(io, 0)) {
            assertThatThrownBy(() ->
                            NettyServer.builder(io).port(0).port(first.port()).bind())
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining(String.valueOf(first.port()));
        }
        io.close();
        threads.assertNone();
    }

    @Test
    void leavesTheUsersLoopsRunning() {
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (NettyServer keeps = NettyServer.bind(io, 0)) {
            NettyServer server =
                    NettyServer.builder(io).port(0).eventLoops(loops).bind();
            try (RawClient client = RawClient.enter(server.port())) {
                server.close();
                assertThat(client.frame().opcode()).isEqualTo(CLOSE);
                events.expectNext("out forced close");
            }
            assertThat(loops.isShuttingDown()).isFalse();
            assertThat(keeps.port()).isPositive();
        } finally {
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    @Test
    void refusesLoopsWithoutSockets() {
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
        try {
            assertThatThrownBy(() ->
                            NettyServer.builder(io).port(0).eventLoops(loops).bind())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("eventLoops must be of NIO, epoll or io_uring");
        } finally {
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    @ParameterizedTest
    @EnumSource(IoTransport.class)
    void readsAndWritesByWhateverIsThere(IoTransport transport) {
        NettyServerBuilder builder = NettyServer.builder(io).port(0).transport(transport);
        if (transport.obstacle().isPresent()) {
            assertThatThrownBy(builder::bind)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("transport must be available here: " + transport);
            return;
        }
        try (NettyServer server = builder.bind();
                RawClient client = RawClient.enter(server.port())) {
            client.text("42[\"say\",\"hello\"]");
            events.expectNext("hello");
        }
    }

    @Test
    void handsOtherRequestsToTheUser() {
        try (NettyServer server = NettyServer.builder(io)
                        .port(0)
                        .otherRequests(pipeline -> pipeline.addLast(
                                new HttpObjectAggregator(1_000), new SimpleChannelInboundHandler<FullHttpRequest>() {
                                    @Override
                                    protected void channelRead0(
                                            ChannelHandlerContext context, FullHttpRequest message) {
                                        var answer = new DefaultFullHttpResponse(
                                                HttpVersion.HTTP_1_1,
                                                HttpResponseStatus.OK,
                                                Unpooled.copiedBuffer("up", StandardCharsets.UTF_8));
                                        HttpUtil.setContentLength(answer, 2);
                                        context.writeAndFlush(answer);
                                    }
                                }))
                        .bind();
                RawClient client = new RawClient(server.port())) {
            assertThat(client.get("/health").body()).isEqualTo("up");
            assertThat(client.get(POLLING).body()).startsWith("0{");
        }
    }

    @Test
    void refusesWhatBreaksARule() {
        NettyServerBuilder noPort = NettyServer.builder(io);
        assertThatThrownBy(noPort::bind).hasMessage("port or address must be called: []");
        assertThatThrownBy(() -> NettyServer.builder(io).port(0).backlog(0).bind())
                .hasMessage("backlog must be positive: 0");
        assertThatThrownBy(
                        () -> NettyServer.builder(io).port(0).maxHeaderBytes(0).bind())
                .hasMessage("maxHeaderBytes must be positive: 0");
        assertThatThrownBy(() -> NettyServer.builder(io).idleTimeout(Duration.ZERO))
                .hasMessage("idleTimeout must be positive: PT0S");
    }

    @Test
    void refusesCountsOfNothing() {
        assertThatThrownBy(() ->
                        NettyServer.builder(io).port(0).eventLoopThreads(0).bind())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("eventLoopThreads must be positive: 0");
        assertThatThrownBy(
                        () -> NettyServer.builder(io).port(0).maxRequestLine(0).bind())
                .hasMessage("maxRequestLine must be positive: 0");
    }

    @TestFactory
    @SuppressWarnings("NullAway")
    Stream<DynamicTest> namesTheOptionThatIsNull() {
        return Arrays.stream(NettyServerBuilder.class.getDeclaredMethods())
                .filter(option -> Modifier.isPublic(option.getModifiers()))
                .filter(option -> option.getParameterCount() == 1 && !option.getParameterTypes()[0].isPrimitive())
                .map(option -> DynamicTest.dynamicTest(
                        option.getName(),
                        () -> assertThatThrownBy(() -> option.invoke(NettyServer.builder(io), new Object[] {null}))
                                .hasRootCauseInstanceOf(NullPointerException.class)
                                .hasRootCauseMessage(option.getName() + " must not be null")));
    }

    /** It would answer every handshake with a refusal. */
    @Test
    void refusesAServerThatHasBeenClosed() {
        assertThat(io.isClosed()).isFalse();
        io.close();
        assertThat(io.isClosed()).isTrue();
        assertThatThrownBy(() -> NettyServer.bind(io, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the SocketIoServer has been closed: create another one");
    }

    // ---- The proxy's time-out -------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "60 |                                                     ",
                "46 |                                                     ",
                "45 | idle connections whose clients answer pings slowly  ",
                "26 | idle connections whose clients answer pings slowly  ",
                "25 | every connection that is idle                       "
            })
    void warnsOfAProxyThatIsTooImpatient(long seconds, String expected) {
        Recorder<String> warnings = new Recorder<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord message) {
                warnings.accept(new SimpleFormatter().formatMessage(message));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(NettyServerBuilder.class.getName());
        logger.addHandler(handler);
        try (SocketIoServer other = SocketIoServer.create(ServerOptions.builder()
                        .pingInterval(Duration.ofSeconds(25))
                        .pingTimeout(Duration.ofSeconds(20))
                        .build());
                NettyServer server = NettyServer.builder(other)
                        .port(0)
                        .proxyIdleTimeout(Duration.ofSeconds(seconds))
                        .bind()) {
            assertThat(server.port()).isPositive();
        } finally {
            logger.removeHandler(handler);
        }
        if (expected == null) {
            assertThat(warnings.all()).isEmpty();
        } else {
            assertThat(warnings.next())
                    .contains(
                            "proxyIdleTimeout is not longer than pingInterval + pingTimeout: PT" + seconds
                                    + "S <= PT25S + PT20S",
                            "The proxy will cut " + expected);
        }
    }
}
