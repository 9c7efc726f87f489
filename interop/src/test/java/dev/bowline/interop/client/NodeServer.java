package dev.bowline.interop.client;

import dev.bowline.client.Manager;
import dev.bowline.client.ManagerBuilder;
import dev.bowline.client.Reconnection;
import dev.bowline.client.Socket;
import dev.bowline.core.engine.TransportName;
import dev.bowline.interop.NodeProcess;
import dev.bowline.testkit.Recorder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Node's socket.io server of {@code client-server.mjs}, the Managers that talk to it, and what they see. */
final class NodeServer implements AutoCloseable {
    /** How the client reaches the server. */
    enum Way {
        POLLING,
        WEBSOCKET,
        UPGRADE;

        TransportName endsOn() {
            return this == POLLING ? TransportName.POLLING : TransportName.WEBSOCKET;
        }

        TransportName[] transports() {
            return this == UPGRADE ? TransportName.values() : new TransportName[] {endsOn()};
        }
    }

    /** What the application is told; a new one for each test. */
    private volatile Recorder<String> seen = new Recorder<>();

    private final String options;
    private final List<Manager> managers = new ArrayList<>();
    private NodeProcess node;
    private int port;

    NodeServer(String options) {
        this.options = options;
        this.node = NodeProcess.start("client-server.mjs", "0", options);
        this.port = node.awaitPort();
    }

    Recorder<String> seen() {
        return seen;
    }

    /** Forgets what was seen, for the next test. */
    void forget() {
        seen = new Recorder<>();
    }

    NodeProcess node() {
        return node;
    }

    int port() {
        return port;
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** Ends the process without a word, and starts another on the same port. */
    void restart() {
        node.close();
        node = NodeProcess.start("client-server.mjs", Integer.toString(port), options);
        port = node.awaitPort();
    }

    ManagerBuilder builder(Way way) {
        return builder(way, port);
    }

    ManagerBuilder builder(Way way, int throughPort) {
        return Manager.builder(URI.create("http://127.0.0.1:" + throughPort + "?from=test"))
                .transports(way.transports())
                .reconnection(
                        Reconnection.defaults().withDelay(Duration.ofMillis(50)).withMaxDelay(Duration.ofMillis(200)));
    }

    /** Builds the Manager, which ends with this server, and records what it tells. */
    Manager manager(ManagerBuilder builder) {
        Manager manager = builder.build();
        managers.add(manager);
        manager.onOpen(() -> seen.accept("M.open"));
        manager.onClose(reason -> seen.accept("M.close " + reason));
        manager.onUpgrade(transport -> seen.accept("M.upgrade " + transport));
        manager.onReconnectAttempt(number -> seen.accept("M.reconnect_attempt " + number));
        manager.onReconnect(number -> seen.accept("M.reconnect " + number));
        manager.onReconnectError(failure -> seen.accept("M.reconnect_error"));
        manager.onReconnectFailed(() -> seen.accept("M.reconnect_failed"));
        return manager;
    }

    Socket watched(Socket socket) {
        socket.onConnect(() -> seen.accept("connect"));
        socket.onConnectError(error -> seen.accept("connect_error " + error.message()));
        socket.onDisconnect(reason -> seen.accept("disconnect " + reason));
        return socket;
    }

    /** A Socket of {@code /} that is connected, and has upgraded if that is the way. */
    Socket connected(Way way) {
        return connected(way, manager(builder(way)));
    }

    Socket connected(Way way, Manager manager) {
        Socket socket = watched(manager.socket()).connect();
        seen.await("connect"::equals);
        if (way == Way.UPGRADE) {
            dev.bowline.testkit.Eventually.await(
                    "the upgrade", () -> manager.transport().equals(java.util.Optional.of(TransportName.WEBSOCKET)));
        }
        return socket;
    }

    @Override
    public void close() {
        managers.forEach(Manager::close);
        node.close();
    }
}
