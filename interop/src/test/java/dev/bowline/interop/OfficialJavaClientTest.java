package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.NettyServer;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.FaultProxy;
import dev.bowline.testkit.Recorder;
import io.socket.client.Ack;
import io.socket.client.IO;
import io.socket.client.Manager;
import io.socket.client.Socket;
import io.socket.emitter.Emitter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import okhttp3.OkHttpClient;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The official Java client talks to Bowline's server, over each transport. */
@ParameterizedClass
@ValueSource(strings = {"websocket", "polling", "upgrade"})
class OfficialJavaClientTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    /** Where a loss is found by silence alone. */
    private static final ServerOptions HURRIED = ServerOptions.builder()
            .pingInterval(Duration.ofSeconds(1))
            .pingTimeout(Duration.ofSeconds(2))
            .build();

    @Parameter
    @SuppressWarnings("NullAway.Init")
    private String transport;

    private final Recorder<String> departures = new Recorder<>(DEADLINE);
    private final List<Socket> sockets = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private SocketIoServer server;

    @SuppressWarnings("NullAway.Init")
    private NettyServer http;

    @BeforeEach
    void start() {
        serve(0, ServerOptions.defaults());
    }

    @AfterEach
    void stop() {
        sockets.forEach(Socket::disconnect);
        http.close();
    }

    /** Once more, in another manner, before any client has come. */
    private void restart(ServerOptions options) {
        http.close();
        serve(http.port(), options);
    }

    private void serve(int port, ServerOptions options) {
        server = TalkingServer.create(options);
        server.onConnection(
                socket -> socket.onDisconnect(reason -> departures.accept(socket.id() + " " + reason.text())));
        http = NettyServer.bind(server, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    // ---- The client -----------------------------------------------------------------------------

    /** A socket that has not been connected. Each has an HTTP client of its own: one has but five calls for a host. */
    private Socket socket(URI address, String namespace, Map<String, String> auth) {
        IO.Options options = IO.Options.builder()
                .setTransports(
                        transport.equals("upgrade") ? new String[] {"polling", "websocket"} : new String[] {transport})
                .setForceNew(true)
                .setReconnectionDelay(50)
                .setReconnectionDelayMax(200)
                .setAuth(auth)
                .build();
        var client = new OkHttpClient.Builder().readTimeout(DEADLINE).build();
        options.callFactory = client;
        options.webSocketFactory = client;
        Socket socket = IO.socket(address.resolve(namespace), options);
        sockets.add(socket);
        return socket;
    }

    private Socket socket(String namespace, Map<String, String> auth) {
        return socket(URI.create("http://127.0.0.1:" + http.port()), namespace, auth);
    }

    /** Connects, and waits until the transport is settled. */
    private Socket connected(Socket socket) {
        Recorder<Object[]> connects = heard(socket, Socket.EVENT_CONNECT);
        Recorder<Object[]> upgrades = new Recorder<>(DEADLINE);
        socket.io()
                .on(
                        Manager.EVENT_OPEN,
                        args -> engine(socket).once(io.socket.engineio.client.Socket.EVENT_UPGRADE, upgrades::accept));
        socket.connect();
        connects.next();
        if (transport.equals("upgrade")) {
            upgrades.next();
        }
        return socket;
    }

    private Socket connected() {
        return connected(socket("/", Map.of()));
    }

    private static io.socket.engineio.client.Socket engine(Socket socket) {
        try {
            var field = Manager.class.getDeclaredField("engine");
            field.setAccessible(true);
            return (io.socket.engineio.client.Socket) field.get(socket.io());
        } catch (ReflectiveOperationException changed) {
            throw new LinkageError("another client than expected", changed);
        }
    }

    private static Recorder<Object[]> heard(Emitter emitter, String event) {
        Recorder<Object[]> recorder = new Recorder<>(DEADLINE);
        emitter.on(event, recorder::accept);
        return recorder;
    }

    private static Object[] ask(Socket socket, String event, Object... args) {
        Recorder<Object[]> answers = new Recorder<>(DEADLINE);
        socket.emit(event, args, (Ack) answers::accept);
        return answers.next();
    }

    // ---- Talking --------------------------------------------------------------------------------

    @Test
    void severalTypedArguments() throws Exception {
        Socket socket = connected();
        Recorder<Object[]> orders = heard(socket, "order");
        var extras = new JSONObject()
                .put("milk", true)
                .put("price", 1.5)
                .put("notes", new JSONArray(List.of("hot", "안녕 🚢")));
        socket.emit("order", "tea", 3, extras, JSONObject.NULL, false);
        Object[] order = orders.next();
        assertThat(order[0]).isEqualTo("tea×3");
        assertThat(order[1]).isEqualTo(6);
        assertThat(((JSONObject) order[2]).getDouble("price")).isEqualTo(3);
        assertThat(((JSONObject) order[2]).getJSONArray("notes").getString(2)).isEqualTo("thanks");
        assertThat(order[3]).isNull();
        assertThat(order[4]).isEqualTo(true);
    }

    @Test
    void binaryNestedAnywhereBothWays() throws Exception {
        Socket socket = connected();
        Recorder<Object[]> reversed = heard(socket, "reversed");
        socket.emit("reverse", new JSONObject().put("deep", new JSONObject().put("data", new byte[] {1, 2, 3})));
        var back = (JSONObject) reversed.next()[0];
        assertThat((byte[]) back.getJSONObject("deep").get("data")).containsExactly(3, 2, 1);
        Object[] echo = ask(socket, "echo", new byte[] {0, -1}, "between", new byte[0]);
        assertThat((byte[]) echo[0]).containsExactly(0, -1);
        assertThat(echo[1]).isEqualTo("between");
        assertThat((byte[]) echo[2]).isEmpty();
    }

    @Test
    void acknowledgementsGoBothWays() {
        Socket socket = connected();
        assertThat(ask(socket, "add", 2, 40)).containsExactly(42);
        socket.on("question", args -> ((Ack) args[args.length - 1]).call("you asked " + args[0]));
        assertThat(ask(socket, "ask me", 10_000, "why")).containsExactly("you asked why");
        socket.off("question");
        assertThat(ask(socket, "ask me", 50, "why")).containsExactly("timed out");
    }

    @Test
    void aBinaryBroadcastReachesTheMembersOfARoom() throws Exception {
        List<Socket> members = List.of(connected(), connected());
        for (Socket member : members) {
            assertThat(ask(member, "join", "gallery")).containsExactly(true);
        }
        Recorder<Object[]> outside = heard(connected(), "picture");
        List<Recorder<Object[]>> pictures =
                members.stream().map(member -> heard(member, "picture")).toList();
        var picture = new JSONObject()
                .put("name", "ä.png")
                .put("data", new byte[] {(byte) 137, 80})
                .put("more", new JSONArray(Arrays.asList(new byte[] {1}, new byte[] {2})));
        members.get(0).emit("show", "gallery", "picture", picture);
        for (Recorder<Object[]> each : pictures) {
            var received = (JSONObject) each.next()[0];
            assertThat(received.getString("name")).isEqualTo("ä.png");
            assertThat((byte[]) received.get("data")).containsExactly((byte) 137, 80);
            assertThat((byte[]) received.getJSONArray("more").get(1)).containsExactly(2);
        }
        assertThat(ask(sockets.get(2), "add", 1, 1)).containsExactly(2);
        outside.assertExhausted();
    }

    @Test
    void aHundredMessagesKeepTheirOrderFromTheFirstOn() {
        Socket socket = socket("/", Map.of());
        Recorder<Object[]> counted = heard(socket, "counted");
        socket.connect();
        for (int n = 0; n < 100; n++) {
            socket.emit("count", n);
        }
        for (int n = 0; n < 100; n++) {
            assertThat(counted.next()).containsExactly(n);
        }
    }

    // ---- Letting in -----------------------------------------------------------------------------

    @Test
    void theServerSeesTheAuth() throws Exception {
        Socket socket = connected(socket("/talk", Map.of("token", "s3cret & ü")));
        var auth = (JSONObject) ask(socket, "auth")[0];
        assertThat(auth.getString("token")).isEqualTo("s3cret & ü");
        assertThat(socket.id()).isEqualTo(ask(socket, "who am I")[0]);
    }

    @Test
    void aMiddlewareRefusesWithMessageAndData() throws Exception {
        Socket socket = socket("/guarded", Map.of("token", "wrong"));
        Recorder<Object[]> errors = heard(socket, Socket.EVENT_CONNECT_ERROR);
        socket.connect();
        var error = (JSONObject) errors.next()[0];
        assertThat(error.getString("message")).isEqualTo("not you");
        assertThat(error.getJSONObject("data").getInt("code")).isEqualTo(4711);
        assertThat(socket.connected()).isFalse();
        assertThat(connected(socket("/guarded", Map.of("token", "right"))).connected())
                .isTrue();
    }

    @Test
    void anUnknownNamespaceIsAConnectError() throws Exception {
        Socket socket = socket("/nowhere", Map.of());
        Recorder<Object[]> errors = heard(socket, Socket.EVENT_CONNECT_ERROR);
        socket.connect();
        assertThat(((JSONObject) errors.next()[0]).getString("message")).isEqualTo("Invalid namespace");
    }

    // ---- Ends -----------------------------------------------------------------------------------

    private void serverSees(String id, String reason) {
        assertThat(departures.await(told -> told.startsWith(id + " "))).isEqualTo(id + " " + reason);
    }

    @Test
    void theClientsGoodbyeIsFinal() {
        Socket socket = connected();
        String id = socket.id();
        Recorder<Object[]> losses = heard(socket, Socket.EVENT_DISCONNECT);
        socket.disconnect();
        assertThat(losses.next()).containsExactly("io client disconnect");
        serverSees(id, "client namespace disconnect");
    }

    @Test
    void theServersGoodbyeIsFinal() {
        Socket socket = connected();
        String id = socket.id();
        Recorder<Object[]> losses = heard(socket, Socket.EVENT_DISCONNECT);
        Recorder<Object[]> attempts = heard(socket.io(), Manager.EVENT_RECONNECT_ATTEMPT);
        server.of("/").socket(id).orElseThrow().disconnect();
        assertThat(losses.next()).containsExactly("io server disconnect");
        serverSees(id, "server namespace disconnect");
        attempts.assertExhausted();
    }

    @Test
    void aLinkThatIsCutIsTakenUpAgainUnderANewId() {
        restart(HURRIED);
        try (FaultProxy proxy = FaultProxy.to(http.address()).start()) {
            Socket socket = connected(socket(proxy.uri(), "/", Map.of()));
            String id = socket.id();
            assertThat(ask(socket, "who am I")).containsExactly(id); // the server has seen the end of the upgrade
            Recorder<Object[]> losses = heard(socket, Socket.EVENT_DISCONNECT);
            Recorder<Object[]> returns = heard(socket, Socket.EVENT_CONNECT);
            // Between two polls there is no link to cut: until both ends have seen a loss, another cut may be needed.
            Eventually.await("both ends to see the loss", () -> {
                if (losses.all().isEmpty()) {
                    proxy.existing().reset();
                }
                return !losses.all().isEmpty();
            });
            returns.next();
            assertThat(socket.id()).isNotEqualTo(id);
            assertThat(ask(socket, "who am I")).containsExactly(socket.id());
            // A polling client whose one request is cut may still say goodbye with another; and one that was cut
            // between two polls has left nothing at the server by which that could notice, but its silence.
            assertThat(losses.next()[0]).isIn("transport close", "transport error");
            String told = departures.await(departure -> departure.startsWith(id + " "));
            if (transport.equals("polling")) {
                assertThat(told).isIn(id + " transport close", id + " transport error", id + " ping timeout");
            } else {
                assertThat(told).isIn(id + " transport close", id + " transport error");
            }
        }
    }

    /** Over WebSocket, OkHttp reads no more after a close frame, which the client does not hear: it misses the pings. */
    @Test
    void aServerThatClosesIsFoundAgain() {
        restart(HURRIED);
        Socket socket = connected();
        String id = socket.id();
        Recorder<Object[]> losses = heard(socket, Socket.EVENT_DISCONNECT);
        Recorder<Object[]> returns = heard(socket, Socket.EVENT_CONNECT);
        int port = http.port();
        http.close();
        serverSees(id, "server shutting down");
        if (transport.equals("polling")) {
            assertThat(losses.next()[0]).isIn("transport close", "transport error"); // told, or between two polls
        } else {
            assertThat(losses.next()).containsExactly("ping timeout");
        }
        serve(port, HURRIED);
        returns.next();
        assertThat(socket.id()).isNotEqualTo(id);
    }
}
