package dev.bowline.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import dev.bowline.testkit.ManualScheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What every {@link Adapter} must do with rooms, and with a broadcast to the sockets of its own node. */
abstract class AdapterContract {
    private static final Packet PACKET = Packet.of(Packet.Type.EVENT, "/", new JsonCodec().writeEvent("news", 1));

    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final Loop loop = new Loop();
    private final Context context = new Context();
    private final Map<String, Member> members = new ConcurrentHashMap<>();
    private @Nullable Adapter opened;

    /** An adapter without sockets, for a node that is alone. */
    abstract Adapter open(AdapterContext context);

    /** How many rooms the adapter knows, own rooms included. */
    abstract int roomCount(Adapter adapter);

    @BeforeEach
    void openAdapter() {
        opened = open(context);
    }

    @AfterEach
    void closeAdapter() {
        adapter().close();
    }

    private Adapter adapter() {
        if (opened == null) {
            throw new IllegalStateException("not open");
        }
        return opened;
    }

    private Member add(String id, String... rooms) {
        var member = new Member(id, loop);
        members.put(id, member);
        adapter().add(member);
        adapter().join(id, Set.of(rooms));
        return member;
    }

    private void remove(String id) {
        Member member = members.get(id);
        if (member == null) {
            throw new IllegalStateException("never added: " + id);
        }
        adapter().remove(member);
    }

    private List<String> receivers(BroadcastOptions options, Member... members) {
        adapter().broadcast(PACKET, options);
        loop.run();
        List<String> ids = new ArrayList<>();
        for (Member member : members) {
            member.taken.forEach(packet -> ids.add(member.id));
            member.taken.clear();
        }
        return ids;
    }

    private static BroadcastOptions to(Set<String> rooms, Set<String> except) {
        return BroadcastOptions.EVERYONE.andTo(rooms).butNotTo(except);
    }

    @Test
    void putsASocketIntoItsOwnRoom() {
        add("a");
        assertThat(adapter().rooms("a")).containsExactly("a");
        assertThat(adapter().sockets(Set.of("a"))).containsExactly("a");
    }

    @Test
    void refusesASecondSocketOfOneId() {
        add("a", "x");
        assertThatThrownBy(() -> adapter().add(new Member("a", loop))).isInstanceOf(IllegalStateException.class);
        assertThat(adapter().rooms("a")).containsExactlyInAnyOrder("a", "x");
    }

    @Test
    void joinsAndLeavesAnyNumberOfTimes() {
        add("a", "x", "y");
        adapter().join("a", Set.of("x"));
        assertThat(adapter().rooms("a")).containsExactlyInAnyOrder("a", "x", "y");
        adapter().leave("a", "x");
        adapter().leave("a", "x");
        adapter().leave("a", "never");
        adapter().leave("nobody", "y");
        assertThat(adapter().rooms("a")).containsExactlyInAnyOrder("a", "y");
        assertThat(adapter().sockets(Set.of("x"))).isEmpty();
    }

    @Test
    void tellsWhoIsWhere() {
        add("a", "x");
        add("b", "x", "y");
        add("c");
        assertThat(adapter().sockets(Set.of())).containsExactlyInAnyOrder("a", "b", "c");
        assertThat(adapter().sockets(Set.of("x"))).containsExactlyInAnyOrder("a", "b");
        assertThat(adapter().sockets(Set.of("x", "y"))).containsExactlyInAnyOrder("a", "b");
        assertThat(adapter().sockets(Set.of("none"))).isEmpty();
        assertThat(adapter().rooms("nobody")).isEmpty();
    }

    @Test
    void ignoresAJoinAfterTheRemoval() {
        add("a", "x");
        remove("a");
        remove("a");
        adapter().join("a", Set.of("x", "z"));
        assertThat(adapter().rooms("a")).isEmpty();
        assertThat(adapter().sockets(Set.of("x", "z"))).isEmpty();
        assertThat(roomCount(adapter())).isZero();
    }

