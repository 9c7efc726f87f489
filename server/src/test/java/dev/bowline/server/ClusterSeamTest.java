package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.adapter.Answers;
import dev.bowline.adapter.RoomListener;
import dev.bowline.testkit.ManualScheduler;
import dev.bowline.testkit.Recorder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two servers with an adapter that connects them: what an application sees of a cluster. */
class ClusterSeamTest {
    private static final String IN = "40{\"sid\":\"<sid>\"}";

    private final ManualLoop loop = new ManualLoop();
    private final ManualScheduler timer = new ManualScheduler();
    private final PairedAdapter.Cluster cluster = new PairedAdapter.Cluster();
    private final SocketIoServer one = server("one");
    private final SocketIoServer two = server("two");
    private final Recorder<String> events = new Recorder<>();
    private final AtomicReference<@Nullable Socket> onTwo = new AtomicReference<>();

    private Peer a = new Peer(loop);
    private Peer b = new Peer(loop);

    private SocketIoServer server(String node) {
        return SocketIoServer.create(
                ServerOptions.builder()
                        .dispatch(Dispatch.onEventLoop())
                        .adapter(cluster.join(node))
                        .build(),
                timer);
    }

    @BeforeEach
    void connect() {
        two.onConnection(onTwo::set);
        a = Peer.connect(one, loop).send("40");
        b = Peer.connect(two, loop).send("40{\"token\":\"t\"}");
        a.expect(IN);
        b.expect(IN);
    }

    @AfterEach
    void close() {
        one.close();
        two.close();
        loop.run();
    }

    private Socket onTwo() {
        return java.util.Objects.requireNonNull(onTwo.get());
    }

