package dev.bowline.lab;

import dev.bowline.client.Reconnection;
import dev.bowline.lab.Happening.Kind;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Official JavaScript clients, all in one process of Node, which {@code client-driver.cjs} lets us command
 * with lines of JSON.
 */
final class JsClients implements LabClient.Factory {
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Process node;
    private final BufferedWriter commands;
    private final Map<String, One> clients = new ConcurrentHashMap<>();
    private final Map<Long, CompletableFuture<List<JsonNode>>> calls = new ConcurrentHashMap<>();
    private final AtomicLong callIds = new AtomicLong();
    private final CompletableFuture<String> ready = new CompletableFuture<>();
    private int generation;

    JsClients(NodeModules modules) {
        node = modules.start("client-driver.cjs");
        commands = new BufferedWriter(new OutputStreamWriter(node.getOutputStream(), StandardCharsets.UTF_8));
        Thread reader = new Thread(this::readAll, "bowline-lab-node");
        reader.setDaemon(true);
        reader.start();
        try {
            ready.get(20, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException failed) {
            node.destroyForcibly();
            throw new LabException("the JavaScript client did not start: " + failed.getMessage());
        }
    }

    @Override
    public String kind() {
        return "js";
    }

    @Override
    public LabClient open(LabClient.Spec spec) {
        One client = new One(spec, generation + "/" + spec.name());
        clients.put(client.key, client);
        return client;
    }

    @Override
    public void closeClients() {
        send(command("closeAll"));
        clients.clear();
        generation++;
    }

    @Override
    public void close() {
        try {
            commands.close();
            if (!node.waitFor(5, TimeUnit.SECONDS)) {
                node.destroyForcibly();
            }
        } catch (IOException gone) {
            node.destroyForcibly();
        } catch (InterruptedException stopped) {
            node.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private static ObjectNode command(String op) {
        return JSON.createObjectNode().put("op", op);
    }

    private synchronized void send(ObjectNode command) {
        try {
            commands.write(command.toString());
            commands.newLine();
            commands.flush();
        } catch (IOException gone) {
            throw new UncheckedIOException("the JavaScript client's process has ended", gone);
        }
    }

    private CompletableFuture<List<JsonNode>> call(ObjectNode command) {
        long id = callIds.incrementAndGet();
        CompletableFuture<List<JsonNode>> answer = new CompletableFuture<>();
        calls.put(id, answer);
        send(command.put("call", id));
        return answer;
    }

    private void readAll() {
        try (var lines = new BufferedReader(new InputStreamReader(node.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                take(JSON.readTree(line));
            }
        } catch (IOException closed) {
            // The process has ended.
        }
        ready.completeExceptionally(new LabException("its process has ended"));
        calls.values().forEach(call -> call.completeExceptionally(new LabException("Node has ended")));
    }

    private void take(JsonNode line) {
        if (line.has("call")) {
            CompletableFuture<List<JsonNode>> call =
                    calls.remove(line.path("call").asLong());
            if (call != null && line.has("ack")) {
                List<JsonNode> answer = new ArrayList<>();
                line.path("ack").forEach(answer::add);
                call.complete(answer);
            } else if (call != null) {
                call.completeExceptionally(new LabException(line.path("error").asString()));
            }
            return;
        }
        String event = line.path("event").asString();
        if (event.equals("ready")) {
            ready.complete(line.path("version").asString());
            return;
        }
        if (event.equals("failed")) {
            System.err.println("JavaScript client: " + line.path("message").asString());
            return;
        }
        One client = clients.get(line.path("client").asString());
        if (client != null) {
            client.take(event, line);
        }
    }

    private final class One implements LabClient {
        private final Spec spec;
        private final String key;
        private final Journal journal = new Journal();
        private boolean opened;

        One(Spec spec, String key) {
            this.spec = spec;
            this.key = key;
        }

        private void take(String event, JsonNode line) {
            Kind kind;
            try {
                kind = Kind.valueOf(event.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException newer) {
                return;
            }
            String text = switch (kind) {
                case DISCONNECT, CLOSE -> line.path("reason").asString("");
                case CONNECT_ERROR, ERROR, RECONNECT_ERROR ->
                    line.path("message").asString("");
                case RECEIVED -> line.path("name").asString("");
                case RECONNECT_ATTEMPT, RECONNECT -> line.path("n").asString("");
                case TRANSPORT, UPGRADE -> line.path("transport").asString("");
                case CONNECT, OPEN, RECONNECT_FAILED, PING, HANDSHAKE -> "";
            };
            Happening happening = Happening.now(kind, spec.namespace(), text)
                    .withData(kind == Kind.RECEIVED ? line.path("args") : line);
            journal.add(kind == Kind.CONNECT ? happening.withId(line.path("id").asString("?")) : happening);
        }

        private ObjectNode command(String op) {
            return JsClients.command(op).put("client", key);
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
            if (opened) {
                send(command("connectAgain"));
                return;
            }
            opened = true;
            ObjectNode command = command("connect")
                    .put("manager", generation + "/" + spec.link())
                    .put("url", spec.uri().toString())
                    .put("namespace", spec.namespace());
            ObjectNode options = command.putObject("options");
            var transports = options.putArray("transports");
            spec.mode().transports().forEach(transport -> transports.add(transport.text()));
            Reconnection reconnection = spec.reconnection();
            options.put("reconnection", reconnection.enabled());
            if (reconnection.attempts() != Reconnection.UNLIMITED) {
                options.put("reconnectionAttempts", reconnection.attempts());
            }
            options.put("reconnectionDelay", reconnection.delay().toMillis());
            options.put("reconnectionDelayMax", reconnection.maxDelay().toMillis());
            options.put("randomizationFactor", reconnection.randomization());
            spec.room().ifPresent(room -> options.putObject("auth").put("room", room));
            send(command);
        }

        @Override
        public void disconnect() {
            send(command("disconnect"));
        }

        @Override
        public void emit(String event, @Nullable Object... args) {
            ObjectNode command = command("emit").put("event", event);
            command.set("args", JSON.valueToTree(args));
            send(command);
        }

        @Override
        public CompletableFuture<List<JsonNode>> request(Duration timeout, String event, @Nullable Object... args) {
            ObjectNode command = command("emitWithAck").put("event", event).put("timeout", timeout.toMillis());
            command.set("args", JSON.valueToTree(args));
            return call(command);
        }

        @Override
        public void count(int n) {
            send(command("count").put("n", n));
        }

        @Override
        public Tally tally() {
            return Tally.of(call(command("tally")).join().get(0));
        }
    }
}