    @Test
    void keepsASocketWhenAnotherOfItsIdIsRemovedOnceMore() {
        Member gone = add("a", "x");
        remove("a");
        add("a", "y");
        adapter().remove(gone);
        assertThat(adapter().rooms("a")).containsExactly("a", "y");
    }

    @Test
    void deletesARoomThatNobodyIsIn() {
        add("a", "x");
        add("b", "x");
        assertThat(roomCount(adapter())).isEqualTo(3);
        remove("a");
        assertThat(roomCount(adapter())).isEqualTo(2);
        adapter().leave("b", "x");
        assertThat(roomCount(adapter())).isEqualTo(1);
    }

    @Test
    void sendsToEveryoneWhereNoRoomIsGiven() {
        Member a = add("a", "x");
        Member b = add("b");
        assertThat(receivers(BroadcastOptions.EVERYONE, a, b)).containsExactly("a", "b");
        remove("a");
        assertThat(receivers(BroadcastOptions.EVERYONE, a, b)).containsExactly("b");
    }

    @Test
    void sendsOnceToAMemberOfSeveralRooms() {
        Member a = add("a", "x", "y");
        Member b = add("b", "y");
        Member c = add("c", "z");
        assertThat(receivers(to(Set.of("x", "y"), Set.of()), a, b, c)).containsExactly("a", "b");
        assertThat(receivers(to(Set.of("x", "a"), Set.of()), a, b, c)).containsExactly("a");
        assertThat(receivers(to(Set.of("none"), Set.of()), a, b, c)).isEmpty();
    }

    @Test
    void letsExceptWin() {
        Member a = add("a", "x", "muted");
        Member b = add("b", "x", "y");
        Member c = add("c");
        assertThat(receivers(to(Set.of("x"), Set.of("muted")), a, b, c)).containsExactly("b");
        assertThat(receivers(to(Set.of("x", "y"), Set.of("muted", "b")), a, b, c))
                .isEmpty();
        assertThat(receivers(to(Set.of(), Set.of("x")), a, b, c)).containsExactly("c");
        assertThat(receivers(to(Set.of(), Set.of("none")), a, b, c)).containsExactly("a", "b", "c");
    }

    @Test
    void encodesOnceAndSharesTheResult() {
        Member a = add("a");
        Member b = add("b");
        adapter().broadcast(PACKET, BroadcastOptions.EVERYONE);
        assertThat(a.queued).hasSize(1);
        assertThat(a.queued.get(0)).isSameAs(b.queued.get(0));
        assertThat(a.queued.get(0).droppable()).isFalse();
    }

    @Test
    void marksAVolatileBroadcastAsDroppable() {
        Member a = add("a");
        adapter().broadcast(PACKET, BroadcastOptions.EVERYONE.asDroppable());
        assertThat(a.queued.get(0).droppable()).isTrue();
    }

    @Test
    void marksABroadcastThatIsNotToBeCompressed() {
        Member a = add("a");
        adapter().broadcast(PACKET, BroadcastOptions.EVERYONE);
        adapter().broadcast(PACKET, BroadcastOptions.EVERYONE.compress(false));
        assertThat(a.queued.get(0).packets().get(0).isCompressible()).isTrue();
        assertThat(a.queued.get(1).packets().get(0).isCompressible()).isFalse();
    }

    @Test
    void keepsTheOrderInWhichRoomsWereJoined() {
        add("a");
        adapter().join("a", new LinkedHashSet<>(List.of("z", "b", "y")));
        assertThat(adapter().rooms("a")).containsExactly("a", "z", "b", "y");
    }

    // ---- Answers --------------------------------------------------------------------------------

    private CompletableFuture<Answers<Answer>> ask(BroadcastOptions options) {
        return adapter().broadcastWithAck(PACKET, options, LIMIT).toCompletableFuture();
    }

    private static List<String> json(Answers<Answer> answers) {
        return answers.values().stream()
                .map(answer -> answer.args().json().utf8())
                .toList();
    }

