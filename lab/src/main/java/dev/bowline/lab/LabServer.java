package dev.bowline.lab;

import dev.bowline.core.packet.Args;
import dev.bowline.netty.NettyServer;
import dev.bowline.server.Ack;
import dev.bowline.server.BroadcastOperator;
import dev.bowline.server.DataKey;
import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A Bowline server that offers the contract of {@code docs/verify-contract.md}: the applications {@code /}
 * and {@code /other}, and the controls at {@code /lab}.
 */
final class LabServer implements AutoCloseable {
    private static final List<String> APPLICATIONS = List.of("/", "/other");
    private static final int MOST_RECENT = 2_000;
    private static final DataKey<Tally.Counter> COUNTED = DataKey.of("counted", Tally.Counter.class);

    private final SocketIoServer io;
    private final Setup setup;
    private final NettyServer http;

    // What the controls were told last, guarded by itself.
    private final Deque<Told> recent = new ArrayDeque<>();
    private long told = System.currentTimeMillis() * 1_000; // so that none is told again after a restart

    private record Told(String event, Map<String, Object> details, long at) {
        Map<String, Object> asOfNow() {
            Map<String, Object> now = new LinkedHashMap<>(details);
            now.put("event", event);
            now.put("ago", Duration.ofNanos(System.nanoTime() - at).toMillis());
            return now;
        }
    }

    LabServer(Setup setup, InetSocketAddress address) {
        this.setup = setup;
        this.io = SocketIoServer.create(setup.options());
        APPLICATIONS.forEach(name -> io.of(name).onConnection(this::serve));
        io.of("/lab").onConnection(this::control);
        this.http = NettyServer.bind(io, address);
    }

    InetSocketAddress address() {
        return http.address();
    }

    void awaitTermination() throws InterruptedException {
        http.awaitTermination();
    }

    // ---- The application under test -------------------------------------------------------------

    private void serve(Socket socket) {
        String namespace = socket.namespace().name();
        if (!socket.recovered()) {
            socket.data().put(COUNTED, new Tally.Counter());
        }
        socket.handshake().auth("room", String.class).ifPresent(socket::join);
        socket.onEvent("echo", (args, ack) -> ack.send(all(args)));
        socket.on("count", Integer.class, socket.data().get(COUNTED)::add);
        socket.on("pour", Integer.class, n -> pour(socket, n));
        socket.onEvent(
                "tally", (args, ack) -> ack.send(socket.data().get(COUNTED).tally()));
        socket.onDisconnect(
                reason -> tell("disconnected", Map.of("nsp", namespace, "id", socket.id(), "reason", reason.text())));
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("nsp", namespace);
        details.put("id", socket.id());
        if (setup.sessions().isPresent()) {
            details.put("recovered", socket.recovered());
            socket.recovery().reason().ifPresent(why -> details.put("reason", why.name()));
        }
        tell("connected", details);
    }

    private static Object[] all(Args args) {
        Object[] values = new Object[args.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = args.node(i);
        }
        return values;
    }

    /** A few at a time, so that a long run overlaps an upgrade. */
    private static void pour(Socket socket, int n) {
        for (int i = 0; i < n; i++) {
            socket.emit("poured", i);
            if (i % 5 == 4) {
                java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
            }
        }
    }

    // ---- The controls ---------------------------------------------------------------------------

    private void tell(String event, Map<String, Object> details) {
        synchronized (recent) {
            if (recent.size() == MOST_RECENT) {
                recent.remove();
            }
            Map<String, Object> numbered = new LinkedHashMap<>(details);
            numbered.put("n", told++);
            recent.add(new Told(event, numbered, System.nanoTime()));
            io.of("/lab").emit(event, numbered);
        }
    }

    private void control(Socket socket) {
        socket.onEvent("recent", (args, ack) -> {
            synchronized (recent) {
                ack.send(recent.stream().map(Told::asOfNow).toList());
            }
        });
        socket.onEvent("settings", (args, ack) -> ack.send(settings()));
        socket.onEvent("drop", (args, ack) -> with(args, ack, Socket::closeConnection));
        socket.onEvent("kick", (args, ack) -> with(args, ack, Socket::disconnect));
        socket.onEvent(
                "sockets",
                (args, ack) -> ack.send(
                        io.of(text(args, 0)).sockets().stream().map(Socket::id).toList()));
        socket.onEvent("say", (args, ack) -> {
            JsonNode payload = args.size() > 3 ? args.node(3) : tools.jackson.databind.node.NullNode.getInstance();
            io.of(text(args, 0)).to(text(args, 1)).emit(text(args, 2), payload);
            ack.send(true);
        });
        socket.onEvent("number", (args, ack) -> {
            number(args);
            ack.send(true);
        });
    }

    private ObjectNode settings() {
        ObjectNode settings = setup.settings();
        settings.putArray("upgrades").add("websocket");
        return settings.put(
                "implementation", "Bowline on Java " + Runtime.version().feature());
    }

    /** Emits a run of numbers to a room. */
    private void number(Args args) {
        BroadcastOperator room = io.of(text(args, 0)).to(text(args, 1));
        int from = args.node(2).asInt();
        int n = args.node(3).asInt();
        JsonNode how = args.node(4);
        String padding = "x".repeat(how.path("padding").asInt(0));
        if (how.path("volatile").asBoolean(false)) {
            room = room.droppable();
        }
        for (int i = from; i < from + n; i++) {
            if (padding.isEmpty()) {
                room.emit("poured", i);
            } else {
                room.emit("poured", i, padding);
            }
        }
    }

    private static String text(Args args, int index) {
        return args.node(index).asString();
    }

    private void with(Args args, Ack ack, java.util.function.Consumer<Socket> action) {
        String id = text(args, 0);
        Optional<Socket> found = APPLICATIONS.stream()
                .flatMap(name -> io.of(name).socket(id).stream())
                .findFirst();
        found.ifPresent(action);
        ack.send(found.isPresent());
    }

    CompletableFuture<Void> drain(Duration duration) {
        return io.drain(duration);
    }

    @Override
    public void close() {
        http.close();
    }
}