    private static <T extends @Nullable Object> T get(CompletableFuture<T> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    @Test
    void broadcastsToBothUnlessLocal() throws Exception {
        one.emit("all");
        one.local().emit("here");
        onTwo().broadcast().emit("others");
        assertThat(a.take()).containsExactly("42[\"all\"]", "42[\"here\"]", "42[\"others\"]");
        assertThat(b.take()).containsExactly("42[\"all\"]");
        assertThat(get(one.of("/").serverCount())).isEqualTo(2);
    }

    @Test
    void gathersAnswersOfBothAndNamesTheSilent() throws Exception {
        var answers = one.emitWithAck("q", Integer.class);
        a.send("430[1]");
        b.send("430[2]");
        assertThat(get(answers)).isEqualTo(Answers.complete(List.of(1, 2)));
        cluster.strikeDumb("two");
        var partial = one.timeout(Duration.ofSeconds(3)).emitWithAck("q", Integer.class);
        a.send("431[1]");
        timer.advance(Duration.ofSeconds(3));
        assertThat(get(partial).values()).containsExactly(1);
        assertThat(get(partial).silentNodes()).containsExactly("two");
        assertThat(get(partial).isComplete()).isFalse();
    }

    @Test
    void looksUpAndReachesASocketElsewhere() throws Exception {
        record User(String name) {}
        onTwo().data().put(DataKey.of("user", User.class), new User("ann"));
        onTwo().data().put(DataKey.of("thread", Thread.class), Thread.currentThread());
        onTwo().join("r");
        RemoteSocket remote = get(one.in("r").fetchSockets()).get(0);
        assertThat(remote.id()).isEqualTo(onTwo().id());
        assertThat(remote.rooms()).contains("r");
        assertThat(remote.handshake().auth("token", String.class)).contains("t");
        assertThat(remote.data(DataKey.of("user", User.class))).contains(new User("ann"));
        assertThatThrownBy(() -> remote.data(DataKey.of("user", Integer.class)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("user");
        remote.join("s");
        assertThat(onTwo().rooms()).contains("s");
        var answer = remote.emitWithAck("q", String.class);
        b.expect("420[\"q\"]");
        b.send("430[\"yes\"]");
        assertThat(get(answer)).isEqualTo("yes");
        one.disconnectSockets();
        assertThat(a.take()).containsExactly("41");
        assertThat(b.take()).containsExactly("41");
    }

    @Test
    void saysWhichServersDidNotTellOfTheirSockets() {
        cluster.strikeDumb("two");
        var found = one.timeout(Duration.ofSeconds(3)).fetchSockets();
        timer.advance(Duration.ofSeconds(3));
        assertThatThrownBy(() -> get(found))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(SilentNodesException.class, silent -> {
                    assertThat(silent.nodes()).containsExactly("two");
                    assertThat(silent.found()).hasSize(1);
                });
    }

    @Test
    void emitsToTheOtherServersOnly() throws Exception {
        one.onServerSide("news", String.class, text -> events.accept("one " + text));
        two.onServerSide("news", String.class, text -> events.accept("two " + text));
        two.onServerSideEvent(
                "add",
                (args, ack) -> ack.send(
                        args.node(0).longValue() + args.node(1).path("n").longValue()));
        one.serverSideEmit("news", "x");
        events.expectNext("two x");
        var sum = one.serverSideEmitWithAck("add", Integer.class, 2, Map.of("n", 3));
        assertThat(get(sum)).isEqualTo(Answers.complete(List.of(5)));
        cluster.strikeDumb("two");
        var silent = one.of("/").serverSideEmitWithAck(Duration.ofSeconds(1), "add", Integer.class, 2, 3);
        timer.advance(Duration.ofSeconds(1));
        assertThat(get(silent).silentNodes()).containsExactly("two");
        for (String reserved : List.of("connect", "connection", "new_namespace")) {
            assertThatThrownBy(() -> one.serverSideEmit(reserved))
                    .hasMessage("\"" + reserved + "\" is a reserved event name");
            assertThatThrownBy(() -> one.onServerSideEvent(reserved, (args, ack) -> {}))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        one.serverSideEmit("disconnect", "is not reserved between servers");
        events.assertExhausted();
    }

    @Test
    void isAloneWithTheAdapterOfASingleServer() throws Exception {
        try (SocketIoServer alone = SocketIoServer.create()) {
            alone.onServerSide("news", String.class, events);
            alone.serverSideEmit("news", "x");
            assertThat(get(alone.serverSideEmitWithAck("news", String.class))).isEqualTo(Answers.complete(List.of()));
            assertThat(get(alone.of("/").serverCount())).isEqualTo(1);
        }
        events.assertExhausted();
    }

    // ---- How rooms change -----------------------------------------------------------------------

    private static final class Rooms implements RoomListener {
        private final Recorder<String> seen;

        Rooms(Recorder<String> seen) {
            this.seen = seen;
        }

        @Override
        public void created(String room) {
            seen.accept("created " + room);
        }

        @Override
        public void joined(String room, String id) {
            seen.accept("joined " + room);
        }

        @Override
        public void left(String room, String id) {
            seen.accept("left " + room);
        }

        @Override
        public void deleted(String room) {
            seen.accept("deleted " + room);
        }
    }

    @Test
    void tellsHowRoomsChangeOffTheEventLoop() {
        try (SocketIoServer server = SocketIoServer.create()) {
            Thread test = Thread.currentThread();
            server.of("/").onRooms(new RoomListener() {
                @Override
                public void created(String room) {
                    assertThat(Thread.currentThread()).isNotSameAs(test);
                    throw new IllegalStateException("expected by the test");
                }
            });
            server.of("/").onRooms(new Rooms(events));
            server.onConnection(socket -> socket.on("join", String.class, socket::join));
            Peer peer = Peer.connect(server, loop).send("40");
            peer.expect(IN);
            String id = server.of("/").sockets().iterator().next().id();
            events.expectNext("created " + id);
            events.expectNext("joined " + id);
            peer.send("42[\"join\",\"r\"]");
            events.expectNext("created r");
            events.expectNext("joined r");
            peer.cut();
            for (String expected : List.of("left " + id, "deleted " + id, "left r", "deleted r")) {
                events.expectNext(expected);
            }
            events.assertExhausted();
        }
        loop.run();
    }

    @Test
    void boundsWhatWaitsForAListenerOfRooms() throws Exception {
        var held = new CountDownLatch(1);
        var told = new AtomicLong();
        var missed = new AtomicLong();
        var rooms = new RoomEvents(task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            thread.start();
        });
        rooms.created("nobody listens");
        rooms.add(new RoomListener() {
            @Override
            public void created(String room) {
                try {
                    held.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                if (room.equals("last")) {
                    events.accept("told " + told + ", missed " + missed);
                }
                told.incrementAndGet();
            }

            @Override
            public void missed(long changes) {
                missed.addAndGet(changes);
            }
        });
        int sent = RoomEvents.MAX_WAITING + 1_000;
        for (int i = 0; i < sent; i++) {
            rooms.created("r");
        }
        held.countDown();
        dev.bowline.testkit.Eventually.await("the queue to be empty", () -> told.get() >= RoomEvents.MAX_WAITING);
        rooms.created("last");
        String last = events.next();
        assertThat(last).isEqualTo("told " + told(last) + ", missed " + (sent - told(last)));
        assertThat(sent - told(last)).isPositive();
    }

    private static long told(String text) {
        return Long.parseLong(text.replaceAll("told (\\d+), .*", "$1"));
    }
}
