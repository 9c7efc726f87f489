package dev.bowline.netty;

import static dev.bowline.netty.RawClient.CLOSE;
import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.TEXT;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static dev.bowline.netty.RawClient.postRequest;
import static dev.bowline.netty.RawClient.request;
import static dev.bowline.netty.RawClient.upgradeRequest;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.engine.TransportName;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Recorder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpServerCodec;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that do not wait for the answer to their upgrade: frames in one segment with the request, or soon after. */
class EarlyFramesTest {
    private final Recorder<String> events = new Recorder<>();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch verdict = new CountDownLatch(1);
    private @Nullable NettyServer server;

    private SocketIoServer listening(ServerOptions.Builder options) {
        SocketIoServer io = SocketIoServer.create(options.build());
        io.onConnection(socket -> {
            events.accept("in");
            socket.on("say", String.class, events);
        });
        return io;
    }

    private int start(ServerOptions.Builder options) {
        server = NettyServer.bind(listening(options), 0);
        return server.port();
    }

    /** One who is asked about each handshake, and takes his time. */
    private ServerOptions.Builder withAnUndecidedApplication() {
        return ServerOptions.builder().allowRequest(request -> {
            asked.countDown();
            try {
                verdict.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return Optional.empty();
        });
    }

    @AfterEach
    void close() {
        verdict.countDown();
        if (server != null) {
            server.close();
        }
    }

    private static byte[] together(String text, String... frames) {
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        for (String frame : frames) {
            bytes.writeBytes(RawClient.encode(true, TEXT, frame.getBytes(StandardCharsets.UTF_8)));
        }
        return bytes.toByteArray();
    }

    /** The client has asked to enter, and does so. */
    private void isIn(RawClient client) {
        assertThat(client.response().status()).isEqualTo(101);
        assertThat(client.nextText()).startsWith("0{\"sid\":");
        assertThat(client.nextText()).startsWith("40{\"sid\":");
        events.expectNext("in");
        client.text("42[\"say\",\"a\"]");
        events.expectNext("a");
        events.assertExhausted();
    }

    @Test
    void hearsWhatComesWithTheRequestOfANewSession() {
        try (var client = new RawClient(start(ServerOptions.builder()))) {
            client.send(together(upgradeRequest(WEBSOCKET), "40"));
            isIn(client);
        }
    }

    @Test
    void hearsWhatComesWithTheRequestOfAProbe() {
        int port = start(ServerOptions.builder());
        String sid = RawClient.openPolling(port);
        events.expectNext("in");
        try (var client = new RawClient(port)) {
            client.send(together(
                    upgradeRequest(WEBSOCKET + "&sid=" + sid),
                    "2probe",
                    "5",
                    "42[\"say\",\"a\"]",
                    "42[\"say\",\"b\"]"));
            assertThat(client.response().status()).isEqualTo(101);
            assertThat(client.nextText()).isEqualTo("3probe");
            events.expectNext("a");
            events.expectNext("b");
            client.text("42[\"say\",\"c\"]");
            events.expectNext("c");
        }
    }

    @Test
    void hearsItWhereverTheSegmentsEnd() {
        int port = start(ServerOptions.builder());
        byte[] all = together(upgradeRequest(WEBSOCKET), "40");
        for (int cut = all.length - 13; cut < all.length; cut++) {
            try (var client = new RawClient(port)) {
                client.send(Arrays.copyOf(all, cut)).send(Arrays.copyOfRange(all, cut, all.length));
                isIn(client);
            }
        }
        try (var client = new RawClient(port)) {
            for (byte b : all) {
                client.send(new byte[] {b});
            }
            isIn(client);
        }
    }

    @Test
    void keepsItUntilTheApplicationHasAllowedTheRequest() throws Exception {
        byte[] all = together(upgradeRequest(WEBSOCKET), "40");
        try (var client = new RawClient(start(withAnUndecidedApplication()))) {
            client.send(Arrays.copyOf(all, all.length - 3));
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            client.send(Arrays.copyOfRange(all, all.length - 3, all.length));
            verdict.countDown();
            isIn(client);
        }
    }

    @Test
    void keepsNoMoreOfItThanOfAHead() throws Exception {
        try (var client = new RawClient(start(withAnUndecidedApplication()))) {
            client.send(together(upgradeRequest(WEBSOCKET), "40"));
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            client.text("4" + "x".repeat(16 << 10));
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void hearsItBehindOtherRequests() {
        int port = start(ServerOptions.builder());
        try (var client = new RawClient(port)) {
            String session =
                    POLLING + "&sid=" + RawClient.sid(client.get(POLLING).body());
            client.send(
                    together(postRequest(session, "40") + request("GET", session) + upgradeRequest(WEBSOCKET), "40"));
            assertThat(client.response().body()).isEqualTo("ok");
            assertThat(client.response().body()).startsWith("40{");
            events.expectNext("in");
            isIn(client);
        }
    }

    @Test
    void readsHttpAgainWhereTheUpgradeIsRefusedAndTheLinkGoesOn() {
        int port = start(ServerOptions.builder().transports(TransportName.POLLING));
        try (var client = new RawClient(port)) {
            client.send(upgradeRequest(WEBSOCKET) + request("GET", POLLING));
            assertThat(client.response().body()).contains("Transport unknown");
            assertThat(client.response().body()).startsWith("0{");
        }
    }

    @Test
    void forgetsItWhereTheUpgradeIsRefused() {
        int port = start(ServerOptions.builder());
        try (var client = new RawClient(port)) {
            client.send(together(upgradeRequest(WEBSOCKET + "&sid=nobody"), "2probe"));
            assertThat(client.response().body()).isEqualTo("Session ID unknown");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void hearsItInAPipelineOfTheUsers() {
        isInBehind(() -> List.of(new HttpServerCodec(), new HttpObjectAggregator(100_000)));
        isInBehind(
                () -> List.of(new HttpRequestDecoder(), new HttpObjectAggregator(100_000), new HttpResponseEncoder()));
    }

    private void isInBehind(Supplier<List<ChannelHandler>> handlers) {
        SocketIoServer io = listening(ServerOptions.builder());
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            Channel port = new ServerBootstrap()
                    .group(loops)
                    .channel(NioServerSocketChannel.class)
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel link) {
                            handlers.get().forEach(link.pipeline()::addLast);
                            NettyAttachment.of(io).addTo(link.pipeline());
                        }
                    })
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .syncUninterruptibly()
                    .channel();
            try (var client = new RawClient(((InetSocketAddress) port.localAddress()).getPort())) {
                client.send(together(upgradeRequest(WEBSOCKET), "40"));
                isIn(client);
                client.frame(true, CLOSE, new byte[0]);
                assertThat(client.frame().opcode()).isEqualTo(CLOSE);
            }
        } finally {
            io.close();
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }
}
