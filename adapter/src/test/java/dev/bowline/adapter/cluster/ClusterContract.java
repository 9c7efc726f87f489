package dev.bowline.adapter.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.adapter.AdapterFactory;
import dev.bowline.adapter.Answer;
import dev.bowline.adapter.Answers;
import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.SocketDetails;
import dev.bowline.core.packet.Payload;
import dev.bowline.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What every engine of a cluster must do. A new one extends this class, and says in it how a server joins, how a node
 * looks that hears everything and says nothing, and what on the wire is no message.
 */
public abstract class ClusterContract {
    /** The time limit of a question that everybody answers. */
    private static final Duration PLENTY = Duration.ofSeconds(30);

    /** The time limit of a question that somebody does not answer. */
    private static final Duration LITTLE = Duration.ofMillis(700);

    private static final BroadcastOptions ALL = BroadcastOptions.EVERYONE;

    private final List<TestNode> nodes = new ArrayList<>();

    /** For the engine's test. */
    protected ClusterContract() {}

    /** A node that others see in their cluster, and that answers nobody until it dies. */
    public interface SilentNode extends AutoCloseable {
        /** Its name. */
        String name();

        /** It dies. */
        @Override
        void close();
    }

    /** What makes the adapters of one more server. */
    protected abstract AdapterFactory join();

    /** A node in the namespace that is silent. */
    protected abstract SilentNode silentNode(String namespace);

    /** Brings to every server of the namespace {@code /} what is no message, in as many ways as there are. */
    protected abstract void talkNonsense();

    /** A server of the namespace. It is in the cluster when this returns. */
    protected final TestNode node(String namespace) {
        int before = (int) nodes.stream()
                .filter(node -> node.namespace().equals(namespace))
                .count();
        var node = new TestNode(join(), namespace);
        nodes.add(node);
        awaitCount(node, before + 1);
        return node;
    }

    private static void awaitCount(TestNode node, int count) {
        Eventually.passes(() -> assertThat(result(node.adapter().serverCount())).isEqualTo(count));
    }

    private static <T> T result(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(40, TimeUnit.SECONDS);
    }

    private static void received(TestNode.Member member, String... events) {
        Eventually.passes(() -> assertThat(withoutProbes(member)).containsExactly(events));
    }

    /** Some engines subscribe to a room when somebody comes in: what is said before they have is not heard. */
    private static void awaitWay(TestNode from, String room, TestNode.Member member) {
        Eventually.passes(() -> {
            from.emit(ALL.andTo(Set.of(room)), "probe " + room);
            assertThat(member.received()).contains("[\"probe " + room + "\"]");
        });
    }

    private static List<String> withoutProbes(TestNode.Member member) {
        return member.received().stream()
                .filter(event -> !event.startsWith("[\"probe "))
                .toList();
    }

    @AfterEach
    void closeNodes() {
        nodes.forEach(TestNode::close);
    }

    // ---- Broadcasts -----------------------------------------------------------------------------

    @Test
    void sendsToTheSocketsOfAllServersOnce() {
        TestNode one = node("/");
        TestNode two = node("/");
        TestNode three = node("/");
        List<TestNode.Member> members = List.of(one.connect("a"), two.connect("b"), three.connect("c"));
        one.emit(ALL, "news", 1, "two", Map.of("three", Arrays.asList(3.5, null, true)));
        two.emit(ALL, "end");
        for (TestNode.Member member : members) {
            Eventually.passes(() -> assertThat(member.received())
                    .containsExactlyInAnyOrder("[\"news\",1,\"two\",{\"three\":[3.5,null,true]}]", "[\"end\"]"));
        }
    }

