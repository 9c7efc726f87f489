package dev.bowline.lab;

import dev.bowline.netty.NettyServer;
import dev.bowline.server.DataKey;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import dev.bowline.server.transport.Cors;
import dev.bowline.testkit.FaultProxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the page of {@code serve} plays with: a Socket.IO server with rooms and a chat, and a faulty network
 * for each tab before it. Safe for any thread.
 */
final class Demo implements AutoCloseable {
    /** How many tabs may be open at a time; each costs a port. */
    static final int MAX_TABS = 200;

    private static final Duration ABANDONED = Duration.ofMinutes(2);
    private static final long RESTART_MILLIS = 2_500;
    private static final DataKey<String> TAB = DataKey.of("tab", String.class);

    /** What one tab says to the others of a room. */
    record Say(String room, String text) {}

    private final Duration pingInterval;
    private final Duration pingTimeout;
    private final InetAddress host;
    private final Map<String, DemoTab> tabs = new ConcurrentHashMap<>();
    private final AtomicInteger tabNumbers = new AtomicInteger();
    private final ScheduledExecutorService housekeeping = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "bowline-demo");
        thread.setDaemon(true);
        return thread;
    });

    // Guarded by this.
    private NettyServer http;
    private SocketIoServer io;
    private boolean restarting;

    Demo(Duration pingInterval, Duration pingTimeout, InetAddress host) {
        this.pingInterval = pingInterval;
        this.pingTimeout = pingTimeout;
        this.host = host;
        this.io = newServer();
        this.http = NettyServer.bind(io, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        var unused = housekeeping.scheduleWithFixedDelay(this::closeAbandoned, 30, 30, TimeUnit.SECONDS);
    }

    private SocketIoServer newServer() {
        SocketIoServer server = SocketIoServer.create(ServerOptions.builder()
                .pingInterval(pingInterval)
                .pingTimeout(pingTimeout)
                .cors(Cors.any())
                .build());
        server.onConnection(socket -> serve(server, socket));
        return server;
    }

    private void serve(SocketIoServer server, Socket socket) {
        Optional<DemoTab> tab = socket.handshake().auth("tab", String.class).flatMap(this::tab);
        tab.ifPresent(known -> {
            socket.data().put(TAB, known.name());
            known.socket("connected", socket.id(), Optional.empty());
            socket.onDisconnect(reason -> known.socket("disconnected", socket.id(), Optional.of(reason.text())));
        });
        socket.onRequest("join", String.class, room -> {
            socket.join(room);
            socket.to(room).emit("joined", Map.of("room", room, "id", socket.id()));
            return true;
        });
        socket.onRequest("leave", String.class, room -> {
            socket.leave(room);
            socket.to(room).emit("left", Map.of("room", room, "id", socket.id()));
            return true;
        });
        socket.on(
                "say",
                Say.class,
                say -> server.to(say.room())
                        .emit("said", Map.of("from", socket.id(), "room", say.room(), "text", say.text())));
    }

    Duration pingInterval() {
        return pingInterval;
    }

    Duration pingTimeout() {
        return pingTimeout;
    }

    Optional<DemoTab> tab(String name) {
        return Optional.ofNullable(tabs.get(name));
    }

    /**
     * A new tab with a network of its own.
     *
     * @throws LabException if there are too many
     */
    synchronized DemoTab open() {
        if (tabs.size() >= MAX_TABS) {
            throw new LabException("too many tabs are open: " + MAX_TABS);
        }
        String name = "t" + tabNumbers.incrementAndGet();
        FaultProxy proxy = FaultProxy.builder()
                .target(http.address())
                .bindAddress(host)
                .build()
                .start();
        DemoTab tab = new DemoTab(name, proxy);
        tabs.put(name, tab);
        return tab;
    }

    /** The server closes the transport under the tab's sockets; they come back. */
    void drop(DemoTab tab) {
        tab.link("dropped");
        sockets(tab).forEach(Socket::closeConnection);
    }

    /** The server throws the tab's sockets out; they stay away. */
    void kick(DemoTab tab) {
        tab.link("kicked");
        sockets(tab).forEach(Socket::disconnect);
    }

    private synchronized java.util.List<Socket> sockets(DemoTab tab) {
        return io.of("/").sockets().stream()
                .filter(socket ->
                        socket.data().find(TAB).filter(tab.name()::equals).isPresent())
                .toList();
    }

    /** The server goes away for everyone, and comes back after a while, on the same port. */
    synchronized void restart() {
        if (restarting) {
            return;
        }
        restarting = true;
        InetSocketAddress address = http.address();
        tabs.values().forEach(tab -> tab.link("stopped"));
        http.close();
        var unused = housekeeping.schedule(() -> start(address), RESTART_MILLIS, TimeUnit.MILLISECONDS);
    }

    private synchronized void start(InetSocketAddress address) {
        io = newServer();
        http = NettyServer.bind(io, address);
        restarting = false;
        tabs.values().forEach(tab -> tab.link("started"));
    }

    /** The server goes away for good, without haste. */
    synchronized CompletableFuture<Void> drain(Duration duration) {
        return io.drain(duration);
    }

    private void closeAbandoned() {
        tabs.values().removeIf(tab -> {
            boolean abandoned = tab.abandonedNanos() > ABANDONED.toNanos();
            if (abandoned) {
                tab.close();
            }
            return abandoned;
        });
    }

    @Override
    public synchronized void close() {
        housekeeping.shutdownNow();
        tabs.values().forEach(DemoTab::close);
        http.close();
    }
}