    @Test
    void asksUnderOneIdAndGathersAnswersInTheirOrder() {
        Member a = add("a", "x");
        Member b = add("b", "x");
        Member c = add("c");
        context.ackIds.set(7);
        var answers = ask(to(Set.of("x", "a"), Set.of()));
        loop.run();
        assertThat(a.taken.get(0).packets().get(0).wire().utf8()).isEqualTo("427[\"news\",1]");
        assertThat(b.taken.get(0)).isSameAs(a.taken.get(0));
        assertThat(c.taken).isEmpty();
        b.answer(7, "[2]");
        b.answer(7, "[3]");
        assertThat(answers).isNotDone();
        a.answer(7, "[1,\"ignored\"]");
        assertThat(json(answers.join())).containsExactly("[2]", "[1,\"ignored\"]");
        assertThat(answers.join().values().get(0).socket()).contains("b");
        assertThat(answers.join().isComplete()).isTrue();
        assertThat(context.timer.pending()).isZero();
    }

    @Test
    void answersAtOnceWhereNobodyIsAsked() {
        add("a");
        var answers = ask(to(Set.of("none"), Set.of()));
        assertThat(answers).isCompletedWithValue(Answers.complete(List.of()));
        assertThat(context.timer.pending()).isZero();
    }

    @Test
    void namesWhoDidNotAnswerInTime() {
        Member a = add("a");
        Member b = add("b");
        var answers = ask(BroadcastOptions.EVERYONE);
        a.answer(0, "[1]");
        context.timer.advance(LIMIT.minusNanos(1));
        assertThat(answers).isNotDone();
        context.timer.advance(Duration.ofNanos(1));
        assertThat(json(answers.join())).containsExactly("[1]");
        assertThat(answers.join().silentSockets()).containsExactly("b");
        assertThat(answers.join().isComplete()).isFalse();
        assertThat(b.expected).isEmpty();
        b.answer(0, "[2]");
        assertThat(answers.join().values()).hasSize(1);
    }

    @Test
    void doesNotWaitForWhoLeaves() {
        Member a = add("a");
        Member b = add("b");
        var answers = ask(BroadcastOptions.EVERYONE);
        b.leave();
        assertThat(answers).isNotDone();
        a.answer(0, "[]");
        assertThat(json(answers.join())).containsExactly("[]");
        assertThat(answers.join().silentSockets()).containsExactly("b");
        assertThat(context.timer.pending()).isZero();
    }

    @Test
    void keepsNoMoreAnswersThanItMay() {
        context.maxAnswerBytes = 10;
        Member a = add("a");
        Member b = add("b");
        Member c = add("c");
        var answers = ask(BroadcastOptions.EVERYONE);
        a.answer(0, "[1234]");
        b.answer(0, "[123456789]");
        c.answer(0, "[12]");
        assertThat(json(answers.join())).containsExactly("[1234]", "[12]");
        assertThat(answers.join().silentSockets()).containsExactly("b");
    }

    // ---- What concerns sockets in other ways ----------------------------------------------------

    @Test
    void looksUpWhomTheOptionsSelect() {
        add("a", "x");
        add("b", "x", "muted");
        add("c");
        var found = adapter()
                .fetchSockets(to(Set.of("x"), Set.of("muted")), LIMIT)
                .toCompletableFuture()
                .join();
        assertThat(found.values()).extracting(SocketDetails::id).containsExactly("a");
        assertThat(found.isComplete()).isTrue();
    }

    @Test
    void letsWhomTheOptionsSelectJoinAndLeave() {
        add("a", "x");
        add("b", "x", "muted");
        adapter().socketsJoin(to(Set.of("x"), Set.of("muted")), Set.of("y", "z"));
        assertThat(adapter().rooms("a")).containsExactlyInAnyOrder("a", "x", "y", "z");
        assertThat(adapter().rooms("b")).containsExactlyInAnyOrder("b", "x", "muted");
        adapter().socketsLeave(BroadcastOptions.EVERYONE, Set.of("x", "z"));
        assertThat(adapter().rooms("a")).containsExactlyInAnyOrder("a", "y");
        assertThat(adapter().rooms("b")).containsExactlyInAnyOrder("b", "muted");
    }

