package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.bowline.netty.NettyServer;
import dev.bowline.server.ConnectionRefusedException;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.FaultProxy;
import dev.bowline.testkit.Recorder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The same incident seen from both ends, Bowline's server and the official JavaScript client: the reason that each is
 * told, and whether the client comes back. As between the official client and the official server.
 */
@ParameterizedClass
@ValueSource(strings = {"websocket", "polling", "upgrade"})
class JsIncidentTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    @Parameter
    @SuppressWarnings("NullAway.Init")
    private String transport;

    private final Recorder<Socket> arrivals = new Recorder<>(DEADLINE);
    private final Recorder<String> departures = new Recorder<>(DEADLINE);
    private final Recorder<String> settled = new Recorder<>(DEADLINE);
    private final List<AutoCloseable> open = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private NettyServer http;

    @SuppressWarnings("NullAway.Init")
    private NodeProcess client;

    @BeforeEach
    void start() {
        http = serve(25_000, 20_000, 0);
        client = NodeProcess.start("js-client.mjs", address(http.port()), transport);
        client.awaitLine("ready"::equals);
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        http.close();
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private NettyServer serve(long interval, long timeout, int port) {
        SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
                .pingInterval(Duration.ofMillis(interval))
                .pingTimeout(Duration.ofMillis(timeout))
                .build());
        io.onConnection(socket -> {
            socket.onDisconnect(reason -> departures.accept(socket.id() + " " + reason.text()));
            socket.onEvent("settled", (args, ack) -> settled.accept(socket.id()));
            arrivals.accept(socket);
        });
        io.of("/guarded").use(socket -> {
            throw new ConnectionRefusedException("not you");
        });
        return NettyServer.bind(io, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    /** Heartbeats in hundreds of milliseconds, for the incidents that only they tell. */
    private void hurry() {
        http.close();
        http = serve(300, 200, http.port());
    }

    private static String address(int port) {
        return "http://127.0.0.1:" + port;
    }

    private boolean overWebSocket() {
        return !transport.equals("polling");
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

    /** What the client says of its loss. */
    private JsonNode clientLost() {
        return JsonMapper.shared().readTree(client.awaitLine("disconnect ").substring("disconnect ".length()));
    }

    private void clientSees(String reason, boolean comesBack) {
        JsonNode lost = clientLost();
        assertThat(lost.path("reason").asString()).isEqualTo(reason);
        assertThat(lost.path("active").booleanValue()).as("comes back").isEqualTo(comesBack);
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
        clientSees("io client disconnect", false);
        staysAway();
    }

    @Test
    void theServersGoodbyeIsFinal() {
        Socket socket = begin();
        socket.disconnect();
        serverSees(socket, "server namespace disconnect");
        clientSees("io server disconnect", false);
        staysAway();
    }

    @Test
    void theServersGoodbyeThatClosesTheConnectionIsFinal() {
        Socket socket = begin();
        socket.disconnect(true);
        serverSees(socket, "server namespace disconnect");
        clientSees("io server disconnect", false);
        staysAway();
    }

    @Test
    void aRefusalIsAnErrorAndFinal() {
        client.say("begin {\"namespace\":\"/guarded\",\"url\":\"" + address(http.port()) + "\"}");
        assertThat(client.awaitLine("connect_error "))
                .isEqualTo("connect_error {\"message\":\"not you\",\"active\":false}");
        assertThat(arrivals.all()).isEmpty();
        staysAway();
    }

    @Test
    void aLinkThatIsCutIsTakenUpAgain() {
        FaultProxy proxy = FaultProxy.to(http.address()).start();
        open.add(proxy);
        Socket socket = begin(proxy.uri().toString());
        proxy.existing().reset();
        String reason = overWebSocket() ? "transport close" : "transport error";
        serverSees(socket, reason);
        clientSees(reason, true);
        isBack(socket);
    }

    @Test
    void aBadSocketIoPacketOfTheClientEndsTheConnection() {
        Socket socket = begin();
        client.say("badSocketPacket");
        serverSees(socket, "forced close");
        clientSees("transport close", true);
        isBack(socket);
    }

    @Test
    void aBadEngineIoPacketOfTheClientEndsTheConnection() {
        Socket socket = begin();
        client.say("badEnginePacket");
        serverSees(socket, "parse error");
        clientSees("transport close", true);
        isBack(socket);
    }

    @Test
    void aBadSocketIoPacketOfTheServerEndsTheConnection() throws IOException {
        var meddler = new Meddler(http.address(), "42[\"spoil me\"]", "49[\"spoil me\"]");
        open.add(meddler);
        Socket socket = begin(address(meddler.port()));
        socket.emit("spoil me");
        serverSees(socket, "transport close");
        clientSees("parse error", true);
        isBack(socket);
    }

    @Test
    void aClientThatDoesNotAnswerPingsIsGivenUp() {
        hurry();
        Socket socket = begin();
        client.say("dropPongs");
        serverSees(socket, "ping timeout");
        clientSees("transport close", true);
        isBack(socket);
    }

    @Test
    void aServerThatIsNotHeardToPingIsGivenUp() {
        hurry();
        Socket socket = begin();
        client.say("overhearPings");
        serverSees(socket, "transport close");
        clientSees("ping timeout", true);
        isBack(socket);
    }

    @Test
    void aServerThatClosesIsFoundAgain() {
        Socket socket = begin();
        int port = http.port();
        http.close();
        serverSees(socket, "server shutting down");
        clientSees("transport close", true);
        client.awaitLine("attempt");
        http = serve(25_000, 20_000, port);
        isBack(socket);
    }

    @Test
    void aSessionThatTheServerDoesNotKnowIsBegunAnew() {
        assumeFalse(overWebSocket(), "a WebSocket belongs to one server for as long as it lives");
        hurry();
        Socket socket = begin();
        client.say("forgetSession");
        JsonNode lost = clientLost();
        assertThat(lost.path("reason").asString()).isEqualTo("transport error");
        assertThat(lost.path("status").asInt()).isEqualTo(400);
        assertThat(lost.path("active").booleanValue()).isTrue();
        isBack(socket);
        serverSees(socket, "ping timeout");
    }
}
