package dev.bowline.netty;

import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.OutboundPolicy;
import dev.bowline.core.engine.PollingBody;
import dev.bowline.core.engine.ProtocolRevision;
import dev.bowline.core.engine.SessionSettings;
import dev.bowline.core.engine.TransportName;
import dev.bowline.core.packet.Args;
import dev.bowline.server.ConnectionRefusedException;
import dev.bowline.server.Dispatch;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import dev.bowline.server.transport.EngineConnection;
import dev.bowline.testkit.Eventually;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A client that talks to a live server over real links, each word of which is also said to a {@link
 * ConversationModel}; what the two make of it must be the same.
 *
 * <p>After each word it waits until the server has done all that it leads to: what was asked of the session's loop
 * has run, and a WebSocket has answered two pings, of which the second came in a turn of its own.
 */
final class Conversation implements AutoCloseable {
    static final int MAX_PAYLOAD = 2_000;

    /** From CONNECT to the welcome that is written it takes five. */
    private static final int MOST_IN_A_ROW = 10;

    private static final Duration NEVER = Duration.ofDays(20);
    private static final Pattern ANY_SID = Pattern.compile("\"sid\":\"[\\w-]{20}\"");
    private static final String SID = "\"sid\":\"" + ConversationModel.SID + "\"";

    /** A server that all conversations of a class have, one after the other. */
    static final class Server implements AutoCloseable {
        private final SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
                .pingInterval(NEVER)
                .pingTimeout(NEVER)
                .upgradeTimeout(NEVER)
                .connectTimeout(NEVER)
                .maxHttpBufferSize(MAX_PAYLOAD)
                .allowEIO3(true)
                .dispatch(Dispatch.onEventLoop())
                .build());
        private final NettyServer netty = NettyServer.bind(io, 0);
        private final Queue<String> goodbyes = new ConcurrentLinkedQueue<>();

        Server() {
            io.of(ConversationModel.CLOSED).use(socket -> {
                throw new ConnectionRefusedException("closed");
            });
            io.onConnection(this::welcome);
            io.of(ConversationModel.OTHER).onConnection(this::welcome);
        }

        private void welcome(Socket socket) {
            socket.onEvent("echo", (args, ack) -> {
                socket.emit("echoed", nodes(args));
                ack.send(nodes(args));
            });
            socket.onDisconnect(reason -> goodbyes.add(socket.namespace().name() + ": " + reason.text()));
            socket.emit("welcome");
        }