    @Test
    void selectsByRoomsOnEveryServer() {
        TestNode one = node("/");
        TestNode two = node("/");
        TestNode.Member a = one.connect("a", "x");
        TestNode.Member b = two.connect("b", "x", "y");
        TestNode.Member c = two.connect("c", "y", "muted");
        awaitWay(one, "x", b);
        awaitWay(one, "y", c);
        one.emit(ALL.andTo(Set.of("x")), "to x");
        one.emit(ALL.andTo(Set.of("x", "y")), "to both");
        one.emit(ALL.andTo(Set.of("y")).butNotTo(Set.of("muted")), "to y");
        one.emit(ALL.butNotTo(Set.of("b")), "not to b");
        one.emit(ALL.andTo(Set.of("c")), "to c");
        one.emit(ALL.andTo(Set.of("nobody is there")), "to nobody");
        one.emit(ALL, "end");
        received(a, "[\"to x\"]", "[\"to both\"]", "[\"not to b\"]", "[\"end\"]");
        Eventually.passes(() -> assertThat(withoutProbes(b))
                .containsExactlyInAnyOrder("[\"to x\"]", "[\"to both\"]", "[\"to y\"]", "[\"end\"]"));
        Eventually.passes(() -> assertThat(withoutProbes(c))
                .containsExactlyInAnyOrder("[\"to both\"]", "[\"not to b\"]", "[\"to c\"]", "[\"end\"]"));
    }

    @Test
    void reachesARoomAsLongAsSomebodyIsInIt() {
        TestNode one = node("/");
        TestNode two = node("/");
        TestNode.Member b = two.connect("b");
        two.adapter().join("b", Set.of("late"));
        Eventually.passes(() -> {
            one.emit(ALL.andTo(Set.of("late")), "try");
            assertThat(b.received()).contains("[\"try\"]");
        });
        two.adapter().leave("b", "late");
        one.emit(ALL.andTo(Set.of("late")), "nobody");
        one.emit(ALL, "end");
        Eventually.await("the end", () -> b.received().contains("[\"end\"]"));
        assertThat(b.received()).doesNotContain("[\"nobody\"]");
    }

    @Test
    void keepsALocalBroadcastAtHome() {
        TestNode one = node("/");
        TestNode two = node("/");
        TestNode.Member a = one.connect("a");
        TestNode.Member b = two.connect("b");
        one.emit(ALL.asLocal(), "local");
        one.emit(ALL, "end");
        received(a, "[\"local\"]", "[\"end\"]");
        received(b, "[\"end\"]");
    }

    @Test
    void carriesBinaryValuesWhereverTheyStand() {
        TestNode one = node("/");
        TestNode.Member b = node("/").connect("b", "x");
        byte[] large = new byte[70_000];
        Arrays.fill(large, (byte) 0xab);
        one.emit(ALL, "bin", new byte[] {1, 2, 3});
        one.emit(ALL.andTo(Set.of("x")), "deep", Map.of("list", List.of(1, new byte[0])), new byte[] {'{'});
        one.emit(ALL, "large", (Object) large);
        Eventually.passes(() -> assertThat(b.received())
                .containsExactlyInAnyOrder(
                        "[\"bin\",{\"_placeholder\":true,\"num\":0}] 010203",
                        "[\"deep\",{\"list\":[1,{\"_placeholder\":true,\"num\":0}]},{\"_placeholder\":true,\"num\":1}]  7b",
                        "[\"large\",{\"_placeholder\":true,\"num\":0}] " + "ab".repeat(70_000)));
    }

    @Test
    void changesNothingOfWhatItCarries() {
        TestNode one = node("/");
        TestNode two = node("/");
        TestNode.Member a = one.connect("a");
        TestNode.Member b = two.connect("b");
        one.emit(ALL, "numbers", 0, -1, 127, 128, -33, 65_536, 1L << 31, 1L << 32, -(1L << 40), 9_007_199_254_740_991L);
        one.emit(ALL, "fractions", 0.1, -2.5e-7, 1e21, 1.7976931348623157e308, 100.0);
        one.emit(ALL, "texts", "", "\u00e9\u20ac\ud83d\ude00", "\u0000\u001e\u2028\"\\/", "x".repeat(70_000));
        one.emit(ALL, "containers", List.of(), Map.of(), List.of(List.of(Map.of("a", Map.of("b", List.of(1))))));
        one.emit(ALL, "wide", IntStream.range(0, 70_000).boxed().toList());
        one.emit(ALL, "_placeholder", Map.of("_placeholder", false, "num", 7));
        one.emit(ALL, "123", true, false, null);
        Eventually.passes(() -> assertThat(b.received()).hasSize(7).isEqualTo(a.received()));
    }

