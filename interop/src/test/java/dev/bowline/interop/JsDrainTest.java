package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.NettyServer;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A rolling deployment as the official JavaScript clients see it: one server makes way, another takes its port. */
class JsDrainTest {
    private static final int OF_EACH_WAY = 6;
    private static final List<String> WAYS = List.of("websocket", "polling", "upgrade");
    private static final int NEWS = 50;
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    @TempDir
    private Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final AtomicInteger said = new AtomicInteger();
    private final Recorder<String> asked = new Recorder<>(DEADLINE);
    private final Recorder<String> departures = new Recorder<>(DEADLINE);
    private final Queue<Long> departedAt = new ConcurrentLinkedQueue<>();
    private final CountDownLatch release = new CountDownLatch(1);

    @AfterEach
    void close() throws Exception {
        release.countDown();
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private SocketIoServer newServer() {
        SocketIoServer io = SocketIoServer.create();
        io.onConnection(socket -> {
            socket.on("say", String.class, name -> said.incrementAndGet());
            socket.onEvent("ask", (args, ack) -> {
                asked.accept(String.valueOf(args.get(0, String.class)));
                release.await();
                ack.send(args.node(0));
            });
            socket.onDisconnect(reason -> {
                departedAt.add(System.nanoTime());
                departures.accept(reason.text());
            });
        });
        return io;
    }

    private NettyServer serve(SocketIoServer io, int port) {
        NettyServer http = NettyServer.bind(io, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        open.add(http);
        return http;
    }

    private NodeProcess clients(int port, int count, List<String> ways) {
        List<String> arguments = new ArrayList<>(List.of("http://127.0.0.1:" + port, Integer.toString(count)));
        arguments.addAll(ways);
        NodeProcess clients = NodeProcess.start("drained-clients.mjs", arguments.toArray(new String[0]));
        open.add(clients);
        return clients;
    }

    private static List<String> names(int count, List<String> ways) {
        List<String> names = new ArrayList<>();
        ways.forEach(way -> {
            for (int i = 0; i < count; i++) {
                names.add(way + i);
            }
        });
        return names;
    }

    /** Waits until each of them has said so since the first {@code from} lines. */
    private static void await(NodeProcess clients, int from, String what, List<String> names) {
        Set<String> missing = new HashSet<>(names);
        Eventually.await("all to say " + what, DEADLINE, () -> {
            List<String> lines = clients.lines();
            lines.subList(from, lines.size()).stream()
                    .filter(line -> line.startsWith(what + " "))
                    .forEach(line -> missing.remove(line.split(" ", -1)[1]));
            return missing.isEmpty();
        });
    }

    private static List<JsonNode> goodbyes(NodeProcess clients) {
        return clients.lines().stream()
                .filter(line -> line.startsWith("out "))
                .map(line -> JsonMapper.shared().readTree(line.substring(line.indexOf('{'))))
                .toList();
    }

    private static HttpResponse<String> handshake(int port) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + port + "/socket.io/?EIO=4&transport=polling");
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void everyClientGetsWhatItIsOwedAndComesBackToTheNextServer() throws Exception {
        SocketIoServer io = newServer();
        NettyServer http = serve(io, 0);
        int port = http.port();
        List<String> names = names(OF_EACH_WAY, WAYS);
        NodeProcess clients = clients(port, OF_EACH_WAY, WAYS);
        await(clients, 0, "in", names);
        await(clients, 0, "upgraded", names(OF_EACH_WAY, List.of("upgrade")));
        clients.say("ask");
        names.forEach(name -> asked.next());
        assertThat(said).hasValue(5 * names.size());
        for (int i = 0; i < NEWS; i++) {
            io.emit("news", i);
        }

        CompletableFuture<Void> drain = io.drain(Duration.ofSeconds(2));
        release.countDown();
        HttpResponse<String> refused = handshake(port);
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.headers().firstValue("Retry-After")).contains("1");
        await(clients, 0, "out", names);
        assertThat(goodbyes(clients)).hasSize(names.size()).allSatisfy(goodbye -> {
            assertThat(goodbye.path("reason").asString()).isEqualTo("transport close");
            assertThat(goodbye.path("news").asInt()).isEqualTo(NEWS);
            assertThat(goodbye.path("answers").asInt()).isEqualTo(1);
        });
        assertThat(drain).succeedsWithin(20, TimeUnit.SECONDS);
        assertThat(departures.all()).hasSize(names.size()).containsOnly("server shutting down");
        assertSpread(TimeUnit.SECONDS.toNanos(2));
        assertThat(clients.lines())
                .anyMatch(line -> line.matches("refused websocket\\d+ 503"))
                .anyMatch(line -> line.matches("refused (polling|upgrade)\\d+ 503"))
                .noneMatch(line -> line.startsWith("refused ") && !line.endsWith(" 503"));

        http.close();
        int before = clients.lines().size();
        serve(newServer(), port);
        await(clients, before, "in", names);
    }

    /** On a machine that has others to serve too, the most that can be said is that they did not go together. */
    private void assertSpread(long duration) {
        List<Long> sorted = departedAt.stream().sorted().toList();
        long first = sorted.get(0);
        assertThat(sorted.get(sorted.size() - 1) - first).isGreaterThan(duration / 3);
        assertThat(sorted.stream().filter(at -> at - first < duration / 10)).hasSizeLessThan(sorted.size() / 2);
    }

    /** Some are at the door then, some have come in, some are about to move to a WebSocket, some have. */
    @RepeatedTest(5)
    void noClientIsStrandedThatIsOnItsWayToAWebSocket() throws Exception {
        SocketIoServer io = newServer();
        NettyServer http = serve(io, 0);
        List<String> ways = List.of("upgrade");
        NodeProcess clients = clients(http.port(), 12, ways);
        Eventually.await("the first to be in", DEADLINE, () -> io.of("/").socketCount() > 0);
        io.drain(Duration.ofMillis(100)).get(20, TimeUnit.SECONDS);
        http.close();
        serve(newServer(), http.port());
        await(clients, 0, "in", names(12, ways));
        assertThat(clients.lines())
                .filteredOn(line -> line.startsWith("out "))
                .allMatch(line -> line.contains("\"transport close\""));
    }

    @Test
    void theCommandsOfTheLabDrainWhenTheyAreAskedToEnd() {
        // Its own heartbeat is for short runs: where the machine is busy, clients would be lost to that.
        try (LabProcess lab = LabProcess.start(
                directory, "contract-server", "--drain=500", "--ping-interval=25000", "--ping-timeout=20000")) {
            String line = lab.awaitLine(said -> said.startsWith("listening on "));
            int port = URI.create(line.substring("listening on ".length())).getPort();
            NodeProcess clients = clients(port, 2, WAYS);
            await(clients, 0, "in", names(2, WAYS));
            lab.terminate();
            await(clients, 0, "out", names(2, WAYS));
            assertThat(goodbyes(clients))
                    .allSatisfy(goodbye ->
                            assertThat(goodbye.path("reason").asString()).isEqualTo("transport close"));
            LabProcess.Outcome outcome = lab.await();
            assertThat(outcome.status()).as(outcome::text).isEqualTo(128 + 15);
        }
    }
}
