package dev.bowline.lab;

import dev.bowline.lab.Happening.Kind;
import dev.bowline.testkit.Direction;
import dev.bowline.testkit.Fault;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The scenarios, in their order; first those of a link that works, or half works. */
final class Scenarios {
    private static final int MANY = 1_000;
    private static final int SOME = 100;

    private Scenarios() {}

    /** All of them. */
    static List<Scenario> all() {
        List<Scenario> all = new ArrayList<>(List.of(
                Scenario.of(1, "handshake", Scenarios::handshake),
                Scenario.of(2, "heartbeat", Scenarios::heartbeat).withoutSessions(),
                Scenario.of(3, "no WebSocket on the way", Scenarios::noWebSocket),
                Scenario.of(4, "upgrade under load", Scenarios::upgradeUnderLoad)
                        .preferring(Duration.ofSeconds(1), Duration.ofSeconds(2))));
        all.addAll(Losses.all());
        all.add(Scenario.of(11, "a bad link", Scenarios::badLink)
                .needing(Duration.ofSeconds(1), Duration.ofSeconds(4)));
        all.addAll(Crowds.all());
        all.addAll(Returns.all());
        all.sort(java.util.Comparator.comparingInt(Scenario::number));
        return List.copyOf(all);
    }

    /** The five fields, as the server says that it is configured, both by hand and in the client's eyes. */
    private static void handshake(Stage stage) {
        JsonNode settings = stage.control().settings();
        boolean webSocket = stage.mode() == Mode.WEBSOCKET;
        JsonNode open = webSocket ? openOverWebSocket(stage.uri()) : openOverPolling(stage.uri());
        stage.expect(
                open.propertyNames().stream()
                        .toList()
                        .equals(List.of("sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload")),
                "the open packet has the fields " + open.propertyNames());
        String wanted = webSocket ? "[]" : settings.path("upgrades").toString();
        stage.expect(
                open.path("upgrades").toString().equals(wanted),
                "upgrades is " + open.path("upgrades") + ", not " + wanted);
        checkTimes(stage, settings, open, "the open packet");
        stage.expect(
                open.path("sid").asString("").matches("[A-Za-z0-9_-]{20}"),
                "the sid is not 20 characters of URL-safe base64");

        LabClient client = stage.client();
        stage.row().newId = java.util.Optional.of(stage.settle(client));
        JsonNode seen = stage.require(
                        client.journal(), 0, one -> one.is(Kind.HANDSHAKE), Stage.PATIENCE, "the client's handshake")
                .data();
        checkTimes(stage, settings, seen, "the client's handshake");
        stage.expect(!stage.row().newId.get().equals(open.path("sid").asString("")), "the socket's id is the engine's");
        stage.echoes(client);
    }

    private static void checkTimes(Stage stage, JsonNode settings, JsonNode open, String where) {
        for (String field : List.of("pingInterval", "pingTimeout", "maxPayload")) {
            stage.expect(
                    open.path(field).asLong(-1) == settings.path(field).asLong(),
                    where + " says " + field + " " + open.path(field) + ", configured is " + settings.path(field));
        }
    }

    private static JsonNode openOverPolling(URI uri) {
        try {
            // Left alone the JDK's client asks for an upgrade to HTTP/2, which Node takes for one to WebSocket.
            HttpResponse<String> answer = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .build()
                    .send(
                            HttpRequest.newBuilder(uri.resolve("/socket.io/?EIO=4&transport=polling"))
                                    .timeout(Stage.PATIENCE)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200 || !answer.body().startsWith("0{")) {
                throw new Stage.NotSeen("the polling handshake was answered with " + answer.statusCode());
            }
            return JsonMapper.shared().readTree(answer.body().substring(1));
        } catch (IOException failed) {
            throw new Stage.NotSeen("the polling handshake failed: " + failed.getMessage());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new Stage.NotSeen("interrupted");
        }
    }