    @Test
    void keepsTheFlagsOfABroadcast() {
        TestNode one = node("/");
        TestNode.Member b = node("/").connect("b");
        one.emit(ALL.asDroppable(), "volatile");
        one.emit(ALL.compress(false), "raw");
        received(b, "[\"volatile\"]", "[\"raw\"]");
        assertThat(b.groups().get(0).droppable()).isTrue();
        assertThat(b.groups().get(1).droppable()).isFalse();
        assertThat(b.groups().get(1).packets().get(0).isCompressible()).isFalse();
        assertThat(b.groups().get(0).packets().get(0).isCompressible()).isTrue();
    }

    @Test
    void keepsTheOrderOfOneServer() {
        TestNode one = node("/");
        TestNode.Member b = node("/").connect("b");
        for (int i = 0; i < 500; i++) {
            if (i % 3 == 0) {
                one.emit(ALL, "n", i, new byte[] {(byte) i});
            } else {
                one.emit(ALL, "n", i);
            }
        }
        Eventually.await("all to arrive", () -> b.received().size() == 500);
        for (int i = 0; i < 500; i++) {
            assertThat(b.received().get(i)).startsWith("[\"n\"," + i + (i % 3 == 0 ? "," : "]"));
        }
    }

    @Test
    void keepsNamespacesApart() {
        TestNode main = node("/");
        TestNode odd = node("/a*b[c]?#x");
        node("/a*b[c]?#x");
        TestNode other = node("/aXb");
        TestNode.Member a = main.connect("a", "x");
        TestNode.Member b = odd.connect("b", "x");
        TestNode.Member c = other.connect("c", "x");
        other.emit(ALL.andTo(Set.of("x")), "to c");
        odd.emit(ALL.andTo(Set.of("x")), "to b");
        main.emit(ALL.andTo(Set.of("x")), "to a");
        nodes.get(2).emit(ALL, "end b");
        received(a, "[\"to a\"]");
        Eventually.passes(() -> assertThat(b.received()).containsExactlyInAnyOrder("[\"to b\"]", "[\"end b\"]"));
        received(c, "[\"to c\"]");
    }

    // ---- Acknowledgements -----------------------------------------------------------------------

    @Test
    void gathersTheAcknowledgementsOfAllServers() throws Exception {
        TestNode one = node("/");
        TestNode two = node("/");
        one.connect("a").answers("from a", "left out");
        two.connect("b").answers(Map.of("from", "b"));
        two.connect("c").answers(new byte[] {7, 8});
        two.connect("d").answers();
        Answers<Answer> answers =
                result(one.adapter().broadcastWithAck(one.packet("ask", new byte[] {1}), ALL, PLENTY));
        assertThat(answers.isComplete()).isTrue();
        assertThat(answers.values().stream().map(answer -> TestNode.text(answer.args())))
                .containsExactlyInAnyOrder(
                        "[\"from a\",\"left out\"]",
                        "[{\"from\":\"b\"}]",
                        "[{\"_placeholder\":true,\"num\":0}] 0708",
                        "[null]");
    }

    @Test
    void answersAtOnceWhereNobodyIsAsked() throws Exception {
        TestNode one = node("/");
        node("/");
        Answers<Answer> answers =
                result(one.adapter().broadcastWithAck(one.packet("ask"), ALL.andTo(Set.of("none")), PLENTY));
        assertThat(answers).isEqualTo(Answers.complete(List.of()));
    }

    @Test
    void asksItsOwnSocketsOnlyWhereABroadcastIsLocal() throws Exception {
        TestNode one = node("/");
        TestNode.Member b = node("/").connect("b").answers("b");
        one.connect("a").answers("a");
        assertThat(result(one.adapter().broadcastWithAck(one.packet("ask"), ALL.asLocal(), PLENTY))
                        .values())
                .hasSize(1);
        assertThat(result(one.adapter().fetchSockets(ALL.asLocal(), PLENTY)).values())
                .hasSize(1);
        assertThat(b.received()).isEmpty();
    }

