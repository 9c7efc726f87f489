package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.testkit.Recorder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Namespaces that come to exist because a client asks for them, and go again. */
class NamespacesTest {
    private static final Pattern TENANTS = Pattern.compile("/tenant-\\d+");

    private final ManualLoop loop = new ManualLoop();
    private final Recorder<String> events = new Recorder<>();
    private SocketIoServer io = SocketIoServer.create();

    @AfterEach
    void close() {
        io.close();
        loop.run();
    }

    private void restart(ServerOptions.Builder options) {
        io.close();
        io = SocketIoServer.create(options.build());
    }

    private Peer peer() {
        return Peer.connect(io, loop);
    }

    private static String in(String namespace) {
        return "40" + namespace + ",{\"sid\":\"<sid>\"}";
    }

    private static String invalid(String namespace) {
        return "44" + namespace + ",{\"message\":\"Invalid namespace\"}";
    }

    private List<String> names() {
        return io.namespaces().stream().map(Namespace::name).sorted().toList();
    }

    /** Waits until so many are in, in all namespaces together; their answers are on the way or have come. */
    private void awaitSockets(int count) {
        loop.until(
                count + " sockets to be in",
                () -> io.namespaces().stream().mapToInt(Namespace::socketCount).sum() == count);
    }

    // ---- Coming ---------------------------------------------------------------------------------

    @Test
    void makesAChildOfAPatternWhenAClientAsks() {
        ParentNamespace tenants = io.of(TENANTS)
                .use(socket -> events.accept("middleware " + socket.namespace().name()))
                .onConnection(socket -> events.accept("in " + socket.namespace().name()));
        assertThat(names()).containsExactly("/");
        Peer peer = peer().send("40/tenant-1,");
        peer.expect(in("/tenant-1"));
        events.expectNext("middleware /tenant-1");
        events.expectNext("in /tenant-1");
        peer.send("40/tenant-x,").expect(invalid("/tenant-x"));
        peer.send("40/tenant-12x,").expect(invalid("/tenant-12x"));
        peer.send("40/my/tenant-1,").expect(invalid("/my/tenant-1"));
        assertThat(tenants.children()).extracting(Namespace::name).containsExactly("/tenant-1");
        assertThat(io.of("/tenant-1").socketCount()).isEqualTo(1);
        assertThat(peer.isClosed()).isFalse();
    }

    @Test
    void asksAPredicateWithWhatTheClientSays() {
        io.of((name, handshake) ->
                handshake.auth("token", String.class).filter("right"::equals).isPresent());
        Peer peer = peer();
        peer.send("40/a,").expect(invalid("/a"));
        peer.send("40/a,{\"token\":\"wrong\"}").expect(invalid("/a"));
        peer.send("40/a,{\"token\":\"right\"}").expect(in("/a"));
        peer().send("40/a,").expect(in("/a"));
    }

    @Test
    void asksOffTheEventLoopAndOneQuestionOfAClientAtATime() throws Exception {
        var answer = new CountDownLatch(1);
        var asked = new AtomicInteger();
        Thread test = Thread.currentThread();
        io.of((name, handshake) -> {
            asked.incrementAndGet();
            events.accept(name + " " + (Thread.currentThread() == test));
            answer.await();
            return true;
        });
        Peer peer = peer().send("40/a,", "40/b,", "40/a,");
        events.expectNext("/a false");
        peer.send("40").expect("40{\"sid\":\"<sid>\"}");
        peer().send("40").expect("40{\"sid\":\"<sid>\"}");
        assertThat(asked).hasValue(1);
        answer.countDown();
        events.expectNext("/b false");
        awaitSockets(4);
        assertThat(peer.take()).containsExactlyInAnyOrder(in("/a"), in("/b"));
        events.assertExhausted();
    }

    @Test
    void closesTheConnectionOfWhoSpeaksWhileTheQuestionIsOpen() {
        var answer = new CountDownLatch(1);
        io.of((name, handshake) -> {
            events.accept("asked");
            answer.await();
            return true;
        });
        Peer peer = peer().send("40/a,");
        events.expectNext("asked");
        peer.send("42/a,[\"x\"]");
        assertThat(peer.isClosed()).isTrue();
        answer.countDown();
        loop.until("the child to be there", () -> names().contains("/a"));
        loop.run();
        assertThat(io.of("/a").socketCount()).isZero();
    }

    @Test
    void takesAMatcherThatFailsForANo() {
        io.of((name, handshake) -> {
            throw new IllegalStateException("expected by the test");
        });
        io.of((name, handshake) -> name.equals("/b"));
        Peer peer = peer();
        peer.send("40/a,").expect(invalid("/a"));
        peer.send("40/b,").expect(in("/b"));
    }

    @Test
    void asksParentsInTheirOrderAndLeavesWhatExistsAlone() {
        io.of("/tenant-1").onConnection(socket -> events.accept("static"));
        io.of(TENANTS).onConnection(socket -> events.accept("pattern"));
        io.of((name, handshake) -> true).onConnection(socket -> events.accept("all"));
        Peer peer = peer();
        peer.send("40/tenant-1,").expect(in("/tenant-1"));
        events.expectNext("static");
        peer.send("40/tenant-2,").expect(in("/tenant-2"));
        events.expectNext("pattern");
        peer.send("40/other,").expect(in("/other"));
        events.expectNext("all");
        events.assertExhausted();
    }