    @Test
    void throwsOutWhomTheOptionsSelect() {
        Member a = add("a", "x");
        Member b = add("b");
        adapter().disconnectSockets(BroadcastOptions.to("x"), false);
        assertThat(a.thrownOut).containsExactly(false);
        assertThat(b.thrownOut).isEmpty();
        adapter().disconnectSockets(BroadcastOptions.to("b"), true);
        assertThat(b.thrownOut).containsExactly(true);
    }

    @Test
    void isAlone() {
        adapter().serverSideEmit(PACKET.payload());
        assertThat(context.serverSideEvents).isEmpty();
        assertThat(adapter().serverSideEmitWithAck(PACKET.payload(), LIMIT).toCompletableFuture())
                .isCompletedWithValue(Answers.complete(List.of()));
        assertThat(adapter().serverCount().toCompletableFuture()).isCompletedWithValue(1);
    }

    // ---- How rooms change -----------------------------------------------------------------------

    @Test
    void tellsHowRoomsChangeInTheOrderOfTheReference() {
        add("a", "x");
        assertThat(context.changes()).containsExactly("created a", "joined a a", "created x", "joined x a");
        add("b", "x");
        assertThat(context.changes()).containsExactly("created b", "joined b b", "joined x b");
        adapter().join("b", Set.of("x"));
        adapter().leave("b", "none");
        adapter().join("nobody", Set.of("x"));
        assertThat(context.changes()).isEmpty();
        adapter().leave("b", "x");
        assertThat(context.changes()).containsExactly("left x b");
        remove("a");
        remove("a");
        assertThat(context.changes()).containsExactly("left a a", "deleted a", "left x a", "deleted x");
    }

    // ---- Tasks ----------------------------------------------------------------------------------

    @Test
    void runsOneTaskPerLoop() {
        var other = new Loop();
        for (int i = 0; i < 20; i++) {
            adapter().add(new Member("m" + i, i % 2 == 0 ? loop : other));
        }
        adapter().broadcast(PACKET, BroadcastOptions.EVERYONE);
        assertThat(loop.tasks).hasSize(1);
        assertThat(other.tasks).hasSize(1);
    }

    @Test
    void runsNoTaskForWhomADrainIsOwedAlready() {
        Member a = add("a");
        adapter().broadcast(PACKET, BroadcastOptions.EVERYONE);
        adapter().broadcast(PACKET, BroadcastOptions.EVERYONE);
        assertThat(loop.tasks).hasSize(1);
        loop.run();
        assertThat(a.taken).hasSize(2);
    }

    @Test
    void forgetsEverythingWhenItIsClosed() {
        add("a", "x");
        adapter().close();
        assertThat(roomCount(adapter())).isZero();
        assertThat(adapter().sockets(Set.of())).isEmpty();
    }

    @Test
    void leavesNothingBehindWhenJoinsAndRemovalsRace() throws Exception {
        long seed = System.nanoTime();
        int threads = 4;
        for (int round = 0; round < 200; round++) {
            for (int id = 0; id < 3; id++) {
                add("s" + id, "r0");
            }
            var start = new CyclicBarrier(threads);
            var done = new CountDownLatch(threads);
            var failure = new AtomicReference<@Nullable Throwable>();
            for (int thread = 0; thread < threads; thread++) {
                var random = new Random(seed + 31L * round + thread);
                Thread worker = new Thread(() -> {
                    try {
                        start.await();
                        race(random);
                    } catch (Exception | Error e) {
                        failure.compareAndSet(null, e);
                    } finally {
                        done.countDown();
                    }
                });
                worker.start();
            }
            done.await();
            assertThat(failure.get()).as("seed %d, round %d", seed, round).isNull();
            for (int id = 0; id < 3; id++) {
                remove("s" + id);
            }
            assertThat(roomCount(adapter()))
                    .as("seed %d, round %d", seed, round)
                    .isZero();
            assertThat(adapter().sockets(Set.of())).isEmpty();
        }
    }