    @Test
    void givesTheAnswersThatCameAndCountsTheSilentSockets() throws Exception {
        TestNode one = node("/");
        TestNode two = node("/");
        one.connect("a").answers("a");
        one.connect("silent");
        two.connect("b").answers("b");
        two.connect("silent too");
        Answers<Answer> answers = result(one.adapter().broadcastWithAck(one.packet("ask"), ALL, LITTLE));
        assertThat(answers.values()).hasSize(2);
        assertThat(answers.silentSockets()).containsExactly("silent");
        assertThat(answers.unnamedSockets()).isEqualTo(1);
        assertThat(answers.silentNodes()).isEmpty();
    }

    // ---- Nodes that do not answer ---------------------------------------------------------------

    @Test
    void namesTheNodesThatDoNotAnswer() throws Exception {
        TestNode one = node("/");
        TestNode two = node("/");
        one.connect("a").answers("a");
        two.connect("b").answers("b");
        two.answersServers("two");
        try (SilentNode silent = silentNode("/")) {
            awaitCount(one, 3);
            Answers<Answer> acks = result(one.adapter().broadcastWithAck(one.packet("ask"), ALL, LITTLE));
            assertThat(acks.values()).hasSize(2);
            assertThat(acks.silentNodes()).containsExactly(silent.name());
            Answers<SocketDetails> sockets = result(one.adapter().fetchSockets(ALL, LITTLE));
            assertThat(sockets.values().stream().map(SocketDetails::id)).containsExactlyInAnyOrder("a", "b");
            assertThat(sockets.silentNodes()).containsExactly(silent.name());
            assertThat(sockets.unnamedNodes()).isZero();
            Answers<Answer> servers = result(one.adapter().serverSideEmitWithAck(event("ask"), LITTLE));
            assertThat(servers.values()).hasSize(1);
            assertThat(servers.silentNodes()).containsExactly(silent.name());
        }
    }

    @Test
    void doesNotWaitForANodeThatDies() throws Exception {
        TestNode one = node("/");
        SilentNode silent = silentNode("/");
        awaitCount(one, 2);
        long begin = System.nanoTime();
        CompletionStage<Answers<SocketDetails>> sockets = one.adapter().fetchSockets(ALL, PLENTY);
        CompletionStage<Answers<Answer>> acks = one.adapter().broadcastWithAck(one.packet("ask"), ALL, PLENTY);
        CompletionStage<Answers<Answer>> servers = one.adapter().serverSideEmitWithAck(event("ask"), PLENTY);
        awaitCount(one, 2); // whoever is to answer is known by now
        silent.close();
        assertThat(result(sockets).silentNodes()).containsExactly(silent.name());
        assertThat(result(acks).silentNodes()).containsExactly(silent.name());
        assertThat(result(servers).silentNodes()).containsExactly(silent.name());
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(PLENTY.dividedBy(2));
        awaitCount(one, 1);
        assertThat(result(one.adapter().fetchSockets(ALL, PLENTY)).isComplete()).isTrue();
    }

    // ---- Sockets anywhere -----------------------------------------------------------------------

    @Test
    void findsTheSocketsOfAllServers() throws Exception {
        TestNode one = node("/");
        TestNode two = node("/");
        one.connect("a");
        two.connect("b", "x");
        two.connect("c", "x", "y");
        List<SocketDetails> all =
                result(one.adapter().fetchSockets(ALL, PLENTY)).values();
        assertThat(all.stream().map(SocketDetails::id)).containsExactlyInAnyOrder("a", "b", "c");
        List<SocketDetails> found = result(
                        one.adapter().fetchSockets(ALL.andTo(Set.of("x")).butNotTo(Set.of("y")), PLENTY))
                .values();
        assertThat(found).hasSize(1);
        SocketDetails b = found.get(0);
        assertThat(b.id()).isEqualTo("b");
        assertThat(b.rooms()).containsExactlyInAnyOrder("b", "x");
        assertThat(b.data().toString()).isEqualTo("{\"user\":\"of b\"}");
        assertThat(b.handshake().path("url").asString()).isEqualTo("/socket.io/?EIO=4");
        assertThat(b.handshake().path("issued").asLong()).isEqualTo(1_795_451_079_147L);
    }

