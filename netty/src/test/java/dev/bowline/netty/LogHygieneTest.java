package dev.bowline.netty;

import static dev.bowline.netty.RawClient.CLOSE;
import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.TEXT;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.server.ConnectionRefusedException;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import dev.bowline.server.transport.Cors;
import dev.bowline.testkit.Eventually;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What clients say stays out of the logs, at DEBUG and above: headers, queries, payloads, names that they choose, and
 * ids, which are keys to their sessions. What an application puts into its own exceptions is its own business.
 */
class LogHygieneTest {
    /** In whatever a client sends, so that it is found wherever it goes. */
    private static final String SECRET = "s3cr3t";

    private static final Logger ROOT = Logger.getLogger("");

    private final Queue<String> logged = new ConcurrentLinkedQueue<>();
    private final List<String> ids = new CopyOnWriteArrayList<>();
    private final Level levelBefore = ROOT.getLevel();
    private final Handler capture = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            if (entry.getLevel().intValue() >= Level.FINE.intValue()) {
                logged.add(entry.getLevel() + " " + entry.getLoggerName() + ": "
                        + new SimpleFormatter().formatMessage(entry) + trace(entry.getThrown()));
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    private static String trace(Throwable thrown) {
        var text = new StringWriter();
        if (thrown != null) {
            thrown.printStackTrace(new PrintWriter(text));
        }
        return text.toString();
    }

    /** Something of the application's that binds. */
    record Order(int number) {}

    /** Something whose keys clients choose. */
    record Scores(Map<String, Integer> byName) {}

    private final SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
            .cors(Cors.of("https://app.example.com"))
            .maxRoomNameLength(20)
            .maxAttachments(1)
            .build());
    private final NettyServer server = NettyServer.bind(io, 0);

    @BeforeEach
    void listen() {
        ROOT.setLevel(Level.FINE);
        ROOT.addHandler(capture);
        io.onConnection(this::serve);
        io.of("/refusing").use(socket -> {
            throw new ConnectionRefusedException("no");
        });
        io.of("/typed").use(socket -> socket.handshake().auth("token", Integer.class));
        io.of("/failing").use(socket -> {
            throw new IllegalStateException("the database is away");
        });
    }

    private void serve(Socket socket) {
        ids.add(socket.id());
        socket.on("number", Integer.class, number -> {});
        socket.on("order", Order.class, order -> {});
        socket.on("scores", Scores.class, scores -> {});
        socket.onRequest("ask", Order.class, Order::number);
        socket.on("join", String.class, socket::join);
        socket.onEvent("fail", (args, ack) -> {
            throw new IllegalStateException("the database is away");
        });
        socket.use((event, args) -> {
            if (event.equals("stopped")) {
                throw new IllegalStateException("not allowed");
            }
        });
        socket.onEvent("question", (args, ack) -> socket.emitWithAck("q", Integer.class));
    }

    @AfterEach
    void close() {
        ROOT.removeHandler(capture);
        ROOT.setLevel(levelBefore);
        server.close();
    }

    private static final String[] HEADERS = {
        "Authorization: Bearer " + SECRET, "Cookie: io=" + SECRET, "X-Forwarded-For: " + SECRET, "User-Agent: " + SECRET
    };

    private RawClient enter() {
        var client = new RawClient(server.port());
        client.upgrade(WEBSOCKET + "&token=" + SECRET, HEADERS);
        ids.add(RawClient.sid(client.nextText()));
        client.text("40{\"token\":\"" + SECRET + "\"}");
        client.nextText();
        return client;
    }

    /** Says something that ends the connection, or not. */
    private void says(String... frames) {
        try (RawClient client = enter()) {
            for (String frame : frames) {
                client.text(frame);
            }
            client.frame(true, CLOSE, (" " + (char) 3 + SECRET).getBytes(StandardCharsets.UTF_8));
            Eventually.await("the connection to end", client::isClosedByServer);
        }
    }

    private void requests(String request) {
        try (var client = new RawClient(server.port())) {
            client.send(request);
            client.send("\r\n\r\n");
            client.response();
        }
    }

