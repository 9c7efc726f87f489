package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.NettyServer;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.FaultProxy;
import dev.bowline.testkit.Recorder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same incident seen from both ends, Bowline's server and the official JavaScript client of Socket.IO 2: the reason
 * that each is told, and whether the client comes back, under another id.
 */
@ParameterizedClass
@ValueSource(strings = {"websocket", "polling", "upgrade"})
class OldJsIncidentTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    @Parameter
    @SuppressWarnings("NullAway.Init")
    private String transport;

    private final Recorder<Socket> arrivals = new Recorder<>(DEADLINE);
    private final Recorder<String> departures = new Recorder<>(DEADLINE);
    private final Recorder<String> settled = new Recorder<>(DEADLINE);

    @SuppressWarnings("NullAway.Init")
    private NettyServer http;

    @SuppressWarnings("NullAway.Init")
    private NodeProcess client;

    @BeforeEach
    void start() {
        http = serve(25_000, 20_000, 0);
        client = NodeProcess.start("old-client.mjs", address(http.port()), transport);
        client.awaitLine("ready"::equals);
    }

    @AfterEach
    void stop() {
        client.close();
        http.close();
    }

    private NettyServer serve(long interval, long timeout, int port) {
        SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
                .allowEIO3(true)
                .pingInterval(Duration.ofMillis(interval))
                .pingTimeout(Duration.ofMillis(timeout))
                .build());
        io.onConnection(socket -> {
            socket.onDisconnect(reason -> departures.accept(socket.id() + " " + reason.text()));
            socket.onEvent("who am I", (args, ack) -> ack.send(socket.id()));
            socket.onEvent("settled", (args, ack) -> settled.accept(socket.id()));
            arrivals.accept(socket);
        });
        return NettyServer.bind(io, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    private static String address(int port) {
        return "http://127.0.0.1:" + port;
    }

    /** The client connects, and has nothing more to do then; if it polls, its poll is at the server. */
    private Socket begin(String url) {
        client.say("begin {\"url\":\"" + url + "\"}");
        Socket socket = arrived();
        client.say("settle");
        settled.await(socket.id()::equals);
        return socket;
    }

    private Socket begin() {
        return begin(address(http.port()));
    }

    private Socket arrived() {
        String id = client.awaitLine("connect ").substring("connect ".length());
        return arrivals.await(socket -> socket.id().equals(id));
    }

    private void serverSees(Socket socket, String reason) {
        assertThat(departures.await(told -> told.startsWith(socket.id() + " "))).isEqualTo(socket.id() + " " + reason);
    }

    private void clientSees(String reason) {
        assertThat(client.awaitLine("disconnect ")).isEqualTo("disconnect " + reason);
    }

    private void isBack(Socket before) {
        assertThat(arrived().id()).isNotEqualTo(before.id());
    }

    private void staysAway() {
        assertThat(client.lines()).doesNotContain("attempt");
    }

    @Test
    void theClientsGoodbyeIsFinal() {
        Socket socket = begin();
        client.say("disconnect");
        serverSees(socket, "client namespace disconnect");
        clientSees("io client disconnect");
        staysAway();
    }

    @Test
    void theServersGoodbyeIsFinal() {
        Socket socket = begin();
        socket.disconnect();
        serverSees(socket, "server namespace disconnect");
        clientSees("io server disconnect");
        staysAway();
    }

    @Test
    void theServersGoodbyeThatClosesTheConnectionIsFinal() {
        Socket socket = begin();
        socket.disconnect(true);
        serverSees(socket, "server namespace disconnect");
        clientSees("io server disconnect");
    }

    @Test
    void aLinkThatIsCutIsTakenUpAgain() {
        try (FaultProxy proxy = FaultProxy.to(http.address()).start()) {
            Socket socket = begin(proxy.uri().toString());
            proxy.existing().reset();
            String reason = transport.equals("polling") ? "transport error" : "transport close";
            serverSees(socket, reason);
            clientSees(reason);
            isBack(socket);
        }
    }

    @Test
    void aBadSocketIoPacketOfTheClientEndsTheConnection() {
        Socket socket = begin();
        client.say("badSocketPacket");
        serverSees(socket, "forced close");
        clientSees("transport close");
        isBack(socket);
    }

    @Test
    void aBadEngineIoPacketOfTheClientEndsTheConnection() {
        Socket socket = begin();
        client.say("badEnginePacket");
        serverSees(socket, "parse error");
        clientSees("transport close");
        isBack(socket);
    }

    @Test
    void aClientThatDoesNotPingIsGivenUp() {
        http.close();
        http = serve(300, 200, http.port());
        Socket socket = begin();
        client.say("dropPings");
        serverSees(socket, "ping timeout");
        clientSees("transport close");
        isBack(socket);
    }

    @Test
    void aServerThatClosesIsFoundAgain() {
        Socket socket = begin();
        int port = http.port();
        http.close();
        serverSees(socket, "server shutting down");
        clientSees("transport close");
        client.awaitLine("attempt");
        http = serve(25_000, 20_000, port);
        isBack(socket);
    }
}
