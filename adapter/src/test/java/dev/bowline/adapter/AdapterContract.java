package dev.bowline.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link Adapter} must do with rooms, and with a broadcast to the sockets of its own node. */
abstract class AdapterContract {
    private static final Packet PACKET = Packet.of(Packet.Type.EVENT, "/", new JsonCodec().writeEvent("news", 1));

    private final Loop loop = new Loop();
    private @Nullable Adapter opened;

    /** An adapter without sockets. */
    abstract Adapter open();

    /** How many rooms the adapter knows, own rooms included. */
    abstract int roomCount(Adapter adapter);

    @BeforeEach
    void openAdapter() {
        opened = open();
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
        adapter().add(member);
        adapter().join(id, Set.of(rooms));
        return member;
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
        return new BroadcastOptions(rooms, except, false);
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
        adapter().remove("a");
        adapter().remove("a");
        adapter().join("a", Set.of("x", "z"));
        assertThat(adapter().rooms("a")).isEmpty();
        assertThat(adapter().sockets(Set.of("x", "z"))).isEmpty();
        assertThat(roomCount(adapter())).isZero();
    }

    @Test
    void deletesARoomThatNobodyIsIn() {
        add("a", "x");
        add("b", "x");
        assertThat(roomCount(adapter())).isEqualTo(3);
        adapter().remove("a");
        assertThat(roomCount(adapter())).isEqualTo(2);
        adapter().leave("b", "x");
        assertThat(roomCount(adapter())).isEqualTo(1);
    }

    @Test
    void sendsToEveryoneWhereNoRoomIsGiven() {
        Member a = add("a", "x");
        Member b = add("b");
        assertThat(receivers(BroadcastOptions.EVERYONE, a, b)).containsExactly("a", "b");
        adapter().remove("a");
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
        adapter().broadcast(PACKET, new BroadcastOptions(Set.of(), Set.of(), true));
        assertThat(a.queued.get(0).droppable()).isTrue();
    }

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
                adapter().remove("s" + id);
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
                case 0 -> adapter().remove(id);
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

    private static final class Member implements Receiver {
        private final String id;
        private final Executor loop;
        private final List<PacketGroup> queued = new ArrayList<>();
        private final List<PacketGroup> taken = new ArrayList<>();

        Member(String id, Executor loop) {
            this.id = id;
            this.loop = loop;
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public synchronized boolean enqueue(PacketGroup packet) {
            queued.add(packet);
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
    }
}
