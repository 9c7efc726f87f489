package dev.bowline.netty;

import static dev.bowline.netty.RawClient.CLOSE;
import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.server.Dispatch;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import dev.bowline.testkit.ThreadLeaks;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.ReferenceCountUtil;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Opening, closing, and what is left afterwards. */
class NettyServerTest {
    private final Recorder<String> events = new Recorder<>();

    /** Without what Netty and the JDK keep for the whole process: a timer thread, carriers of virtual threads. */
    private static ThreadLeaks snapshot() {
        return ThreadLeaks.snapshot().ignoring("globalEventExecutor").ignoring("ForkJoinPool-1-worker-");
    }

    @Test
    void saysWhichPortIsTaken() {
        ThreadLeaks threads = snapshot();
        try (SocketIoServer io = SocketIoServer.create();
                SocketIoServer other = SocketIoServer.create();
                NettyServer server = NettyServer.bind(io, 0)) {
            assertThatThrownBy(() -> NettyServer.bind(other, server.port()).close())
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("cannot listen on")
                    .hasMessageContaining(String.valueOf(server.port()));
        }
        threads.assertNone();
    }

    @Test
    void leavesNothingWhenItIsClosed() {
        ThreadLeaks threads = snapshot();
        SocketIoServer io = SocketIoServer.create();
        io.onConnection(socket -> {
            socket.join("r");
            socket.onDisconnect(reason -> events.accept("out " + reason));
        });
        NettyServer server = NettyServer.bind(io, 0);
        String sid = RawClient.openPolling(server.port());
        String idle = RawClient.openPolling(server.port());
        assertThat(idle).isNotEqualTo(sid);
        try (RawClient poll = new RawClient(server.port());
                RawClient websocket = RawClient.enter(server.port())) {
            poll.send(request("GET", POLLING + "&sid=" + sid));
            Eventually.await("three to be in", () -> io.of("/").socketCount() == 3);
            Eventually.await("the poll to be held", () -> RawClient.isPollHeld(io, sid));
            server.close();
            assertThat(websocket.frame().opcode()).isEqualTo(CLOSE);
            for (int i = 0; i < 3; i++) {
                events.expectNext("out server shutting down");
            }
            assertThat(poll.response().body()).isEqualTo("1");
        }
        assertThat(io.connectionCount()).isZero();
        assertThat(io.of("/").sockets()).isEmpty();
        server.close();
        threads.assertNone();
    }

    /** Often, because Netty forgets a link only if its loop hears of the end in a certain moment. */
    @Test
    void closesEveryLinkHoweverTheLoopsEnd() {
        for (int time = 0; time < 300; time++) {
            NettyServer server = NettyServer.bind(SocketIoServer.create(), 0);
            try (RawClient link = RawClient.enter(server.port())) {
                server.close();
                assertThat(link.frame().opcode()).isEqualTo(CLOSE);
                assertThat(link.isClosedByServer())
                        .as("closed in round " + time)
                        .isTrue();
            }
        }
    }

    @Test
    void refusesToBeClosedFromItsOwnLoop() {
        SocketIoServer io = SocketIoServer.create(
                ServerOptions.builder().dispatch(Dispatch.onEventLoop()).build());
        try (NettyServer server = NettyServer.bind(io, 0)) {
            io.onConnection(socket -> {
                try {
                    server.close();
                } catch (IllegalStateException refused) {
                    events.accept(String.valueOf(refused.getMessage()));
                }
            });
            RawClient.enter(server.port()).close();
            events.expectNext("the server cannot be closed on one of its own event loops");
        }
    }

    @Test
    void closesAnHttpConnectionThatAsksNothing() {
        try (SocketIoServer io = SocketIoServer.create()) {
            EmbeddedChannel channel = link(io);
            channel.freezeTime();
            channel.advanceTimeBy(59, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
            write(channel, request("GET", "/socket.io/?EIO=4&transport=abc"));
            channel.advanceTimeBy(59, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
            write(channel, "GET /socket.io/?EIO=4&tran");
            assertThat(channel.isOpen()).isTrue();
            channel.advanceTimeBy(1, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
            assertThat(channel.isOpen()).isFalse();
            channel.finishAndReleaseAll();
        }
    }

    @Test
    void keepsAnHttpConnectionThatIsOwedAnAnswer() {
        try (SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
                .pingInterval(java.time.Duration.ofMinutes(10))
                .connectTimeout(java.time.Duration.ofMinutes(10))
                .build())) {
            EmbeddedChannel channel = link(io);
            channel.freezeTime();
            write(channel, request("GET", POLLING));
            String sid = RawClient.sid(read(channel));
            write(channel, request("GET", POLLING + "&sid=" + sid));
            for (int i = 0; i < 5; i++) {
                channel.advanceTimeBy(60, TimeUnit.SECONDS);
                channel.runScheduledPendingTasks();
                assertThat(channel.isOpen()).isTrue();
            }
            channel.finishAndReleaseAll();
        }
    }

    private static EmbeddedChannel link(SocketIoServer io) {
        var gate = new UpgradeGate();
        return new EmbeddedChannel(
                gate, new HttpServerCodec(), new HttpRouter(HttpSettings.defaults(io.engine()), gate));
    }

    private static void write(EmbeddedChannel channel, String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
        channel.runPendingTasks();
    }

    private static String read(EmbeddedChannel channel) {
        var text = new StringBuilder();
        for (Object part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            if (part instanceof ByteBuf buffer) {
                text.append(buffer.toString(StandardCharsets.UTF_8));
            }
            ReferenceCountUtil.release(part);
        }
        return text.toString();
    }

    @Test
    void findsBuffersThatLeak() {
        leak();
        StringBuilder found = new StringBuilder();
        Eventually.await("the leak to be reported", () -> {
            found.append(LeakCheck.leaks());
            return found.length() > 0;
        });
    }

    @SuppressWarnings("CheckReturnValue")
    private static void leak() {
        io.netty.buffer.ByteBufAllocator.DEFAULT.buffer(64).writeByte(1);
    }
}