    @Test
    void saysNothingOfWhatClientsSay() {
        // Requests that are refused, for every reason.
        requests(RawClient.request("GET", "/" + SECRET, HEADERS));
        requests(RawClient.request("GET", POLLING + "&sid=" + SECRET, HEADERS));
        requests(RawClient.request("GET", "/socket.io/?EIO=4&transport=" + SECRET, HEADERS));
        requests(RawClient.request("GET", "/socket.io/?EIO=" + SECRET + "&transport=polling", HEADERS));
        requests(RawClient.request("DELETE", POLLING + "&x=" + SECRET, HEADERS));
        requests("GET " + POLLING + " HTTP/1.1\r\n" + SECRET + " no header\r\n\r\n");
        requests("GET " + POLLING + " HTTP/1.1\r\nX: " + SECRET.repeat(4_000) + "\r\n\r\n");
        requests("GET " + POLLING + SECRET.repeat(2_000) + " HTTP/1.1\r\n\r\n");
        requests(SECRET + "\r\n\r\n");
        try (var client = new RawClient(server.port())) {
            client.upgrade(WEBSOCKET, "Origin: https://" + SECRET + ".example");
            assertThat(client.isClosedByServer()).isTrue();
        }
        // Polling, with bodies that cannot be read.
        for (String body :
                List.of("9" + SECRET, "4" + "9" + SECRET, "42[\"" + SECRET, "42[\"x\",{\"" + SECRET + "\":}]")) {
            String sid = RawClient.openPolling(server.port());
            ids.add(sid);
            try (var client = new RawClient(server.port())) {
                client.post(POLLING + "&sid=" + sid, body, HEADERS);
            }
        }
        // Namespaces, and what middlewares make of the payload.
        says("40/" + SECRET + ",{\"token\":\"" + SECRET + "\"}");
        says("40/refusing,{\"token\":\"" + SECRET + "\"}");
        says("40/typed,{\"token\":\"" + SECRET + "\"}");
        says("40/failing,{\"token\":\"" + SECRET + "\"}");
        // Events of a wrong type, under names of the client's, to handlers that fail.
        says("42[\"number\",\"" + SECRET + "\"]");
        says("42[\"number\",{\"" + SECRET + "\":1}]");
        says("42[\"order\",{\"number\":\"" + SECRET + "\"}]");
        says("42[\"order\",{\"" + SECRET + "\":1,\"number\":[\"" + SECRET + "\"]}]");
        says("42[\"scores\",{\"byName\":{\"" + SECRET + "\":\"x\"}}]");
        says("420[\"ask\",\"" + SECRET + "\"]");
        says("42[\"fail\",\"" + SECRET + "\"]");
        says("42[\"stopped\",\"" + SECRET + "\"]");
        says("42[\"" + SECRET + "\"]");
        says("42[\"join\",\"" + SECRET + "\"]");
        says("42[\"join\",\"" + SECRET.repeat(10) + "\"]");
        says("42[\"question\"]", "430[\"" + SECRET + "\"]");
        // What is no packet, or out of turn.
        for (String packet : List.of(
                "7" + SECRET,
                "4" + SECRET,
                "42" + SECRET,
                "42[\"" + SECRET,
                "42[\"connect\",\"" + SECRET + "\"]",
                "42/" + SECRET + ",[\"x\"]",
                "44\"" + SECRET + "\"",
                "452-[\"" + SECRET + "\"]",
                "451-[\"" + SECRET + "\",{\"_placeholder\":true,\"num\":9}]",
                "42[\"x\"," + "[".repeat(500) + "\"" + SECRET + "\"" + "]".repeat(500) + "]",
                "2" + SECRET)) {
            says(packet);
        }
        // What WebSocket forbids.
        for (int opcode : new int[] {3, 11, 9}) {
            try (RawClient client = enter()) {
                client.frame(false, opcode, SECRET.getBytes(StandardCharsets.UTF_8));
                assertThat(client.frame().opcode()).isEqualTo(CLOSE);
            }
        }
        try (RawClient client = enter()) {
            client.frame(true, TEXT, (SECRET + "\u00ff").getBytes(StandardCharsets.ISO_8859_1));
            assertThat(client.frame().opcode()).isEqualTo(CLOSE);
        }
        server.close();
        assertThat(logged)
                .as("the test hears something, at each level")
                .anyMatch(line -> line.contains("the database is away"))
                .anyMatch(line -> line.contains("Invalid packet: "))
                .anyMatch(line -> line.contains("Connection closed: "))
                .anyMatch(line -> line.contains("argument of the wrong type"));
        assertThat(logged)
                .filteredOn(line -> line.toLowerCase(java.util.Locale.ROOT).contains(SECRET))
                .isEmpty();
        for (String id : ids) {
            assertThat(logged).filteredOn(line -> line.contains(id)).isEmpty();
        }
    }
}
