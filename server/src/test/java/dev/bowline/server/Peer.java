package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.EnginePacketCodec;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.engine.RemoteProtocolException;
import dev.bowline.server.transport.EngineConnection;
import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.WebSocketLink;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A client without a network: a WebSocket whose other end is the test. */
final class Peer implements WebSocketLink {
    private static final Pattern SID = Pattern.compile("\"sid\":\"[\\w-]{20}\"");
    private static final Pattern WELCOME =
            Pattern.compile("40.*\\{\"sid\":\"([\\w-]{20})\"(?:,\"pid\":\"([\\w-]{29})\")?\\}");

    private final ManualLoop loop;
    private final List<String> received = new CopyOnWriteArrayList<>();
    private final List<String> uncompressed = new CopyOnWriteArrayList<>();
    private final Queue<String> unread = new ArrayDeque<>();
    private @Nullable EngineConnection connection;
    private boolean reading = true;
    private volatile boolean closed;
    private boolean lingers;
    private final List<Runnable> whenGone = new ArrayList<>();
    private long unsent;
    private boolean piling;
    private String id = "";
    private String pid = "";
    private String leavesAt = "";
    private String breaksAt = "";

    Peer(ManualLoop loop) {
        this.loop = loop;
    }

    /** Opens a session over WebSocket. */
    static Peer connect(SocketIoServer io, ManualLoop loop) {
        Peer peer = connect(io, loop, request("websocket"));
        peer.received.clear();
        return peer;
    }

    /** The same as a client of Socket.IO 2; what came after the handshake is kept. */
    static Peer connectOld(SocketIoServer io, ManualLoop loop) {
        Peer peer = connect(io, loop, request("3", "websocket"));
        assertThat(peer.received.remove(0)).startsWith("0{");
        return peer;
    }

    private static Peer connect(SocketIoServer io, ManualLoop loop, HttpRequestHead request) {
        var peer = new Peer(loop);
        loop.call(() -> peer.connection =
                io.engine().open(request, Ids.next(), loop, peer).orElseThrow());
        return peer;
    }

    static HttpRequestHead request(String transport) {
        return request("4", transport);
    }

    private static HttpRequestHead request(String revision, String transport) {
        return new HttpRequestHead(
                "GET",
                "/socket.io/?EIO=" + revision + "&transport=" + transport,
                Map.of("EIO", revision, "transport", transport),
                Map.of("host", List.of("test")),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                false,
                transport.equals("websocket"));
    }

    void attach(EngineConnection owner) {
        connection = owner;
    }

    static PacketGroup group(String text) {
        return PacketGroup.of(EnginePacket.ofText(EnginePacket.Type.MESSAGE, Bytes.utf8(text)));
    }

    EngineConnection connection() {
        if (connection == null) {
            throw new IllegalStateException("not connected");
        }
        return connection;
    }

    /** Sends frames, all in one turn of the loop. */
    Peer send(String... frames) {
        unread.addAll(List.of(frames));
        loop.call(this::read);
        return this;
    }

    private void read() {
        while (reading && !closed && !unread.isEmpty()) {
            try {
                connection().receive(this, EnginePacketCodec.V4.decodeText(Bytes.utf8(unread.remove())));
            } catch (RemoteProtocolException malformed) {
                connection().malformed(this, "malformed");
            }
        }
        connection().settle();
    }

    /** The id of the socket that was let in last. */
    String id() {
        return id;
    }

    /** The secret under which it may come back. */
    String pid() {
        return pid;
    }

    /** Breaks the connection. */
    void cut() {
        loop.call(() -> connection().closed(this, "cut"));
    }

    /** Closes the connection as soon as this frame comes. */
    void leaveAt(String frame) {
        leavesAt = frame;
    }

    /** Fails, as only a bug can make a transport do, when this frame is written. */
    void breakAt(String frame) {
        breaksAt = frame;
    }

    /** Whether the server reads. */
    boolean isRead() {
        return reading;
    }

    boolean isClosed() {
        return closed;
    }

    /** Leaves the server's goodbye unanswered, until {@link #go}. */
    void linger() {
        lingers = true;
    }

    /** Answers it. */
    void go() {
        loop.call(() -> {
            whenGone.forEach(Runnable::run);
            whenGone.clear();
        });
    }

    /** Pretends that the network takes no more. */
    void stall(long unsentBytes) {
        unsent = unsentBytes;
        piling = false;
    }

    /** From now on the network takes nothing of what is written, until {@link #readAll}. */
    void pileUp() {
        piling = true;
    }

    /** The client reads all that has been written for it. */
    void readAll() {
        loop.call(() -> {
            unsent = 0;
            connection().settle();
        });
    }

    /** How much the network has not taken. */
    long piled() {
        return unsent;
    }

    /** What came since the last call, with the ids of sockets left out. */
    List<String> take() {
        loop.run();
        List<String> taken = new ArrayList<>(received);
        received.subList(0, taken.size()).clear();
        return taken;
    }

    /** How much came since the last call of {@link #take}. */
    int count() {
        return received.size();
    }

    /** The text frames that asked not to be compressed. */
    List<String> uncompressed() {
        return uncompressed;
    }

    /** Says what comes next, and waits for it while other threads work. */
    void expect(String... frames) {
        loop.until(List.of(frames) + " to arrive, not " + received, () -> received.size() >= frames.length);
        assertThat(take()).containsExactly(frames);
    }

    @Override
    public void write(EnginePacket packet) {
        assertThat(loop.inLoop()).isTrue();
        if (packet.wire().utf8().equals(breaksAt)) {
            throw new IllegalStateException("expected by the test");
        }
        unsent += piling ? packet.wire().length() : 0;
        Matcher welcome = WELCOME.matcher(packet.wire().utf8());
        if (!packet.isBinary() && welcome.matches()) {
            id = welcome.group(1);
            pid = String.valueOf(welcome.group(2));
        }
        received.add(
                packet.isBinary()
                        ? "binary:" + packet.wire().length()
                        : SID.matcher(packet.wire().utf8()).replaceAll("\"sid\":\"<sid>\""));
        if (!packet.isCompressible()) {
            uncompressed.add(packet.wire().utf8());
        }
        if (packet.wire().utf8().equals(leavesAt)) {
            connection().closed(this, "closed by the client");
        }
    }

    @Override
    public void flush() {
        assertThat(loop.inLoop()).isTrue();
    }

    @Override
    public long unsentBytes() {
        return unsent;
    }

    @Override
    public void read(boolean enabled) {
        reading = enabled;
        if (enabled) {
            loop.execute(this::read);
        }
    }

    @Override
    public void close() {
        closed = true;
    }

    /** Until the test says otherwise, the other end has read everything, and answers at once. */
    @Override
    public void whenGone(Runnable task) {
        assertThat(loop.inLoop()).isTrue();
        if (lingers) {
            whenGone.add(task);
        } else {
            task.run();
        }
    }
}