    @Test
    void makesSocketsAnywhereJoinAndLeave() {
        TestNode one = node("/");
        TestNode two = node("/");
        one.connect("a", "crew");
        two.connect("b", "crew");
        two.connect("c");
        one.adapter().socketsJoin(ALL.andTo(Set.of("crew")), Set.of("x", "y"));
        one.adapter().socketsLeave(ALL.andTo(Set.of("b")), Set.of("crew", "x"));
        Eventually.passes(() -> assertThat(two.adapter().rooms("b")).containsExactlyInAnyOrder("b", "y"));
        assertThat(one.adapter().rooms("a")).containsExactlyInAnyOrder("a", "crew", "x", "y");
        assertThat(two.adapter().rooms("c")).containsExactly("c");
    }

    @Test
    void throwsSocketsOutAnywhere() {
        TestNode one = node("/");
        TestNode two = node("/");
        TestNode.Member a = one.connect("a", "x");
        TestNode.Member b = two.connect("b", "x");
        TestNode.Member c = two.connect("c");
        one.adapter().disconnectSockets(ALL.andTo(Set.of("x")), true);
        one.adapter().disconnectSockets(ALL.andTo(Set.of("c")), false);
        Eventually.passes(() -> assertThat(c.thrownOut()).containsExactly(false));
        assertThat(a.thrownOut()).containsExactly(true);
        assertThat(b.thrownOut()).containsExactly(true);
    }

    // ---- Servers --------------------------------------------------------------------------------

    private static Payload event(Object... elements) {
        return new dev.bowline.core.packet.JsonCodec().write(elements);
    }

    @Test
    void emitsToTheOtherServers() {
        TestNode one = node("/");
        TestNode two = node("/");
        TestNode three = node("/");
        one.adapter().serverSideEmit(event("news", 1, Map.of("a", 2)));
        for (TestNode node : List.of(two, three)) {
            Eventually.passes(() -> assertThat(node.heard()).containsExactly("[\"news\",1,{\"a\":2}]"));
        }
        assertThat(one.heard()).isEmpty();
    }

    @Test
    void gathersTheAnswersOfTheOtherServers() throws Exception {
        TestNode one = node("/");
        node("/").answersServers("two");
        node("/").answersServers(3, "left out");
        one.answersServers("not asked");
        Answers<Answer> answers = result(one.adapter().serverSideEmitWithAck(event("ask"), PLENTY));
        assertThat(answers.isComplete()).isTrue();
        assertThat(answers.values().stream().map(answer -> TestNode.text(answer.args())))
                .containsExactlyInAnyOrder("[\"two\"]", "[3]");
    }

    @Test
    void countsTheServers() throws Exception {
        TestNode one = node("/");
        assertThat(result(one.adapter().serverSideEmitWithAck(event("ask"), PLENTY)))
                .isEqualTo(Answers.complete(List.of()));
        TestNode two = node("/");
        awaitCount(one, 2);
        two.adapter().close();
        awaitCount(one, 1);
        assertThat(result(one.adapter().fetchSockets(ALL, PLENTY)).isComplete()).isTrue();
    }

    // ---- What goes wrong ------------------------------------------------------------------------

    @Test
    void dropsWhatIsNoMessageAndGoesOn() throws Exception {
        TestNode one = node("/");
        TestNode two = node("/");
        TestNode.Member a = one.connect("a");
        TestNode.Member b = two.connect("b");
        talkNonsense();
        one.emit(ALL, "still here");
        received(b, "[\"still here\"]");
        two.emit(ALL, "here too");
        received(a, "[\"still here\"]", "[\"here too\"]");
        assertThat(result(one.adapter().fetchSockets(ALL, PLENTY)).values()).hasSize(2);
        assertThat(b.thrownOut()).isEmpty();
        assertThat(two.heard()).isEmpty();
    }
}