    private void race(Random random) {
        for (int step = 0; step < 40; step++) {
            String id = "s" + random.nextInt(3);
            String room = "r" + random.nextInt(3);
            switch (random.nextInt(10)) {
                case 0 -> remove(id);
                case 1, 2 -> adapter().leave(id, room);
                case 3 -> adapter().broadcast(PACKET, to(Set.of("r0", "r1"), Set.of("r2")));
                case 4 -> assertThat(adapter().sockets(Set.of(room)).size()).isLessThanOrEqualTo(3);
                default -> adapter().join(id, Set.of(room));
            }
        }
    }

    /** Holds its tasks until they are run. */
    private static final class Loop implements Executor {
        private final List<Runnable> tasks = new ArrayList<>();

        @Override
        public synchronized void execute(Runnable task) {
            tasks.add(task);
        }

        synchronized void run() {
            tasks.forEach(Runnable::run);
            tasks.clear();
        }
    }

    private static final class Context implements AdapterContext, RoomListener {
        private final ManualScheduler timer = new ManualScheduler();
        private final AtomicLong ackIds = new AtomicLong();
        private final List<String> changes = new CopyOnWriteArrayList<>();
        private final List<Payload> serverSideEvents = new ArrayList<>();
        private long maxAnswerBytes = 1_000;

        List<String> changes() {
            List<String> taken = List.copyOf(changes);
            changes.clear();
            return taken;
        }

        @Override
        public String namespace() {
            return "/";
        }

        @Override
        public JsonCodec codec() {
            return new JsonCodec();
        }

        @Override
        public long nextAckId() {
            return ackIds.getAndIncrement();
        }

        @Override
        public ManualScheduler timer() {
            return timer;
        }

        @Override
        public long maxAnswerBytes() {
            return maxAnswerBytes;
        }

        @Override
        public RoomListener rooms() {
            return this;
        }

        @Override
        public void serverSideEvent(Payload event, Consumer<Payload> ack) {
            serverSideEvents.add(event);
        }

        @Override
        public void created(String room) {
            changes.add("created " + room);
        }

        @Override
        public void joined(String room, String id) {
            changes.add("joined " + room + " " + id);
        }

        @Override
        public void left(String room, String id) {
            changes.add("left " + room + " " + id);
        }

        @Override
        public void deleted(String room) {
            changes.add("deleted " + room);
        }
    }

    private static final class Member implements Receiver, SocketDetails {
        private final String id;
        private final Executor loop;
        private final List<PacketGroup> queued = new ArrayList<>();
        private final List<PacketGroup> taken = new ArrayList<>();
        private final List<Boolean> thrownOut = new ArrayList<>();
        private final Map<Long, AnswerListener> expected = new HashMap<>();

        Member(String id, Executor loop) {
            this.id = id;
            this.loop = loop;
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public synchronized boolean enqueue(Packet packet, PacketGroup encoded) {
            queued.add(encoded);
            return queued.size() == 1;
        }

        @Override
        public Executor loop() {
            return loop;
        }

        @Override
        public synchronized void drain() {
            taken.addAll(queued);
            queued.clear();
        }

        /** Its client acknowledges; a second time, it is not listened to. */
        void answer(long ackId, String args) {
            AnswerListener listener = expected.remove(ackId);
            if (listener != null) {
                listener.answered(id, Payload.ofJson(args));
            }
        }

        void leave() {
            expected.values().forEach(listener -> listener.silent(id));
            expected.clear();
        }

        @Override
        public void expect(long ackId, AnswerListener listener) {
            expected.put(ackId, listener);
        }

        @Override
        public void forget(long ackId) {
            expected.remove(ackId);
        }

        @Override
        public void disconnect(boolean closeConnection) {
            thrownOut.add(closeConnection);
        }

        @Override
        public SocketDetails details() {
            return this;
        }

        @Override
        public Set<String> rooms() {
            return Set.of();
        }

        @Override
        public ObjectNode handshake() {
            return JsonNodeFactory.instance.objectNode();
        }

        @Override
        public ObjectNode data() {
            return JsonNodeFactory.instance.objectNode();
        }
    }
}
