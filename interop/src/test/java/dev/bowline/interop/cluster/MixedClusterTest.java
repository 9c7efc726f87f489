package dev.bowline.interop.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.adapter.Answers;
import dev.bowline.interop.cluster.MixedCluster.Client;
import dev.bowline.interop.cluster.MixedCluster.Family;
import dev.bowline.redis.RedisEmitter;
import dev.bowline.redis.RedisServer;
import dev.bowline.server.RemoteSocket;
import dev.bowline.server.SilentNodesException;
import dev.bowline.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/**
 * Bowline in one cluster with Node's packages: {@code @socket.io/redis-adapter} 8.3.0, plain and sharded,
 * {@code @socket.io/redis-streams-adapter} 0.3.1 and {@code @socket.io/redis-emitter} 5.1.0.
 */
class MixedClusterTest {
    private static RedisServer redis;

    @BeforeAll
    static void startRedis() {
        redis = RedisServer.start();
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(20, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void broadcastsReachTheClientsOfBoth(Family family) throws Exception {
        try (var cluster = new MixedCluster(family, redis)) {
            Client a = cluster.atBowline();
            Client b = cluster.atNode();
            a.enter("x");
            b.enter("x");
            b.enter("y");
            cluster.bowline().emit("news", 1, "zwei \u20ac", List.of(3.5, true), new byte[] {1, 2}, 1e21);
            for (Client client : List.of(a, b)) {
                client.expect("news 1 \"zwei \u20ac\" [3.5,true] <0102> 1e+21");
            }
            cluster.node("emit", "'args':['news',{'n':null},{'$bin':'ff00'},0.5,'x']");
            for (Client client : List.of(a, b)) {
                client.expect("news {\"n\":null} <ff00> 0.5 \"x\"");
            }
            cluster.bowline().to("x").except("y").emit("x but not y");
            cluster.bowline().local().emit("local");
            cluster.bowline().to("y").emit("y");
            cluster.bowline().to(List.of("x", "y")).emit("both");
            cluster.bowline().to(b.id()).emit("b", 1);
            a.expect("x but not y");
            a.expect("local");
            a.expect("both");
            for (String event : List.of("y", "both", "b 1")) {
                b.received().await(event::equals);
            }
            cluster.node("emit", "'rooms':['x'],'except':['y'],'args':['x but not y']");
            cluster.node("emit", "'rooms':['x'],'flags':{'volatile':true},'args':['volatile']");
            cluster.node("emit", "'flags':{'local':true},'args':['local']");
            cluster.node("emit", "'rooms':['x','y'],'args':['both',{'$date':0}]");
            cluster.node("emit", "'rooms':['" + a.id() + "'],'args':['a',1]");
            for (String event : List.of("x but not y", "volatile", "both \"1970-01-01T00:00:00.000Z\"", "a 1")) {
                a.received().await(event::equals);
            }
            cluster.bowline().emit("end");
            cluster.node("emit", "'args':['end']");
            a.received().await("end"::equals);
            a.expect("end");
            a.received().assertExhausted();
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void acknowledgementsComeFromTheClientsOfBoth(Family family) throws Exception {
        try (var cluster = new MixedCluster(family, redis)) {
            Client a = cluster.atBowline();
            Client b = cluster.atNode();
            a.socket().onRequest("ask", Integer.class, n -> "a " + n);
            b.socket().onRequest("ask", Integer.class, n -> "b " + n);
            a.socket().onRequest("bytes", Integer.class, n -> new byte[] {1});
            b.socket().onRequest("bytes", Integer.class, n -> new byte[] {2});
            Answers<String> answers = get(cluster.bowline().emitWithAck("ask", String.class, 5));
            assertThat(answers.isComplete()).isTrue();
            assertThat(answers.values()).containsExactlyInAnyOrder("a 5", "b 5");
            assertThat(get(cluster.bowline().emitWithAck("bytes", byte[].class, 5))
                            .values())
                    .containsExactlyInAnyOrder(new byte[] {1}, new byte[] {2});
            assertThat(cluster.node("ack", "'flags':{'timeout':5000},'args':['ask',6]").values().stream()
                            .map(JsonNode::asString))
                    .containsExactlyInAnyOrder("a 6", "b 6");
            assertThat(cluster.node("ack", "'flags':{'timeout':5000},'args':['bytes',6]").values().stream()
                            .map(one -> one.path("$bin").asString()))
                    .containsExactlyInAnyOrder("01", "02");
            Answers<String> nobody = get(cluster.bowline().to("nobody").emitWithAck("ask", String.class, 5));
            assertThat(nobody).isEqualTo(Answers.complete(List.of()));
            assertThat(cluster.node("ack", "'rooms':['nobody'],'flags':{'timeout':5000},'args':['ask',6]")
                            .size())
                    .isZero();
            Answers<String> some =
                    get(cluster.bowline().timeout(Duration.ofMillis(500)).emitWithAck("nobody answers", String.class));
            assertThat(some.values()).isEmpty();
            assertThat(some.silentSockets()).containsExactly(a.id());
            assertThat(some.unnamedSockets()).isEqualTo(1);
            assertThat(some.silentNodes()).isEmpty();
            assertThat(some.unnamedNodes()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void socketsOfBothAreFoundMovedAndThrownOut(Family family) throws Exception {
        try (var cluster = new MixedCluster(family, redis)) {
            Client a = cluster.atBowline();
            Client b = cluster.atNode();
            List<RemoteSocket> found = get(cluster.bowline().fetchSockets());
            assertThat(found.stream().map(RemoteSocket::id)).containsExactlyInAnyOrder(a.id(), b.id());
            RemoteSocket atNode = found.stream()
                    .filter(socket -> socket.id().equals(b.id()))
                    .findFirst()
                    .orElseThrow();
            assertThat(atNode.data().toString()).isEqualTo("{\"user\":\"of node\"}");
            assertThat(atNode.handshake().url()).startsWith("/socket.io/");
            assertThat(atNode.rooms()).containsExactly(b.id());
            JsonNode all = cluster.node("fetch");
            assertThat(all.values().stream().map(one -> one.path("id").asString()))
                    .containsExactlyInAnyOrder(a.id(), b.id());
            JsonNode atBowline = all.values().stream()
                    .filter(one -> one.path("id").asString().equals(a.id()))
                    .findFirst()
                    .orElseThrow();
            assertThat(atBowline.path("data").toString()).isEqualTo("{\"user\":\"of bowline\"}");
            assertThat(atBowline.path("url").asString()).startsWith("/socket.io/");

            cluster.bowline().to(b.id()).socketsJoin(List.of("p", "q"));
            Eventually.passes(() -> assertThat(roomsAtNode(cluster, b)).containsExactlyInAnyOrder(b.id(), "p", "q"));
            cluster.bowline().to("p").socketsLeave("q");
            Eventually.passes(() -> assertThat(roomsAtNode(cluster, b)).containsExactlyInAnyOrder(b.id(), "p"));
            cluster.node("join", "'rooms':['" + a.id() + "'],'args':['r','s']");
            Eventually.passes(() -> assertThat(roomsAtBowline(cluster, a)).containsExactlyInAnyOrder(a.id(), "r", "s"));
            cluster.node("leave", "'rooms':['r'],'args':['s']");
            Eventually.passes(() -> assertThat(roomsAtBowline(cluster, a)).containsExactlyInAnyOrder(a.id(), "r"));
            if (family.isClassic()) {
                assertThat(cluster.node("allRooms").values().stream().map(JsonNode::asString))
                        .containsExactlyInAnyOrder(a.id(), "r", b.id(), "p");
            }

            cluster.bowline().to("p").disconnectSockets();
            Eventually.await("b to be gone", b::isGone);
            cluster.node("disconnect", "'rooms':['r'],'close':true");
            Eventually.await("a to be gone", a::isGone);
            Eventually.passes(
                    () -> assertThat(get(cluster.bowline().fetchSockets())).isEmpty());
        }
    }

    private static List<String> roomsAtNode(MixedCluster cluster, Client client) throws Exception {
        List<String> rooms = new ArrayList<>();
        for (RemoteSocket socket : get(cluster.bowline().fetchSockets())) {
            if (socket.id().equals(client.id())) {
                rooms.addAll(socket.rooms());
            }
        }
        return rooms;
    }

    private static List<String> roomsAtBowline(MixedCluster cluster, Client client) {
        List<String> rooms = new ArrayList<>();
        for (JsonNode socket : cluster.node("fetch")) {
            if (socket.path("id").asString().equals(client.id())) {
                socket.path("rooms").forEach(room -> rooms.add(room.asString()));
            }
        }
        return rooms;
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void serversOfBothTellAndAskEachOther(Family family) throws Exception {
        try (var cluster = new MixedCluster(family, redis)) {
            cluster.bowline().serverSideEmit("tell", 1, List.of("two"));
            assertThat(cluster.heardByNode()).isEqualTo("[1,[\"two\"]]");
            cluster.node("serverSideEmit", "'args':['tell',{'three':3}]");
            cluster.heard().expectNext("{\"three\":3}");
            Answers<String> answers = get(cluster.bowline().serverSideEmitWithAck("ask", String.class, "this"));
            assertThat(answers).isEqualTo(Answers.complete(List.of("node heard this")));
            assertThat(cluster.node("serverSideEmitWithAck", "'args':['ask','that']").values().stream()
                            .map(JsonNode::asString))
                    .containsExactly("bowline heard that");
            cluster.heard().assertExhausted();
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void aServerOfNodeThatHangsIsNamedAndOneThatDiesIsForgotten(Family family) throws Exception {
        try (var cluster = new MixedCluster(family, redis)) {
            Client a = cluster.atBowline();
            signal(cluster, "-STOP");
            assertThatThrownBy(() -> get(
                            cluster.bowline().timeout(Duration.ofMillis(500)).fetchSockets()))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOfSatisfying(SilentNodesException.class, silent -> {
                        assertThat(silent.nodes()).hasSize(1);
                        assertThat(silent.found().stream().map(RemoteSocket::id))
                                .containsExactly(a.id());
                    });
            signal(cluster, "-CONT");
            Eventually.passes(
                    () -> assertThat(get(cluster.bowline().fetchSockets())).hasSize(1));
            cluster.nodeProcess().destroyForcibly();
            Eventually.passes(() ->
                    assertThat(get(cluster.bowline().of("/").serverCount())).isEqualTo(1));
            assertThat(get(cluster.bowline().fetchSockets())).hasSize(1);
        }
    }

    private static void signal(MixedCluster cluster, String signal) throws Exception {
        long pid = cluster.nodeProcess().pid();
        assertThat(new ProcessBuilder("kill", signal, String.valueOf(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void bowlinesEmitterReachesBoth(Family family) throws Exception {
        try (var cluster = new MixedCluster(family, redis)) {
            Client a = cluster.atBowline();
            Client b = cluster.atNode();
            b.enter("x");
            RedisEmitter emitter = cluster.emitter();
            emitter.emit("news", 1, new byte[] {3});
            for (Client client : List.of(a, b)) {
                client.expect("news 1 <03>");
            }
            emitter.to("x").emit("to x");
            b.expect("to x");
            emitter.of("/").to(List.of(a.id(), b.id())).socketsJoin("y");
            Eventually.passes(() -> assertThat(roomsAtNode(cluster, b)).contains("y"));
            Eventually.passes(() -> assertThat(roomsAtBowline(cluster, a)).contains("y"));
            emitter.to("y").except("x").emit("y but not x");
            a.expect("y but not x");
            emitter.of("/").serverSideEmit("tell", "all");
            cluster.heard().expectNext("\"all\"");
            assertThat(cluster.heardByNode()).isEqualTo("[\"all\"]");
            emitter.to("y").disconnectSockets(true);
            Eventually.await("both to be gone", () -> a.isGone() && b.isGone());
        }
    }

    /** It is for the classic adapter only. */
    @ParameterizedTest
    @EnumSource(
            value = Family.class,
            names = {"PUB_SUB", "PUB_SUB_WITH_SPECIFIC_RESPONSES"})
    void nodesEmitterReachesBowline(Family family) throws Exception {
        try (var cluster = new MixedCluster(family, redis)) {
            Client a = cluster.atBowline();
            a.enter("x");
            cluster.node("emitterEmit", "'args':['news',1,{'$bin':'0a'}]");
            a.expect("news 1 <0a>");
            cluster.node("emitterEmit", "'rooms':['x'],'args':['to x']");
            a.expect("to x");
            cluster.node("emitterEmit", "'except':['x'],'args':['not x']");
            cluster.node("emitterJoin", "'rooms':['x'],'args':['y']");
            Eventually.passes(() -> assertThat(roomsAtBowline(cluster, a)).contains("y"));
            cluster.node("emitterLeave", "'rooms':['x'],'args':['y']");
            Eventually.passes(() -> assertThat(roomsAtBowline(cluster, a)).doesNotContain("y"));
            cluster.node("emitterServerSideEmit", "'args':['tell','from an emitter']");
            cluster.heard().expectNext("\"from an emitter\"");
            cluster.node("emitterDisconnect", "'rooms':['x'],'close':true");
            Eventually.await("a to be gone", a::isGone);
            a.received().assertExhausted();
        }
    }
}
