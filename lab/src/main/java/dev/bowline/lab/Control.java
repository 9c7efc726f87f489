package dev.bowline.lab;

import dev.bowline.client.Manager;
import dev.bowline.client.Reconnection;
import dev.bowline.client.Socket;
import dev.bowline.core.engine.TransportName;
import dev.bowline.lab.Happening.Kind;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The controls of a server under test: a connection of our own, past the proxy, which tells what the server saw. */
final class Control implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Manager manager;
    private final Socket socket;
    private final Journal journal = new Journal();
    private final AtomicInteger losses = new AtomicInteger();
    private final Set<Long> heard = ConcurrentHashMap.newKeySet();

    Control(InetSocketAddress address) {
        manager = Manager.builder(URI.create("http://" + address.getHostString() + ":" + address.getPort()))
                .transports(TransportName.WEBSOCKET)
                .reconnection(Reconnection.defaults()
                        .withDelay(Duration.ofMillis(100))
                        .withMaxDelay(Duration.ofSeconds(1)))
                .build();
        socket = manager.socket("/lab");
        for (String event : List.of("connected", "disconnected")) {
            socket.on(event, JsonNode.class, told -> hear(event, told));
        }
        Journal connected = new Journal();
        socket.onConnect(() -> {
            connected.add(Happening.now(Kind.CONNECT, "/lab", ""));
            if (losses.get() > 0) {
                catchUp();
            }
        });
        socket.onConnectError(error -> connected.add(Happening.now(Kind.CONNECT_ERROR, "/lab", error.message())));
        socket.onDisconnect(details -> losses.incrementAndGet());
        socket.connect();
        Happening first = connected
                .await(0, any -> true, PATIENCE)
                .orElseThrow(() -> failure("no answer within " + PATIENCE.toSeconds() + " s"));
        if (first.is(Kind.CONNECT_ERROR)) {
            throw failure(first.text());
        }
    }

    private LabException failure(String why) {
        manager.close();
        return new LabException("cannot reach the controls (/lab) of the server: " + why);
    }

    /** The controls were away themselves, as on a machine that is too busy: asks what there was to hear meanwhile. */
    private void catchUp() {
        var unused = socket.timeout(PATIENCE)
                .emitWithAck("recent", JsonNode.class)
                .thenAccept(all -> all.forEach(told -> hear(told.path("event").asString(""), told)));
    }

    /** Once each, and there are two ways to hear of it. */
    private void hear(String event, JsonNode told) {
        if (heard.add(told.path("n").asLong(-1)) || !told.has("n")) {
            journal.add(happening(event, told));
        }
    }

    private static Happening happening(String event, JsonNode told) {
        Kind kind = event.equals("connected") ? Kind.CONNECT : Kind.DISCONNECT;
        return Happening.now(
                        kind,
                        told.path("nsp").asString("/"),
                        told.path("reason").asString(""))
                .withId(told.path("id").asString("?"))
                .withData(told)
                .ago(Duration.ofMillis(told.path("ago").asLong(0)));
    }

    /** What the server saw. */
    Journal journal() {
        return journal;
    }

    /** How often the controls were away themselves, and could not hear. */
    int losses() {
        return losses.get();
    }

    JsonNode settings() {
        return ask("settings");
    }

    boolean drop(String id) {
        return ask("drop", id).asBoolean(false);
    }

    boolean kick(String id) {
        return ask("kick", id).asBoolean(false);
    }

    List<String> sockets(String namespace) {
        List<String> ids = new ArrayList<>();
        ask("sockets", namespace).forEach(id -> ids.add(id.asString()));
        return ids;
    }

    void say(String namespace, String room, String event, String payload) {
        ask("say", namespace, room, event, payload);
    }

    /** Has numbers emitted to a room, from that one on, each with a text of so many characters behind it, if any. */
    void number(String room, int from, int n, int padding) {
        ask("number", "/", room, from, n, Map.of("padding", padding));
    }

    /** Has one number emitted to a room, with a text of so many characters behind it, to those who can take it now. */
    void numberVolatile(String room, int number, int padding) {
        ask("number", "/", room, number, 1, Map.of("padding", padding, "volatile", true));
    }

    private JsonNode ask(String request, @Nullable Object... args) {
        try {
            return socket.timeout(PATIENCE)
                    .emitWithAck(request, JsonNode.class, args)
                    .get(PATIENCE.toSeconds() + 1, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException failed) {
            throw new LabException("the server's controls did not answer " + request + ": " + failed.getMessage());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted");
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