        @Override
        public void close() {
            netty.close();
        }
    }

    static Object[] nodes(Args args) {
        Object[] nodes = new Object[args.size()];
        for (int i = 0; i < nodes.length; i++) {
            nodes[i] = args.node(i);
        }
        return nodes;
    }

    static String text(boolean binary, Bytes content) {
        return binary ? HexFormat.of().formatHex(content.toByteArray()) : content.utf8();
    }

    private static String anonymous(String text) {
        return ANY_SID.matcher(text).replaceAll(SID);
    }

    private final Server server;
    private final ProtocolRevision revision;
    private final int port;
    private final ConversationModel model;
    private final String path;
    private final EngineConnection connection;
    private final List<String> said = new ArrayList<>();
    private @Nullable RawClient heldPoll;
    private boolean polledLate;
    private @Nullable RawClient link;
    private @Nullable RawClient probe;

    Conversation(Server server, ProtocolRevision revision, TransportName first) {
        this.server = server;
        this.revision = revision;
        this.port = server.netty.port();
        server.goodbyes.clear();
        model = new ConversationModel(
                revision,
                new SessionSettings(NEVER, NEVER, NEVER, MAX_PAYLOAD, 1 << 20, OutboundPolicy.CLOSE, NEVER),
                first);
        String handshake;
        if (first == TransportName.POLLING) {
            try (var client = new RawClient(port)) {
                handshake = client.get(inRevision(POLLING)).body();
            }
            assertThat(anonymous(handshake)).isEqualTo(model.pollAnswer);
            model.pollAnswer = null;
        } else {
            link = new RawClient(port);
            link.upgrade(inRevision(WEBSOCKET));
            handshake = link.nextText();
            assertThat(anonymous(handshake)).isEqualTo(model.frames.remove(0));
        }
        String sid = RawClient.sid(handshake);
        path = inRevision(POLLING) + "&sid=" + sid;
        connection = server.io.engine().find(sid).orElseThrow();
        compare();
    }

    private String inRevision(String target) {
        return revision == ProtocolRevision.V4 ? target : target.replace("EIO=4", "EIO=3");
    }

    /** What was said so far, for whoever has to find out why. */
    @Override
    public String toString() {
        return String.join("\n", said);
    }

    /** Enters two namespaces. */
    void enter() {
        if (link != null) {
            if (revision == ProtocolRevision.V4) {
                frame(false, "40".getBytes(StandardCharsets.UTF_8));
            }
            frame(false, "40/other,".getBytes(StandardCharsets.UTF_8));
        } else {
            String body = revision == ProtocolRevision.V4 ? "40\u001e40/other," : "13:40/other?a=b,";
            post(PollingBody.text(Bytes.utf8(body)));
        }
    }

    // ---- Polling --------------------------------------------------------------------------------

    void poll() {
        said.add("GET");
        var client = new RawClient(port);
        client.send(RawClient.request("GET", path));
        if (model.hasLeftUnpolled() && !polledLate) {
            polledLate = true;
            expectAnswerToLatePoll(client);
        } else if (model.isClosed()) {
            expect(client, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
        } else if (!model.isPolling()) {
            expect(client, 400, "{\"code\":3,\"message\":\"Bad request\"}");
        } else if (model.isPollHeld()) {
            expect(client, 400, "");
            model.failed("overlap");
        } else {
            heldPoll = client;
            model.poll();
            // The request is on its way: the loop has seen it once it has been answered or is held.
            Eventually.await("the server has seen the poll", () -> model.pollAnswer != null || isHeldByServer());
        }
        compare();
    }

    /** It is taken for one that the client's close has overtaken, unless the conversation has taken its time since. */
    private void expectAnswerToLatePoll(RawClient client) {
        String noop = revision == ProtocolRevision.V4 ? "6" : "1:6";
        assertThat(client.response().body()).isIn(noop, "{\"code\":1,\"message\":\"Session ID unknown\"}");
        client.reset();
    }

    private boolean isHeldByServer() {
        boolean[] held = new boolean[1];
        onLoop(() -> held[0] = connection.canCloseAtOnce());
        return held[0];
    }

    void post(PollingBody content) {
        byte[] body = content.bytes().toByteArray();
        said.add("POST " + text(content.binary(), content.bytes()).replaceAll("\\x00+|(00)+", "..."));
        var client = new RawClient(port);
        String type = content.binary() ? "application/octet-stream" : "text/plain";
        client.send(RawClient.request("POST", path, "Content-Type: " + type, "Content-Length: " + body.length))
                .send(body);
        if (model.isClosed()) {
            expect(client, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
        } else if (!model.isPolling() && body.length > MAX_PAYLOAD) {
            // Wrong for two reasons; which one is told depends on which loop is faster.
            assertThat(client.response().status()).isIn(400, 413);
            client.reset();
        } else if (!model.isPolling()) {
            expect(client, 400, "{\"code\":3,\"message\":\"Bad request\"}");
        } else if (body.length > MAX_PAYLOAD) {
            expect(client, 413, "");
        } else {
            model.post(content);
            expect(client, 200, "ok");
        }
        compare();
    }

    /** A second POST while the body of the first is awaited. */
    void postTwice() {
        if (model.isClosed() || !model.isPolling()) {
            return;
        }
        said.add("POST twice");
        var first = new RawClient(port);
        RawClient.Response go = first.send(RawClient.request("POST", path, "Content-Length: 5", "Expect: 100-continue"))
                .response();
        assertThat(go.status()).isEqualTo(100);
        var second = new RawClient(port);
        second.send(RawClient.postRequest(path, "42[\"x\"]"));
        expect(second, 400, "");
        assertThat(first.isClosedByServer()).isTrue();
        model.failed("overlap");
        compare();
    }

    /** The link of a POST breaks before its body has come. */
    void breakPost() {
        if (model.isClosed() || !model.isPolling()) {
            return;
        }
        said.add("POST broken");
        var client = new RawClient(port);
        client.send(RawClient.request("POST", path, "Content-Length: 5", "Expect: 100-continue"))
                .response();
        client.reset();
        model.failed("broken");
        compare();
    }

    void abortPoll() {
        if (heldPoll != null) {
            said.add("GET aborted");
            heldPoll.reset();
            heldPoll = null;
            model.pollAborted();
            compare();
        }
    }

    private static void expect(RawClient client, int status, String body) {
        RawClient.Response response = client.response();
        boolean binary = response.header("content-type").equals(Optional.of("application/octet-stream"));
        assertThat(response.status() + " " + anonymous(text(binary, response.content())))
                .isEqualTo(status + " " + body);
        client.reset();
    }

    // ---- WebSocket ------------------------------------------------------------------------------

    /** A WebSocket names the session: it probes, or is closed. */
    void openProbe() {
        said.add("WebSocket");
        var client = new RawClient(port);
        String upgrade = inRevision(WEBSOCKET) + path.substring(POLLING.length());
        RawClient.Response response = client.upgrade(upgrade);
        if (model.isClosed()) {
            assertThat(response.status() + " " + response.body()).isEqualTo("400 Session ID unknown");
            client.reset();
            return;
        }
        assertThat(response.status()).isEqualTo(101);
        if (model.probeOpened()) {
            probe = client;
            read(client);
        } else {
            assertThat(client.frame().opcode()).isEqualTo(RawClient.CLOSE);
            client.reset();
        }
        compare();
    }

    void frame(boolean binary, byte[] content) {
        RawClient client = link != null ? link : probe;
        if (client != null) {
            said.add((link != null ? "frame " : "probing frame ") + text(binary, Bytes.wrap(content)));
            client.frame(true, binary ? RawClient.BINARY : RawClient.TEXT, content);
            if (content.length > MAX_PAYLOAD) {
                tooLong();
            } else if (link != null) {
                model.linkFrame(binary, Bytes.wrap(content));
            } else {
                model.probeFrame(binary, Bytes.wrap(content));
            }
            compare();
        }
    }

    private void tooLong() {
        if (link != null) {
            model.failed("too long");
        } else {
            model.probeLost();
        }
    }

    void closeWebSocket(boolean reset) {
        RawClient client = link != null ? link : probe;
        if (client == null) {
            return;
        }
        said.add(reset ? "reset" : "close");
        if (!reset) {
            client.frame(true, RawClient.CLOSE, new byte[0]);
            while (client.frame().opcode() != RawClient.CLOSE) {
                // What was on its way.
            }
        }
        client.reset();
        if (link != null) {
            link = null;
            model.linkLost();
            model.linkClosed = false;
        } else if (reset) {
            // Nothing that could be seen tells that the server has noticed; so the session is ended, too.
            probe = null;
            closeNow();
            return;
        } else {
            probe = null;
            model.probeLost();
            model.probeClosed = false;
        }
        compare();
    }

    // ---- What the application does --------------------------------------------------------------

    void broadcast(int number) {
        said.add("broadcast");
        server.io.emit("news", number);
        model.broadcast("news", number);
        compare();
    }

    void disconnect(boolean closeConnection) {
        said.add("disconnect " + closeConnection);
        server.io.of("/").sockets().forEach(socket -> socket.disconnect(closeConnection));
        model.disconnect(closeConnection);
        compare();
    }

    void closeConnection() {
        said.add("close the connection");
        server.io.of("/").sockets().forEach(Socket::closeConnection);
        model.closeConnection();
        compare();
    }

    private void closeNow() {
        said.add("close now");
        connection.closeNow();
        model.closeNow();
        compare();
    }

    /** Ends what is not over, and sees that nothing is left of it. */
    @Override
    public void close() {
        closeNow();
        assertThat(model.isClosed()).isTrue();
        assertThat(server.io.connectionCount()).isZero();
        assertThat(server.io.of("/").sockets()).isEmpty();
        assertThat(server.io.of(ConversationModel.OTHER).sockets()).isEmpty();
    }

    void abandon() {
        connection.closeNow();
        for (RawClient client : new RawClient[] {heldPoll, link, probe}) {
            if (client != null) {
                client.reset();
            }
        }
    }

    // ---- What must have come of it --------------------------------------------------------------

    private void compare() {
        model.tick();
        if (model.isClosed()) {
            Eventually.await("the session is over", () -> !isKnown());
        }
        onLoop(() -> {});
        if (model.pollAnswer != null && heldPoll != null) {
            expect(heldPoll, 200, model.pollAnswer);
            heldPoll = null;
        }
        model.pollAnswer = null;
        compareFrames();
        assertThat(List.copyOf(server.goodbyes)).as("reasons").isEqualTo(model.goodbyes);
    }

    private boolean isKnown() {
        return server.io
                .engine()
                .find(path.substring(path.lastIndexOf('=') + 1))
                .isPresent();
    }

    private void compareFrames() {
        if (probe != null && link == null) {
            boolean upgraded = !model.isPolling();
            List<String> seen = read(probe);
            List<String> expected = new ArrayList<>(model.probeFrames);
            expected.addAll(model.frames);
            assertThat(withoutClose(seen)).as("frames of the probing WebSocket").isEqualTo(expected);
            boolean closed = upgraded ? model.linkClosed : model.probeClosed;
            assertThat(seen.contains(CLOSE))
                    .as("the probing WebSocket is closed")
                    .isEqualTo(closed);
            if (closed) {
                probe.reset();
                probe = null;
            } else if (upgraded) {
                link = probe;
                probe = null;
            }
        } else if (link != null) {
            List<String> seen = read(link);
            assertThat(withoutClose(seen)).as("frames").isEqualTo(model.frames);
            assertThat(seen.contains(CLOSE)).as("the WebSocket is closed").isEqualTo(model.linkClosed);
            if (model.linkClosed) {
                link.reset();
                link = null;
            }
        }
        model.frames.clear();
        model.probeFrames.clear();
        model.probeClosed = false;
        model.linkClosed = false;
    }

    private static final String CLOSE = "close";

    private static List<String> withoutClose(List<String> frames) {
        return frames.stream().filter(frame -> !frame.equals(CLOSE)).toList();
    }

    /** What the server has to say until it answers a second ping, or closes. */
    private static List<String> read(RawClient client) {
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            client.frame(true, RawClient.PING, new byte[0]);
            RawClient.Frame frame = client.frame();
            while (frame.opcode() != RawClient.PONG) {
                if (frame.opcode() == RawClient.CLOSE) {
                    seen.add(CLOSE);
                    return seen;
                }
                seen.add(anonymous(text(frame.opcode() == RawClient.BINARY, frame.payload())));
                frame = client.frame();
            }
        }
        return seen;
    }

    private void onLoop(Runnable task) {
        var done = new CountDownLatch(1);
        connection.execute(() -> {
            task.run();
            queueUp(MOST_IN_A_ROW, done);
        });
        try {
            assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    /** Each time at the end of the queue: what is done for a word asks for more to be done, and that again. */
    private void queueUp(int times, CountDownLatch done) {
        if (times == 0) {
            done.countDown();
        } else {
            connection.execute(() -> queueUp(times - 1, done));
        }
    }
}
