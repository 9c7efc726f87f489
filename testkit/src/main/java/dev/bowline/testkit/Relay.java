package dev.bowline.testkit;

import dev.bowline.testkit.Conditions.Change;
import dev.bowline.testkit.FaultProxy.Event;
import dev.bowline.testkit.FaultProxy.Event.Kind;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The machinery of one link: the two ends and the two pipes between them. Confined to the proxy's
 * thread; {@link Link} is what a test sees of it.
 */
final class Relay implements ProxyLoop.Ready {
    private static final String BAD_REQUEST = """
            HTTP/1.1 400 Bad Request\r
            Connection: close\r
            Content-Type: text/plain\r
            Content-Length: 17\r
            \r
            Upgrade refused.
            """;

    private final Switchboard board;
    private final int number;
    private final Link link;
    private final End client = new End(Event.Origin.CLIENT);
    private final End server = new End(Event.Origin.SERVER);
    private final Pipe toServer;
    private final Pipe toClient;
    private Event.@Nullable Origin firstToEnd;
    private boolean severed;
    private boolean closed;

    Relay(Switchboard board, int number, Link link, Conditions toServer, Conditions toClient) {
        this.board = board;
        this.number = number;
        this.link = link;
        this.toServer = pipe(Direction.TO_SERVER, client, server, toServer);
        this.toClient = pipe(Direction.TO_CLIENT, server, client, toClient);
    }

    private Pipe pipe(Direction direction, End source, End sink, Conditions conditions) {
        Shaper shaper = new Shaper(board.seed(), number, direction, now());
        return new Pipe(this, direction, source, sink, shaper, conditions);
    }

    void start(SocketChannel accepted) throws IOException {
        client.channel = accepted;
        client.connected = true;
        client.key = board.loop().register(accepted, this);
        refresh();
        connect();
    }

    /** Connects to the target, unless the way there is a black hole: then nobody there hears of the link. */
    private void connect() {
        if (closed || severed || server.channel != null || server.gone || toServer.isBlackHole()) {
            return;
        }
        try {
            InetSocketAddress target = board.target();
            SocketChannel channel = SocketChannel.open();
            server.channel = channel;
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            server.key = board.loop().register(channel, this);
            if (channel.connect(target)) {
                connected();
            }
            refresh();
        } catch (IOException | RuntimeException e) {
            unreachable(e);
        }
    }

    private void connected() {
        server.connected = true;
        toServer.pump();
    }

    private void unreachable(Exception cause) {
        board.tell(Kind.TARGET_UNREACHABLE, number, Event.Origin.SERVER, String.valueOf(cause));
        broken(server);
    }

    @Override
    public void ready(SelectionKey key) {
        if (key.isValid() && key.isConnectable()) {
            finishConnect();
        }
        boolean ofClient = key.equals(client.key);
        Pipe reads = ofClient ? toServer : toClient;
        Pipe writes = ofClient ? toClient : toServer;
        if (key.isValid() && key.isWritable()) {
            writes.pump();
        }
        if (key.isValid() && key.isReadable() && reads.wantsRead()) {
            reads.read(board.loop().scratch());
        }
    }

    private void finishConnect() {
        try {
            if (server.channel != null && server.channel.finishConnect()) {
                connected();
            }
        } catch (IOException e) {
            unreachable(e);
        }
    }

    /** Notes the end of what one end sends. */
    void inputEnded(End end) {
        if (!end.inputEnded && !closed) {
            end.inputEnded = true;
            if (firstToEnd == null) {
                firstToEnd = end.origin;
            }
            board.tell(Kind.LINK_ENDED, number, end.origin, end.gone ? "reset" : "end of stream");
        }
    }

    /** One end was reset: the other learns of it when the direction lets it through. */
    void broken(End end) {
        if (end.gone || closed) {
            return;
        }
        end.gone = true;
        inputEnded(end);
        end.close(false);
        Pipe from = end == client ? toServer : toClient;
        from.mark(Shaper.Kind.RESET);
        from.pump();
    }

    /** Answers the client with 400, and ends both directions. */
    void refuseUpgrade() {
        board.tell(Kind.UPGRADE_REFUSED, number, Event.Origin.PROXY, "");
        toServer.discard();
        server.close(false);
        toClient.pass(BAD_REQUEST.getBytes(StandardCharsets.US_ASCII));
        toClient.mark(Shaper.Kind.END);
        toClient.pump();
    }

    void change(Direction direction, Change change) {
        if (closed) {
            return;
        }
        if (direction.covers(Direction.TO_SERVER)) {
            toServer.change(change);
            connect();
        }
        if (direction.covers(Direction.TO_CLIENT) && !closed) {
            toClient.change(change);
        }
    }

    void sever() {
        severed = true;
        toServer.sever();
        toClient.sever();
        if (!server.connected) {
            server.close(false);
        }
        refresh();
    }

    /** Sends a FIN to both ends at once, and reads on until they end, so that no FIN turns into a reset. */
    void finish() {
        byProxy();
        toServer.discard();
        toClient.discard();
        client.finish();
        if (server.connected) {
            server.finish();
        } else {
            server.close(false);
        }
        refresh();
    }

    /** Resets both ends at once. */
    void reset() {
        if (!closed) {
            client.close(true);
            server.close(true);
            closed();
        }
    }

    /** Resets the client's end, and severs the server's. */
    void resetClient() {
        byProxy();
        sever();
        client.close(true);
        refresh();
    }

    /** Notes that it is the proxy that ends this link. */
    void byProxy() {
        if (firstToEnd == null) {
            firstToEnd = Event.Origin.PROXY;
        }
    }

    private void closed() {
        closed = true;
        board.closed(link, firstToEnd == null ? Event.Origin.PROXY : firstToEnd);
    }

    /** Brings the selector's interests up to date, and closes a link that is done. */
    void refresh() {
        if (closed) {
            return;
        }
        if (toServer.isDrained() && toClient.isDrained()) {
            client.close(false);
            server.close(false);
            closed();
            return;
        }
        interest(client, toServer, toClient);
        interest(server, toClient, toServer);
    }

    private static void interest(End end, Pipe reads, Pipe writes) {
        SelectionKey key = end.key;
        if (key == null || !key.isValid()) {
            return;
        }
        int ops = 0;
        if (!end.connected) {
            ops = SelectionKey.OP_CONNECT;
        } else {
            ops |= reads.wantsRead() ? SelectionKey.OP_READ : 0;
            ops |= writes.wantsWrite() ? SelectionKey.OP_WRITE : 0;
        }
        if (key.interestOps() != ops) {
            key.interestOps(ops);
        }
    }

    Pipe pipe(Direction direction) {
        return direction == Direction.TO_SERVER ? toServer : toClient;
    }

    long now() {
        return board.loop().now();
    }

    int bufferBytes() {
        return board.bufferBytes();
    }

    void at(long due, Runnable task) {
        board.loop().at(due, task);
    }

    void count(Direction direction, int bytes) {
        board.count(direction, bytes);
    }
}
