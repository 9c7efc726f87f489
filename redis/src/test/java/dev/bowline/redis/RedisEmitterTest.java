package dev.bowline.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.adapter.cluster.TestNode;
import dev.bowline.testkit.Eventually;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** A process without sockets reaches those of servers that use the same. */
class RedisEmitterTest {
    private static final String PROBE = "[\"probe\"]";

    @Test
    void reachesServersOverPubSub() throws Exception {
        reaches(RedisAdapter::pubSub, RedisEmitter::pubSub);
    }

    @Test
    void reachesServersOverShardedPubSub() throws Exception {
        reaches(
                options -> RedisAdapter.sharded(options, RoomChannels.PUBLIC),
                options -> RedisEmitter.sharded(options, RoomChannels.PUBLIC));
    }

    @Test
    void reachesServersOverAStream() throws Exception {
        reaches(
                options -> RedisAdapter.streams(options, StreamOptions.DEFAULTS),
                options -> RedisEmitter.streams(options, StreamOptions.DEFAULTS));
    }

    private static void reaches(
            Function<RedisOptions, RedisAdapter> adapters, Function<RedisOptions, RedisEmitter> emitters)
            throws Exception {
        try (RedisServer redis = RedisServer.start()) {
            RedisOptions options = RedisOptions.at(redis.uri()).withPrefix("my.app");
            try (RedisAdapter adapter = adapters.apply(options);
                    RedisEmitter io = emitters.apply(options)) {
                io.up().toCompletableFuture().get(20, TimeUnit.SECONDS);
                adapter.up().toCompletableFuture().get(20, TimeUnit.SECONDS);
                try (TestNode node = new TestNode(adapter, "/chat")) {
                    Eventually.passes(() -> assertThat(node.adapter()
                                    .serverCount()
                                    .toCompletableFuture()
                                    .get(5, TimeUnit.SECONDS))
                            .isEqualTo(1));
                    TestNode.Member a = node.connect("a", "x");
                    TestNode.Member b = node.connect("b", "y");
                    EmitOperator chat = io.of("chat");
                    awaitWay(chat, "x", a);
                    chat.to("x").emit("to x", 1);
                    chat.to(List.of("x", "y")).except("y").emit("not y", new byte[] {1});
                    chat.droppable().compress(false).emit("all");
                    chat.to("a").socketsJoin("z");
                    Eventually.await(
                            "a to be in z", () -> node.adapter().rooms("a").contains("z"));
                    awaitWay(chat, "z", a);
                    chat.to("z").emit("to z");
                    Eventually.await("it to come to a", () -> a.received().contains("[\"to z\"]"));
                    chat.socketsLeave("z", "x");
                    Eventually.await(
                            "a to have left", () -> node.adapter().rooms("a").equals(java.util.Set.of("a")));
                    chat.serverSideEmit("servers", 1);
                    Eventually.passes(() -> assertThat(node.heard()).containsExactly("[\"servers\",1]"));
                    chat.to("b").disconnectSockets(true);
                    Eventually.passes(() -> assertThat(b.thrownOut()).containsExactly(true));
                    assertThat(a.received())
                            .filteredOn(event -> !event.equals(PROBE))
                            .containsExactlyInAnyOrder(
                                    "[\"to x\",1]",
                                    "[\"not y\",{\"_placeholder\":true,\"num\":0}] 01",
                                    "[\"all\"]",
                                    "[\"to z\"]");
                    assertThat(b.received()).containsExactly("[\"all\"]");
                    assertThat(io.health().state()).isEqualTo(RedisHealth.State.UP);
                    assertThatThrownBy(() -> io.emit("disconnect")).isInstanceOf(IllegalArgumentException.class);
                }
            }
        }
    }

    /** Where rooms have channels, a server hears what is said in a new one once Redis has heard of that. */
    private static void awaitWay(EmitOperator chat, String room, TestNode.Member member) {
        int before = probes(member);
        Eventually.passes(() -> {
            chat.to(room).emit("probe");
            assertThat(probes(member)).isGreaterThan(before);
        });
    }

    private static int probes(TestNode.Member member) {
        return (int) member.received().stream().filter(PROBE::equals).count();
    }
}
