package dev.bowline.lab;

import dev.bowline.client.Event;
import dev.bowline.client.Manager;
import dev.bowline.client.Socket;
import dev.bowline.core.engine.OpenPacket;
import dev.bowline.core.packet.Args;
import dev.bowline.lab.Happening.Kind;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Bowline's own clients, in this process: hundreds of them share a few threads and one HTTP client. */
final class BowlineClients implements LabClient.Factory {
    private static final int THREADS = 8;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(2, BowlineClients::daemon);
    private final ExecutorService handlers = pool();
    private final Map<String, Manager> managers = new ConcurrentHashMap<>();

    private static ExecutorService pool() {
        var pool = new ThreadPoolExecutor(
                THREADS, THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), BowlineClients::daemon);
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "bowline-lab");
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public String kind() {
        return "bowline";
    }

    @Override
    public LabClient open(LabClient.Spec spec) {
        return new One(spec, managers.computeIfAbsent(spec.link(), link -> manager(spec)));
    }

    private Manager manager(LabClient.Spec spec) {
        return Manager.builder(spec.uri())
                .transports(spec.mode().transports().toArray(dev.bowline.core.engine.TransportName[]::new))
                .reconnection(spec.reconnection())
                .httpClient(http)
                .scheduler(scheduler)
                .handlerExecutor(handlers)
                .build();
    }

    @Override
    public void closeClients() {
        managers.values().forEach(Manager::close);
        managers.clear();
    }

    @Override
    public void close() {
        closeClients();
        scheduler.shutdownNow();
        handlers.shutdown();
    }

    private static final class One implements LabClient {
        private final Spec spec;
        private final Socket socket;
        private final Journal journal = new Journal();
        private final Tally.Counter poured = new Tally.Counter();

        One(Spec spec, Manager manager) {
            this.spec = spec;
            this.socket = manager.socket(spec.namespace());
            spec.room().ifPresent(room -> socket.auth(() -> Map.of("room", room)));
            socket.onConnect(() -> journal.add(Happening.now(Kind.CONNECT, spec.namespace(), "")
                    .withId(socket.id().orElse("?"))
                    .withData(JsonMapper.shared().createObjectNode().put("recovered", socket.recovered()))));
            socket.onDisconnect(reason -> see(Kind.DISCONNECT, reason.text()));
            socket.onConnectError(error -> see(Kind.CONNECT_ERROR, error.message()));
            socket.onAny(this::received);
            socket.on("poured", Integer.class, poured::add);
            manager.onOpen(() -> {
                see(Kind.OPEN, "");
                manager.handshake().ifPresent(this::handshake);
                manager.transport().ifPresent(transport -> see(Kind.TRANSPORT, transport.text()));
            });
            manager.onClose(reason -> see(Kind.CLOSE, reason.text()));
            manager.onError(error -> see(Kind.ERROR, String.valueOf(error.getMessage())));
            manager.onPing(() -> see(Kind.PING, ""));
            manager.onUpgrade(transport -> see(Kind.UPGRADE, transport.text()));
            manager.onReconnectAttempt(n -> see(Kind.RECONNECT_ATTEMPT, Integer.toString(n)));
            manager.onReconnect(n -> see(Kind.RECONNECT, Integer.toString(n)));
            manager.onReconnectError(error -> see(Kind.RECONNECT_ERROR, String.valueOf(error.getMessage())));
            manager.onReconnectFailed(() -> see(Kind.RECONNECT_FAILED, ""));
        }

        private void see(Kind kind, String text) {
            journal.add(Happening.now(kind, spec.namespace(), text));
        }

        private void handshake(OpenPacket open) {
            ObjectNode fields = JsonMapper.shared().createObjectNode();
            var upgrades = fields.putArray("upgrades");
            open.upgrades().forEach(upgrade -> upgrades.add(upgrade.text()));
            fields.put("pingInterval", open.pingInterval().toMillis());
            fields.put("pingTimeout", open.pingTimeout().toMillis());
            fields.put("maxPayload", open.maxPayload());
            journal.add(Happening.now(Kind.HANDSHAKE, spec.namespace(), "").withData(fields));
        }

        private void received(Event event) {
            if (!event.name().equals("poured")) {
                var args = JsonMapper.shared().createArrayNode();
                nodes(event.args()).forEach(args::add);
                journal.add(Happening.now(Kind.RECEIVED, spec.namespace(), event.name())
                        .withData(args));
            }
        }

        private static List<JsonNode> nodes(Args args) {
            List<JsonNode> nodes = new ArrayList<>();
            for (int i = 0; i < args.size(); i++) {
                nodes.add(args.node(i));
            }
            return nodes;
        }

        @Override
        public Journal journal() {
            return journal;
        }

        @Override
        public Spec spec() {
            return spec;
        }

        @Override
        public void connect() {
            socket.connect();
        }

        @Override
        public void disconnect() {
            socket.disconnect();
        }

        @Override
        public void emit(String event, @Nullable Object... args) {
            socket.emit(event, args);
        }

        @Override
        public CompletableFuture<List<JsonNode>> request(Duration timeout, String event, @Nullable Object... args) {
            return socket.timeout(timeout)
                    .emitWithAck(event, JsonNode.class, args)
                    .thenApply(
                            answer -> Optional.ofNullable(answer).map(List::of).orElse(List.of()));
        }

        @Override
        public void count(int n) {
            for (int i = 0; i < n; i++) {
                socket.emit("count", i);
            }
        }

        @Override
        public Tally tally() {
            return poured.tally();
        }
    }
}
