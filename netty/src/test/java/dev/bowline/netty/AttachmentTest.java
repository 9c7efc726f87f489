package dev.bowline.netty;

import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static dev.bowline.netty.RawClient.postRequest;
import static dev.bowline.netty.RawClient.request;
import static dev.bowline.netty.RawClient.upgradeRequest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Socket.IO and a REST route of the user's on one port: a real pipeline that is not ours. */
class AttachmentTest {
    /** The user's own handler: greets under {@code /rest}, and answers late where it is told to. */
    private static final class Rest extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final Recorder<Runnable> late;

        Rest(Recorder<Runnable> late) {
            this.late = late;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest message) {
            String body = message.content().toString(StandardCharsets.UTF_8);
            String uri = message.uri();
            boolean found = uri.startsWith("/rest");
            Runnable answer = () -> {
                var response = new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1,
                        found ? HttpResponseStatus.OK : HttpResponseStatus.NOT_FOUND,
                        Unpooled.copiedBuffer(uri + " " + body, StandardCharsets.UTF_8));
                HttpUtil.setContentLength(response, response.content().readableBytes());
                context.channel().writeAndFlush(response);
            };
            if (uri.contains("late")) {
                late.accept(answer);
            } else if (!uri.contains("never")) {
                answer.run();
            }
        }
    }

    private final Recorder<String> events = new Recorder<>();
    private final Recorder<Runnable> late = new Recorder<>();
    private final SocketIoServer io = SocketIoServer.create();
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private final NettyAttachment attachment = NettyAttachment.of(io);

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
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private int serve(Consumer<ChannelPipeline> handlers) {
        Channel port = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel link) {
                        handlers.accept(link.pipeline());
                        attachment.addTo(link.pipeline());
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel();
        return ((InetSocketAddress) port.localAddress()).getPort();
    }

    private int serveRest() {
        return serve(
                pipeline -> pipeline.addLast(new HttpServerCodec(), new HttpObjectAggregator(100_000), new Rest(late)));
    }

    @Test
    void servesBothOnOneConnection() {
        int port = serveRest();
        try (RawClient client = new RawClient(port)) {
            assertThat(client.get("/rest/a").body()).isEqualTo("/rest/a ");
            String path = POLLING + "&sid=" + RawClient.sid(client.get(POLLING).body());
            assertThat(client.post("/rest/b", "x".repeat(50_000)).body()).hasSize(50_008);
            assertThat(client.post(path, "40").body()).isEqualTo("ok");
            assertThat(client.get("/elsewhere").status()).isEqualTo(404);
            assertThat(client.get(path).body()).startsWith("40{");
            assertThat(client.post(path, "42[\"say\",\"hello\"]").body()).isEqualTo("ok");
            events.expectNext("hello");
        }
    }

    @Test
    void servesWebSocketsPastTheHandlersBehind() {
        int port = serve(pipeline -> pipeline.addLast(
                new HttpServerCodec(), new HttpContentCompressor(), new HttpObjectAggregator(100_000), new Rest(late)));
        try (RawClient client = RawClient.enter(port)) {
            client.text("42[\"say\",\"frame\"]");
            events.expectNext("frame");
            io.emit("news", "n".repeat(2_000));
            assertThat(client.nextText()).hasSize(2_000 + 13);
        }
        events.expectNext("out transport close");
    }

    @Test
    void servesBehindAnAggregatorOfTheUsersAsWell() {
        int port = serve(pipeline -> {
            pipeline.addLast(new HttpRequestDecoder(), new HttpObjectAggregator(100_000));
            pipeline.addLast(new HttpResponseEncoder());
        });
        try (RawClient client = new RawClient(port)) {
            String path = POLLING + "&sid=" + RawClient.sid(client.get(POLLING).body());
            assertThat(client.post(path, "40").body()).isEqualTo("ok");
            assertThat(client.get(path).body()).startsWith("40{");
        }
    }

    @Test
    void keepsTheOrderOfAnswersWhoeverGivesThem() {
        int port = serveRest();
        try (RawClient client = new RawClient(port)) {
            String path = POLLING + "&sid=" + RawClient.sid(client.get(POLLING).body());
            client.send(request("GET", "/rest/late") + postRequest(path, "40") + request("GET", "/rest/c"));
            Runnable answer = late.next();
            assertThat(io.of("/").sockets()).isEmpty();
            answer.run();
            assertThat(client.response().body()).isEqualTo("/rest/late ");
            assertThat(client.response().body()).isEqualTo("ok");
            assertThat(client.response().body()).isEqualTo("/rest/c ");
            client.send(request("GET", path) + request("GET", "/rest/d"));
            assertThat(client.response().body()).startsWith("40{");
            assertThat(client.response().body()).isEqualTo("/rest/d ");
        }
    }

    @Test
    void refusesTooManyHeaderFieldsOnlyUnderThePath() {
        String[] fields = new String[100];
        Arrays.setAll(fields, i -> "x" + i + ":");
        int port = serveRest();
        for (String handshake : List.of(request("GET", POLLING, fields), upgradeRequest(WEBSOCKET, fields))) {
            try (RawClient client = new RawClient(port)) {
                assertThat(client.get("/rest/a", fields).body()).isEqualTo("/rest/a ");
                assertThat(client.send(handshake).response().status()).isEqualTo(431);
                assertThat(client.isClosedByServer()).isTrue();
            }
        }
        assertThat(io.connectionCount()).isZero();
    }

    @Test
    void passesInterimAnswersOn() {
        int port = serveRest();
        try (RawClient client = new RawClient(port)) {
            client.send(request("POST", "/rest/e", "Content-Length: 2", "Expect: 100-continue"));
            assertThat(client.response().status()).isEqualTo(100);
            client.send("ab");
            assertThat(client.response().body()).isEqualTo("/rest/e ab");
            assertThat(client.get(POLLING).status()).isEqualTo(200);
        }
    }

    @Test
    void leavesForeignWebSocketsToWhoWantsThem() {
        int port = serve(pipeline -> pipeline.addLast(
                new HttpServerCodec(),
                new HttpObjectAggregator(100_000),
                new WebSocketServerProtocolHandler("/mine"),
                new SimpleChannelInboundHandler<TextWebSocketFrame>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, TextWebSocketFrame frame) {
                        context.writeAndFlush(new TextWebSocketFrame("you said " + frame.text()));
                    }
                }));
        try (RawClient foreign = new RawClient(port);
                RawClient ours = RawClient.enter(port)) {
            assertThat(foreign.upgrade("/mine").status()).isEqualTo(101);
            foreign.text("hi");
            assertThat(foreign.nextText()).isEqualTo("you said hi");
            ours.text("42[\"say\",\"ours\"]");
            events.expectNext("ours");
        }
    }

    @Test
    void cutsAForeignWebSocketThatNobodyAnswers() {
        var channel = new EmbeddedChannel(new HttpServerCodec(), new HttpObjectAggregator(1_000), new Rest(late));
        channel.freezeTime();
        attachment.addTo(channel.pipeline());
        String upgrade = request("GET", "/never", "Connection: Upgrade", "Upgrade: websocket");
        channel.writeInbound(Unpooled.copiedBuffer(upgrade, StandardCharsets.UTF_8));
        channel.advanceTimeBy(999, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isTrue();
        channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isFalse();
        channel.finishAndReleaseAll();
    }

    @Test
    void leavesAForeignWebSocketAloneIfTold() {
        var channel = new EmbeddedChannel(new HttpServerCodec(), new HttpObjectAggregator(1_000), new Rest(late));
        channel.freezeTime();
        attachment.withDestroyUpgradeTimeout(Duration.ZERO).addTo(channel.pipeline());
        String upgrade = request("GET", "/never", "Connection: Upgrade", "Upgrade: websocket");
        channel.writeInbound(Unpooled.copiedBuffer(upgrade, StandardCharsets.UTF_8));
        channel.advanceTimeBy(1, TimeUnit.HOURS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isTrue();
        channel.finishAndReleaseAll();
    }

    @Test
    void handsRequestsOnAsTheyCame() {
        var seen = new Recorder<Object>();
        var channel = new EmbeddedChannel(new HttpServerCodec(), new SimpleChannelInboundHandler<Object>(false) {
            @Override
            protected void channelRead0(ChannelHandlerContext context, Object message) {
                seen.accept(message);
            }
        });
        attachment.addTo(channel.pipeline());
        channel.writeInbound(Unpooled.copiedBuffer(postRequest("/rest", "body"), StandardCharsets.UTF_8));
        assertThat(seen.next()).isInstanceOf(HttpRequest.class);
        Object body = seen.next();
        assertThat(ReferenceCountUtil.refCnt(body)).isEqualTo(1);
        ReferenceCountUtil.release(body);
        channel.finishAndReleaseAll();
    }

    @Test
    void endsItsClientsWhenTheServerIsClosed() {
        int port = serveRest();
        try (RawClient client = RawClient.enter(port);
                RawClient rest = new RawClient(port)) {
            Eventually.await("the client to be in", () -> io.of("/").socketCount() == 1);
            io.close();
            assertThat(client.frame().opcode()).isEqualTo(RawClient.CLOSE);
            events.expectNext("out server shutting down");
            assertThat(rest.get("/rest").status()).isEqualTo(200);
            assertThat(rest.get(POLLING).status()).isEqualTo(503);
        }
    }

    @Test
    void refusesAPipelineThatDoesNotSpeakHttp() {
        var channel = new EmbeddedChannel();
        assertThatThrownBy(() -> attachment.addTo(channel.pipeline()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("the pipeline must have an HttpServerCodec");
        assertThatThrownBy(() -> attachment.withRequestTimeout(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("requestTimeout must be positive: PT0S");
        channel.finishAndReleaseAll();
    }
}