    @Test
    void inheritsWhatTheParentHadThen() {
        ParentNamespace parent = io.of(TENANTS).onConnection(socket -> events.accept("first"));
        peer().send("40/tenant-1,").expect(in("/tenant-1"));
        events.expectNext("first");
        parent.onConnection(socket -> events.accept("second")).use(socket -> events.accept("asked"));
        peer().send("40/tenant-1,").expect(in("/tenant-1"));
        events.expectNext("first");
        peer().send("40/tenant-2,").expect(in("/tenant-2"));
        events.expectNext("asked");
        events.expectNext("first");
        events.expectNext("second");
        events.assertExhausted();
    }

    @Test
    void isAChildAlsoWhenTheApplicationAsks() {
        ParentNamespace parent = io.of(TENANTS).onConnection(socket -> events.accept("in"));
        io.of((name, handshake) -> {
            throw new AssertionError("a predicate is not asked for the application");
        });
        Namespace child = io.of("tenant-7");
        assertThat(parent.children()).containsExactly(child);
        peer().send("40/tenant-7,").expect(in("/tenant-7"));
        events.expectNext("in");
        assertThat(io.of("/by code")).isSameAs(io.of("by code"));
        assertThat(parent.children()).containsExactly(child);
    }

    @Test
    void makesOneNamespaceForAllWhoComeAtOnce() throws Exception {
        int clients = 8;
        var made = new AtomicInteger();
        var all = new CountDownLatch(clients);
        io.of((name, handshake) -> {
            all.countDown();
            all.await();
            return true;
        });
        io.onNewNamespace(namespace -> {
            made.incrementAndGet();
            namespace.use(socket -> events.accept("guarded"));
        });
        List<Peer> peers = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            peers.add(peer().send("40/one,"));
        }
        for (Peer peer : peers) {
            peer.expect(in("/one"));
            events.expectNext("guarded");
        }
        assertThat(made).hasValue(1);
        assertThat(io.of("/one").socketCount()).isEqualTo(clients);
    }

    @Test
    void letsNobodyInBeforeThoseWhoAreToldOfItHaveReturned() throws Exception {
        var told = new CountDownLatch(1);
        var guarded = new CountDownLatch(1);
        io.of(TENANTS);
        io.onNewNamespace(namespace -> {
            told.countDown();
            try {
                guarded.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            namespace.use(socket -> {
                throw new ConnectionRefusedException("guarded");
            });
        });
        Peer first = peer().send("40/tenant-1,");
        told.await();
        Peer second = peer().send("40/tenant-1,");
        assertThat(second.take()).isEmpty();
        guarded.countDown();
        first.expect("44/tenant-1,{\"message\":\"guarded\"}");
        second.expect("44/tenant-1,{\"message\":\"guarded\"}");
    }

    @Test
    void tellsOfNewNamespacesAndMakesNoneThatItsListenersRefuse() {
        io.of(TENANTS);
        io.onNewNamespace(namespace -> {
            events.accept("new " + namespace.name());
            assertThat(io.of(namespace.name())).isSameAs(namespace);
            if (namespace.name().equals("/tenant-13")) {
                throw new IllegalStateException("expected by the test");
            }
        });
        io.of("/");
        io.of("/static");
        events.expectNext("new /static");
        Peer peer = peer();
        peer.send("40/tenant-1,").expect(in("/tenant-1"));
        events.expectNext("new /tenant-1");
        peer.send("40/tenant-13,").expect(invalid("/tenant-13"));
        events.expectNext("new /tenant-13");
        assertThatThrownBy(() -> io.of("/tenant-13")).hasMessage("expected by the test");
        assertThat(names()).containsExactly("/", "/static", "/tenant-1");
    }

    @Test
    void refusesNamesThatNoPacketCanHave() {
        assertThatThrownBy(() -> io.of("/a,b"))
                .hasMessage("namespace must not hold a comma or a control character: /a,b");
        assertThat(io.of("chat").name()).isEqualTo("/chat");
    }

    // ---- How many -------------------------------------------------------------------------------

    @Test
    void makesNoMoreThanItMay() {
        restart(ServerOptions.builder().maxDynamicNamespaces(2));
        io.of(TENANTS);
        io.of("/tenant-0");
        Peer peer = peer();
        peer.send("40/tenant-1,").expect(in("/tenant-1"));
        peer.send("40/tenant-2,").expect(in("/tenant-2"));
        peer.send("40/tenant-3,").expect(invalid("/tenant-3"));
        peer.send("40/tenant-0,").expect(in("/tenant-0"));
        assertThat(io.of("/tenant-1").name())
                .as("from now on the application's")
                .isEqualTo("/tenant-1");
        peer.send("40/tenant-3,").expect(in("/tenant-3"));
        peer.send("40/tenant-4,").expect(invalid("/tenant-4"));
    }

    @Test
    void asksNobodyAboutNamesThatAreTooLong() {
        io.of((name, handshake) -> true);
        String longest = "/" + "x".repeat(1_023);
        Peer peer = peer();
        peer.send("40" + longest + ",").expect(in(longest));
        peer.send("40" + longest + "x,").expect(invalid(longest + "x"));
    }

    // ---- Going ----------------------------------------------------------------------------------

    @Test
    void goesWithItsLastSocketWhereThatIsWanted() {
        restart(ServerOptions.builder().cleanupEmptyChildNamespaces(true).maxDynamicNamespaces(1));
        ParentNamespace parent = io.of(TENANTS);
        io.of("/static");
        Peer first = peer().send("40/tenant-1,");
        Peer second = peer().send("40/tenant-1,");
        first.expect(in("/tenant-1"));
        second.expect(in("/tenant-1"));
        first.send("41/tenant-1,");
        assertThat(names()).contains("/tenant-1");
        second.cut();
        assertThat(names()).containsExactly("/", "/static");
        assertThat(parent.children()).isEmpty();
        first.send("40/tenant-2,").expect(in("/tenant-2"));
        first.send("41/tenant-2,", "40/tenant-1,").expect(in("/tenant-1"));
        first.send("40/static,").expect(in("/static"));
        first.send("41/static,");
        assertThat(names()).contains("/static");
    }

    @Test
    void goesAlsoWhenItsOnlyCandidateIsRefused() {
        restart(ServerOptions.builder().cleanupEmptyChildNamespaces(true));
        io.of(TENANTS).use(socket -> {
            throw new ConnectionRefusedException("no");
        });
        Peer peer = peer();
        peer.send("40/tenant-1,").expect("44/tenant-1,{\"message\":\"no\"}");
        assertThat(names()).containsExactly("/");
    }

    @Test
    void staysWhereNobodyWantsItToGoAndOnceTheApplicationHasIt() {
        io.of(TENANTS);
        Peer peer = peer().send("40/tenant-1,");
        peer.expect(in("/tenant-1"));
        peer.send("41/tenant-1,");
        assertThat(names()).contains("/tenant-1");
        restart(ServerOptions.builder().cleanupEmptyChildNamespaces(true));
        io.of(TENANTS);
        Peer next = peer().send("40/tenant-1,");
        next.expect(in("/tenant-1"));
        Namespace kept = io.of("/tenant-1");
        next.send("41/tenant-1,");
        assertThat(io.of("/tenant-1")).isSameAs(kept);
    }

    @Test
    void mayGoWhileAHandlerOfItsLastSocketRuns() {
        restart(ServerOptions.builder().cleanupEmptyChildNamespaces(true));
        io.of(TENANTS)
                .onConnection(socket -> socket.onDisconnect(reason -> {
                    io.of("/other").emit("x");
                    events.accept("out of " + socket.namespace().name());
                }));
        Peer peer = peer().send("40/tenant-1,");
        peer.expect(in("/tenant-1"));
        peer.send("41/tenant-1,");
        events.expectNext("out of /tenant-1");
        assertThat(names()).containsExactly("/", "/other");
    }

    @Test
    void comesAndGoesUnderManyClientsWithoutLosingOne() throws Exception {
        restart(ServerOptions.builder().cleanupEmptyChildNamespaces(true).maxDynamicNamespaces(3));
        ParentNamespace parent = io.of(TENANTS);
        List<Peer> peers = List.of(peer(), peer(), peer());
        for (int round = 0; round < 100; round++) {
            String name = "/tenant-" + round % 2;
            for (Peer peer : peers) {
                peer.send("40" + name + ",");
            }
            for (Peer peer : peers) {
                peer.expect(in(name));
                peer.send("41" + name + ",");
            }
        }
        loop.until("all to be gone", () -> parent.children().isEmpty());
        assertThat(names()).containsExactly("/");
        peers.get(0).send("40/tenant-5,", "40/tenant-6,", "40/tenant-7,");
        awaitSockets(3);
        assertThat(peers.get(0).take()).containsExactlyInAnyOrder(in("/tenant-5"), in("/tenant-6"), in("/tenant-7"));
    }

    // ---- All children ---------------------------------------------------------------------------

    @Test
    void speaksToAllChildren() {
        ParentNamespace parent = io.of(TENANTS);
        Peer peer = peer().send("40/tenant-1,", "40/tenant-2,", "40");
        awaitSockets(3);
        peer.take();
        io.of("/tenant-2").socketsJoin("vip");
        parent.emit("all", 1);
        parent.to("vip").emit("some");
        assertThat(peer.take())
                .containsExactlyInAnyOrder(
                        "42/tenant-1,[\"all\",1]", "42/tenant-2,[\"all\",1]", "42/tenant-2,[\"some\"]");
        parent.in("vip").disconnectSockets();
        assertThat(peer.take()).containsExactly("41/tenant-2,");
        assertThatThrownBy(parent::fetchSockets)
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("fetchSockets is not supported on parent namespaces");
        assertThatThrownBy(() -> parent.to("vip").emitWithAck("q", String.class))
                .isInstanceOf(UnsupportedOperationException.class);
    }
}
