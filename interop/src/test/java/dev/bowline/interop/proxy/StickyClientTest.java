package dev.bowline.interop.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.client.Manager;
import dev.bowline.client.ManagerBuilder;
import dev.bowline.client.Reconnection;
import dev.bowline.client.Socket;
import dev.bowline.core.engine.TransportName;
import dev.bowline.netty.NettyServer;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bowline's client before two servers that a real nginx or HAProxy tells apart by a cookie. */
@ParameterizedClass
@EnumSource(ReverseProxy.Kind.class)
class StickyClientTest {
    @TempDir
    private Path directory;

    private final ReverseProxy.Kind kind;
    private final List<AutoCloseable> open = new ArrayList<>();
    private final NettyServer[] servers = new NettyServer[2];
    private URI address = URI.create("http://localhost");

    StickyClientTest(ReverseProxy.Kind kind) {
        this.kind = kind;
    }

    @BeforeEach
    void start() {
        for (int i = 0; i < servers.length; i++) {
            servers[i] = serve("server" + i);
        }
        address =
                URI.create(opened(ReverseProxy.startWithCookies(kind, directory, servers[0].port(), servers[1].port()))
                        .address());
    }

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.add(resource);
        return resource;
    }

    private NettyServer serve(String name) {
        SocketIoServer io = SocketIoServer.create(ServerOptions.builder().build());
        io.onConnection(socket -> socket.onEvent("who", (args, ack) -> ack.send(name, args.get(0, Integer.class))));
        return opened(NettyServer.builder(io)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .bind());
    }

    private ManagerBuilder builder(String way) {
        return Manager.builder(address)
                .transports(Arrays.stream(TransportName.values())
                        .filter(each -> way.equals("upgrade") || each.text().equals(way))
                        .toArray(TransportName[]::new))
                .reconnection(
                        Reconnection.defaults().withDelay(Duration.ofMillis(20)).withMaxDelay(Duration.ofMillis(200)));
    }

    private static String ask(Socket socket, int number) throws Exception {
        return socket.emitWithAck("who", String.class, number).get(20, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"websocket", "polling", "upgrade"})
    void staysOnItsServerAndFindsItAgain(String way) throws Exception {
        List<String> seen = new ArrayList<>();
        for (int client = 0; client < 8; client++) {
            Manager manager = opened(builder(way).cookies(true).build());
            Socket socket = manager.socket().connect();
            String server = ask(socket, 0);
            for (int i = 1; i < 20; i++) {
                assertThat(ask(socket, i)).isEqualTo(server);
            }
            if (way.equals("upgrade")) {
                Eventually.await("the upgrade", () -> manager.transport().equals(Optional.of(TransportName.WEBSOCKET)));
                assertThat(ask(socket, 20)).isEqualTo(server);
            }
            manager.disconnect();
            Eventually.await("the end", () -> !socket.connected());
            manager.connect();
            assertThat(ask(socket, 21)).isEqualTo(server);
            seen.add(server);
        }
        if (kind == ReverseProxy.Kind.HAPROXY) {
            // nginx throws dice.
            assertThat(seen).contains("server0", "server1");
        }
    }

    @Test
    void findsTheOtherServerWhenItsOwnIsGone() throws Exception {
        Socket socket =
                opened(builder("upgrade").cookies(true).build()).socket().connect();
        var losses = new Recorder<String>();
        socket.onDisconnect(reason -> losses.accept(reason.text()));
        String server = ask(socket, 0);
        servers[server.equals("server0") ? 0 : 1].close();
        losses.next();
        String other = server.equals("server0") ? "server1" : "server0";
        assertThat(ask(socket, 1)).isEqualTo(other);
        assertThat(ask(socket, 2)).isEqualTo(other);
    }

    /** Why the option is there. */
    @Test
    void losesItsSessionWithoutCookies() throws Exception {
        var statuses = new Recorder<Integer>();
        Manager manager = opened(builder("polling").build());
        manager.onError(failure -> statuses.accept(failure.status().orElse(0)));
        manager.onOpen(() -> {
            for (int i = 0; i < 20; i++) {
                manager.socket().emit("who", i);
            }
        });
        manager.socket().connect();
        statuses.expectNext(400);
    }
}