    private static JsonNode openOverWebSocket(URI uri) {
        CompletableFuture<String> first = new CompletableFuture<>();
        try {
            WebSocket socket = HttpClient.newHttpClient()
                    .newWebSocketBuilder()
                    .buildAsync(
                            URI.create("ws://" + uri.getAuthority() + "/socket.io/?EIO=4&transport=websocket"),
                            new WebSocket.Listener() {
                                @Override
                                public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
                                    first.complete(text.toString());
                                    return CompletableFuture.completedFuture(null);
                                }
                            })
                    .get(Stage.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            String frame = first.get(Stage.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            socket.abort();
            return JsonMapper.shared().readTree(frame.substring(1));
        } catch (ExecutionException | TimeoutException failed) {
            throw new Stage.NotSeen("the WebSocket handshake failed: " + failed.getMessage());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new Stage.NotSeen("interrupted");
        }
    }

    /** A quiet link lives; a client whose answers are lost does not. */
    private static void heartbeat(Stage stage) {
        LabClient client = stage.client();
        String id = stage.settle(client);
        int beats = 5;
        Duration limit = stage.timings().budget().multipliedBy(beats + 1L).plus(Stage.PATIENCE);
        stage.require(
                client.journal(),
                0,
                seen -> seen.is(Kind.PING) && client.journal().count(one -> one.is(Kind.PING)) >= beats,
                limit,
                beats + " pings on a quiet link");
        stage.expect(
                client.journal().count(seen -> seen.is(Kind.DISCONNECT)) == 0, "a quiet link was taken for a dead one");
        stage.breakIt("cut", () -> stage.proxy().all().blackHole(Direction.TO_SERVER));
        stage.serverNotices(id, "ping timeout");
        stage.clientNotices(client, stage.reasonsOfWhoIsNotHeard());
        stage.heal();
        stage.back(client, id);
        stage.toldOnce(id);
    }

    /** What cannot upgrade stays where it is; what has nowhere to stay is told. */
    private static void noWebSocket(Stage stage) {
        stage.proxy().all().refuseUpgrades();
        stage.note("network", "refused", "WebSocket");
        LabClient client = stage.client();
        if (stage.mode() == Mode.WEBSOCKET) {
            client.connect();
            stage.require(client.journal(), 0, seen -> seen.is(Kind.CONNECT_ERROR), Stage.PATIENCE, "a connect_error");
            stage.heal();
            stage.row().newId = java.util.Optional.of(stage.connected(client, 0));
            return;
        }
        client.connect();
        stage.row().newId = java.util.Optional.of(stage.connected(client, 0));
        stage.require(
                client.journal(),
                0,
                seen -> seen.is(Kind.PING) && client.journal().count(one -> one.is(Kind.PING)) >= 3,
                stage.timings().budget().multipliedBy(4).plus(Stage.PATIENCE),
                "three pings over polling");
        stage.echoes(client);
        stage.expect(client.journal().count(seen -> seen.is(Kind.UPGRADE)) == 0, "an upgrade passed where none can");
        stage.expect(
                client.journal().count(seen -> seen.is(Kind.DISCONNECT)) == 0,
                "the failed upgrade cost the connection");
    }

    /** Numbered messages in both directions from the first moment on. */
    private static void upgradeUnderLoad(Stage stage) {
        stage.proxy().all().delay(Direction.BOTH, Duration.ofMillis(10), Duration.ofMillis(5));
        LabClient client = stage.client();
        client.connect();
        stage.row().newId = java.util.Optional.of(stage.connected(client, 0));
        client.emit("pour", MANY);
        client.count(MANY);
        if (stage.mode() == Mode.UPGRADE) {
            stage.require(client.journal(), 0, seen -> seen.is(Kind.UPGRADE), Stage.PATIENCE, "an upgrade");
        }
        stage.tally(client, MANY);
        stage.expect(
                client.journal().count(seen -> seen.is(Kind.DISCONNECT)) == 0,
                "the connection was lost under load, and with it what was under way: "
                        + client.journal().all().stream()
                                .filter(seen -> seen.is(Kind.DISCONNECT))
                                .map(Happening::text)
                                .toList());
    }

    /** Slow, late and in crumbs, but whole: no reason to give it up. */
    private static void badLink(Stage stage) {
        stage.proxy().all().delay(Direction.BOTH, Duration.ofMillis(300), Duration.ofMillis(200));
        stage.proxy().all().limitBandwidth(Direction.BOTH, 16 * 1024);
        stage.proxy().all().slice(Direction.BOTH, 1);
        stage.note("network", "note", "300 ms ± 200 ms, 16 KiB/s, one byte at a time");
        LabClient client = stage.client();
        stage.row().newId = java.util.Optional.of(stage.settle(client));
        client.emit("pour", SOME);
        client.count(SOME);
        stage.tally(client, SOME);
        stage.require(
                client.journal(),
                0,
                seen -> seen.is(Kind.PING) && client.journal().count(one -> one.is(Kind.PING)) >= 2,
                stage.timings().budget().multipliedBy(3).plus(Stage.PATIENCE),
                "two pings over the bad link");
        stage.echoes(client);
        stage.expect(
                client.journal().count(seen -> seen.is(Kind.DISCONNECT)) == 0, "a bad link was taken for a dead one");
        stage.proxy().all().heal(Fault.DELAY);
        stage.proxy().all().heal(Fault.BANDWIDTH);
        stage.proxy().all().heal(Fault.SLICES);
    }
}
