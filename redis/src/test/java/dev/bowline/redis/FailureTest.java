package dev.bowline.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.adapter.Answers;
import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.SocketDetails;
import dev.bowline.adapter.cluster.TestNode;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.redis.RedisHealth.State;
import dev.bowline.testkit.Eventually;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Redis is away, slow, restarted; strangers write to it; it wants to know who comes. */
class FailureTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    private <T extends AutoCloseable> T open(T one) {
        opened.add(one);
        return one;
    }

    private static void await(RedisAdapter adapter, State state) {
        Eventually.await(
                "Redis to be " + state, DEADLINE, () -> adapter.health().state() == state);
    }

    private static void emit(TestNode node, String text) {
        Packet packet = Packet.of(Packet.Type.EVENT, "/", new JsonCodec().writeEvent(text));
        node.adapter().broadcast(packet, BroadcastOptions.EVERYONE);
    }

    private static void awaitTwo(TestNode node) {
        Eventually.passes(
                DEADLINE,
                () -> assertThat(node.adapter()
                                .serverCount()
                                .toCompletableFuture()
                                .get(5, TimeUnit.SECONDS))
                        .isEqualTo(2));
    }

    @Test
    void servesItsOwnSocketsWhileRedisIsAwayAndResumesByItself() throws Exception {
        resumes(RedisAdapter::pubSub);
    }

    @Test
    void resumesOverShardedPubSub() throws Exception {
        resumes(options -> RedisAdapter.sharded(options, RoomChannels.PUBLIC));
    }

    @Test
    void resumesOverAStream() throws Exception {
        resumes(options -> RedisAdapter.streams(options, StreamOptions.DEFAULTS));
    }

    private void resumes(Function<RedisOptions, RedisAdapter> adapters) throws Exception {
        RedisServer redis = open(RedisServer.start());
        RedisAdapter first = open(adapters.apply(
                RedisOptions.at(redis.uri()).withMaxMessageBytes(300).withMaxQueuedBytes(900)));
        RedisAdapter second = open(adapters.apply(RedisOptions.at(redis.uri())));
        TestNode one = open(new TestNode(first, "/"));
        TestNode two = open(new TestNode(second, "/"));
        TestNode.Member a = one.connect("a", "x");
        TestNode.Member b = two.connect("b", "x");
        awaitTwo(one);
        emit(one, "before");
        Eventually.await("it to arrive", () -> b.received().contains("[\"before\"]"));

        redis.stop();
        await(first, State.AWAY);
        await(second, State.AWAY);
        assertThat(first.health().reason()).isNotEmpty();
        for (int i = 0; i < 50; i++) {
            emit(one, "away");
        }
        assertThat(a.received()).hasSize(51);
        assertThat(first.health().queuedBytes()).isBetween(1L, 900L);
        assertThat(first.health().lost()).isPositive();
        Answers<SocketDetails> found = one.adapter()
                .fetchSockets(BroadcastOptions.EVERYONE, Duration.ofSeconds(1))
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        assertThat(found.values()).hasSize(1);
        assertThat(found.isComplete()).isFalse();

        redis.startAgain();
        await(first, State.UP);
        await(second, State.UP);
        awaitTwo(one);
        awaitTwo(two);
        emit(one, "after");
        Eventually.await("it to arrive", () -> b.received().contains("[\"after\"]"));
        emit(two, "too");
        Eventually.await("it to arrive", () -> a.received().contains("[\"too\"]"));
        assertThat(first.health().reason()).isEmpty();
        Eventually.await("nothing to wait", () -> first.health().queuedBytes() == 0);
    }

    @Test
    void doesNotWaitForARedisThatIsNotThereYet() {
        RedisServer redis = open(RedisServer.start());
        redis.stop();
        RedisAdapter first = open(RedisAdapter.pubSub(RedisOptions.at(redis.uri())));
        TestNode one = open(new TestNode(first, "/"));
        TestNode.Member a = one.connect("a");
        emit(one, "alone");
        assertThat(a.received()).containsExactly("[\"alone\"]");
        await(first, State.AWAY);
        redis.startAgain();
        await(first, State.UP);
        open(new TestNode(open(RedisAdapter.pubSub(RedisOptions.at(redis.uri()))), "/"));
        awaitTwo(one);
    }

    @Test
    void seesThatRedisIsSlowAndThatItIsNotAnyMore() {
        RedisServer redis = open(RedisServer.start());
        RedisAdapter first = open(RedisAdapter.pubSub(
                RedisOptions.at(redis.uri()).withMaxMessageBytes(1_000).withMaxQueuedBytes(10_000)));
        TestNode one = open(new TestNode(first, "/"));
        TestNode.Member a = one.connect("a");
        await(first, State.UP);
        redis.holdUp(true);
        for (int i = 0; i < 1_000; i++) {
            emit(one, "into the void " + i);
        }
        assertThat(a.received()).hasSize(1_000);
        assertThat(first.health().queuedBytes()).isLessThanOrEqualTo(10_000);
        assertThat(first.health().lost()).isPositive();
        await(first, State.SLOW);
        assertThat(first.health().reason()).contains("PING");
        redis.holdUp(false);
        await(first, State.UP);
        Eventually.await("nothing to wait", () -> first.health().queuedBytes() == 0);
    }

    @Test
    void dropsWhatIsLargerThanItMayBe() {
        RedisServer redis = open(RedisServer.start());
        RedisAdapter first = open(RedisAdapter.pubSub(RedisOptions.at(redis.uri())));
        RedisAdapter second =
                open(RedisAdapter.pubSub(RedisOptions.at(redis.uri()).withMaxMessageBytes(1_000)));
        TestNode one = open(new TestNode(first, "/"));
        TestNode two = open(new TestNode(second, "/"));
        TestNode.Member b = two.connect("b");
        awaitTwo(one);
        emit(one, "x".repeat(2_000));
        emit(one, "small");
        Eventually.await("it to arrive", () -> b.received().contains("[\"small\"]"));
        assertThat(b.received()).hasSize(1);
        assertThat(second.health().dropped()).isEqualTo(1);
    }

    @Test
    void comesWithUserAndPasswordAndSaysIfItIsNotLetIn() {
        RedisServer redis = open(RedisServer.start(
                "--user",
                "default",
                "off",
                "--user",
                "app",
                "on",
                ">secret",
                "&my.app*",
                "&my.app#/#*",
                "~my.app*",
                "+@all"));
        RedisURI uri = RedisURI.create("redis://app:secret@127.0.0.1:" + redis.port());
        for (Function<RedisOptions, RedisAdapter> family : List.<Function<RedisOptions, RedisAdapter>>of(
                RedisAdapter::pubSub,
                options -> RedisAdapter.sharded(options, RoomChannels.PUBLIC),
                options -> RedisAdapter.streams(options, StreamOptions.DEFAULTS.withStreamName("my.app")))) {
            RedisAdapter first = open(family.apply(RedisOptions.at(uri).withPrefix("my.app")));
            RedisAdapter second = open(family.apply(RedisOptions.at(uri).withPrefix("my.app")));
            try (TestNode one = new TestNode(first, "/");
                    TestNode two = new TestNode(second, "/")) {
                TestNode.Member b = two.connect("b");
                awaitTwo(one);
                emit(one, "let in");
                Eventually.await("it to arrive", () -> b.received().contains("[\"let in\"]"));
            }
        }
        RedisAdapter stranger = open(RedisAdapter.pubSub(RedisOptions.at(redis.uri())));
        Eventually.await(
                "the reason", DEADLINE, () -> stranger.health().reason().contains("NOAUTH"));
        RedisAdapter elsewhere = open(RedisAdapter.pubSub(RedisOptions.at(uri).withPrefix("other")));
        open(new TestNode(elsewhere, "/"));
        Eventually.await(
                "the reason", DEADLINE, () -> elsewhere.health().reason().contains("NOPERM"));
        assertThat(elsewhere.health().state()).isEqualTo(State.AWAY);
    }

    @Test
    void saysThatItCannotReadTheStream() {
        RedisServer redis = open(RedisServer.start(
                "--user",
                "default",
                "off",
                "--user",
                "app",
                "on",
                ">secret",
                "allchannels",
                "allkeys",
                "+@all",
                "-xread"));
        RedisURI uri = RedisURI.create("redis://app:secret@127.0.0.1:" + redis.port());
        RedisAdapter deaf = open(RedisAdapter.streams(RedisOptions.at(uri), StreamOptions.DEFAULTS));
        Eventually.await("the reason", DEADLINE, () -> deaf.health().reason().contains("NOPERM"));
        assertThat(deaf.health().state()).isEqualTo(State.AWAY);
    }

    @Test
    void refusesOptionsThatContradictEachOther() {
        RedisOptions options = RedisOptions.at("redis://localhost");
        assertThatThrownBy(() -> options.withPrefix("")).hasMessage("prefix must not be empty");
        assertThatThrownBy(() -> options.withMaxMessageBytes(0))
                .hasMessage("maxMessageBytes must be more than zero: 0");
        assertThatThrownBy(() -> options.withHoldFor(Duration.ofSeconds(-1)))
                .hasMessage("holdFor must not be negative: PT-1S");
        assertThatThrownBy(() -> options.withMaxQueuedBytes(1_000)).hasMessageContaining("maxMessageBytes");
        assertThatThrownBy(() -> StreamOptions.DEFAULTS.withStreamCount(0))
                .hasMessage("streamCount must be at least 1: 0");
        assertThat(Set.of(options.prefix())).containsExactly("socket.io");
    }
}
