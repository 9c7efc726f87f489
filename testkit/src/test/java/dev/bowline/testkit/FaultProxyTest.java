package dev.bowline.testkit;

import static dev.bowline.testkit.Rig.assertEnded;
import static dev.bowline.testkit.Rig.assertReceives;
import static dev.bowline.testkit.Rig.assertReset;
import static dev.bowline.testkit.Rig.assertSilent;
import static dev.bowline.testkit.Rig.awaitWaiting;
import static dev.bowline.testkit.Rig.resetBy;
import static dev.bowline.testkit.Rig.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.testkit.FaultProxy.Event.Kind;
import dev.bowline.testkit.FaultProxy.Event.Origin;
import dev.bowline.testkit.Rig.Ends;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {
    private final ThreadLeaks before = ThreadLeaks.snapshot();
    private Rig rig;

    @BeforeEach
    void open() throws IOException {
        rig = new Rig();
    }

    @AfterEach
    void close() {
        rig.close();
        before.assertNone();
    }

    @Test
    void passesBytesAndHalfCloseWithoutFaults() throws IOException {
        Ends ends = rig.open();
        send(ends.client(), "hello");
        assertReceives(ends.server(), "hello");
        ends.client().shutdownOutput();
        assertEnded(ends.server());
        send(ends.server(), "farewell");
        assertReceives(ends.client(), "farewell");
        ends.server().close();
        assertEnded(ends.client());
        assertThat(rig.await(Kind.LINK_CLOSED).origin()).isEqualTo(Origin.CLIENT);
        assertThat(ends.link().bytes(Direction.TO_SERVER)).isEqualTo(5);
        assertThat(ends.link().bytes(Direction.TO_CLIENT)).isEqualTo(8);
        assertThat(rig.proxy.bytes(Direction.BOTH)).isEqualTo(13);
        assertThat(rig.proxy.openLinks()).isZero();
        assertThat(rig.proxy.openedLinks()).isEqualTo(1);
        assertThat(ends.link().isOpen()).isFalse();
    }

    @Test
    void passesAReset() throws IOException {
        Ends ends = rig.open();
        resetBy(ends.client());
        assertReset(ends.server());
        assertThat(rig.await(Kind.LINK_ENDED))
                .matches(event ->
                        event.origin() == Origin.CLIENT && event.detail().equals("reset"));

        ends = rig.open();
        resetBy(ends.server());
        assertReset(ends.client());
        assertThat(rig.await(Kind.LINK_CLOSED).link()).isEqualTo(1);
        assertThat(rig.await(Kind.LINK_CLOSED)).matches(event -> event.link() == 2 && event.origin() == Origin.SERVER);
    }

    @Test
    void aBlackHoleKeepsBytesAndTheEndUntilItHeals() throws IOException {
        Ends ends = rig.open();
        rig.proxy.all().blackHole(Direction.BOTH);
        send(ends.client(), "one");
        send(ends.server(), "two");
        awaitWaiting(ends.link(), Direction.BOTH, 6);
        ends.client().shutdownOutput();
        rig.await(Kind.LINK_ENDED);
        assertSilent(ends.server());
        assertSilent(ends.client());
        rig.proxy.all().heal();
        assertReceives(ends.server(), "one");
        assertEnded(ends.server());
        assertReceives(ends.client(), "two");
    }

    @Test
    void aBlackHoleKeepsAReset() throws IOException {
        Ends ends = rig.open();
        ends.link().blackHole(Direction.TO_SERVER);
        resetBy(ends.client());
        rig.await(Kind.LINK_ENDED);
        assertSilent(ends.server());
        send(ends.server(), "nobody hears this");
        ends.link().heal(Fault.BLACK_HOLE);
        assertReset(ends.server());
    }

    @Test
    void aBlackHoleInOneDirectionLeavesTheOther() throws IOException {
        for (Direction cut : List.of(Direction.TO_SERVER, Direction.TO_CLIENT)) {
            Ends ends = rig.open();
            Socket muted = cut == Direction.TO_SERVER ? ends.client() : ends.server();
            Socket heard = cut == Direction.TO_SERVER ? ends.server() : ends.client();
            ends.link().blackHole(cut);
            send(muted, "lost");
            send(heard, "heard");
            assertReceives(muted, "heard");
            awaitWaiting(ends.link(), cut, 4);
            assertSilent(heard);
            ends.link().heal();
            assertReceives(heard, "lost");
        }
    }

    @Test
    void theTargetHearsOfALinkInABlackHoleWhenItHeals() throws IOException {
        rig.proxy.newLinks().blackHole(Direction.BOTH);
        Socket client = rig.connect();
        send(client, "hello");
        rig.await(Kind.LINK_OPENED);
        Link link = rig.proxy.link(1);
        awaitWaiting(link, Direction.TO_SERVER, 5);
        rig.listening.setSoTimeout(10);
        assertThatThrownBy(rig.listening::accept).isInstanceOf(SocketTimeoutException.class);
        rig.listening.setSoTimeout(Rig.PATIENCE);
        rig.proxy.all().heal();
        assertReceives(rig.keep(rig.listening.accept()), "hello");
    }

    @Test
    void aSeveredLinkStaysDeadAndNeitherEndIsTold() throws IOException {
        Ends ends = rig.open();
        ends.link().blackHole(Direction.BOTH);
        send(ends.client(), "under way");
        awaitWaiting(ends.link(), Direction.TO_SERVER, 9);
        rig.proxy.existing().sever();
        rig.proxy.all().heal();
        send(ends.client(), "more");
        ends.client().close();
        rig.await(Kind.LINK_ENDED);
        assertSilent(ends.server());
        assertThat(rig.proxy.openLinks()).isEqualTo(1);

        Ends later = rig.open();
        send(later.client(), "alive");
        assertReceives(later.server(), "alive");

        ends.server().close();
        assertThat(rig.await(Kind.LINK_CLOSED).link()).isEqualTo(1);
        assertThat(ends.link().bytes(Direction.BOTH)).isZero();
    }

    @Test
    void aResetOfTheClientsEndLeavesTheServerWithAGhost() throws IOException {
        Ends ends = rig.open();
        rig.proxy.existing().resetClients();
        assertThatThrownBy(() -> ends.client().getInputStream().read()).isInstanceOf(SocketException.class);
        assertSilent(ends.server());
        assertThat(rig.proxy.openLinks()).isEqualTo(1);

        Ends later = rig.open();
        send(later.client(), "alive");
        assertReceives(later.server(), "alive");

        ends.server().close();
        assertThat(rig.await(Kind.LINK_CLOSED).link()).isEqualTo(1);
    }

    @Test
    void resetsBothEnds() throws IOException {
        Ends ends = rig.open();
        rig.proxy.link(1).reset();
        assertReset(ends.client());
        assertReset(ends.server());
        assertThat(rig.await(Kind.LINK_CLOSED).origin()).isEqualTo(Origin.PROXY);
    }

    @Test
    void finishesBothEnds() throws IOException {
        Ends ends = rig.open();
        rig.proxy.all().finish();
        assertEnded(ends.client());
        send(ends.client(), "too late");
        assertEnded(ends.server());
        ends.client().close();
        ends.server().close();
        assertThat(rig.await(Kind.LINK_CLOSED).origin()).isEqualTo(Origin.PROXY);
    }

    @Test
    void carriesFiveHundredLinksAndResetsThemAtOnce() throws IOException {
        List<Ends> all = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            all.add(rig.open());
        }
        for (Ends ends : all) {
            send(ends.client(), "up " + ends.link());
            send(ends.server(), "down " + ends.link());
        }
        for (Ends ends : all) {
            assertReceives(ends.server(), "up " + ends.link());
            assertReceives(ends.client(), "down " + ends.link());
        }
        assertThat(rig.proxy.openLinks()).isEqualTo(500);
        rig.proxy.all().reset();
        assertThat(rig.proxy.openLinks()).isZero();
        for (Ends ends : all) {
            assertReset(ends.client());
            assertReset(ends.server());
        }
    }

    @Test
    void refusesNewLinksUntilHealed() throws IOException {
        Ends ends = rig.open();
        rig.proxy.newLinks().refuse();
        assertReset(rig.connect());
        rig.await(Kind.LINK_REFUSED);
        send(ends.client(), "still here");
        assertReceives(ends.server(), "still here");
        rig.proxy.newLinks().heal(Fault.REFUSED_LINKS);
        rig.open();
    }

    @Test
    void closesThePortUntilHealed() throws IOException {
        int port = rig.proxy.port();
        rig.proxy.newLinks().closePort();
        assertThatThrownBy(rig::connect).isInstanceOf(ConnectException.class);
        rig.proxy.all().heal();
        assertThat(rig.proxy.port()).isEqualTo(port);
        rig.open();
    }

    @Test
    void holdsUntilReleased() throws IOException {
        Ends ends = rig.open();
        ends.link().holdAfter(Direction.TO_CLIENT, 3);
        send(ends.server(), "onetwo");
        assertReceives(ends.client(), "one");
        awaitWaiting(ends.link(), Direction.TO_CLIENT, 3);
        ends.server().shutdownOutput();
        rig.await(Kind.LINK_ENDED);
        assertSilent(ends.client());
        ends.link().release(Direction.TO_CLIENT);
        assertReceives(ends.client(), "two");
        assertEnded(ends.client());
    }

    @Test
    void holdsTheBeginningOfNewLinks() throws IOException {
        rig.proxy.newLinks().hold(Direction.TO_SERVER);
        Ends ends = rig.open();
        send(ends.client(), "head");
        awaitWaiting(ends.link(), Direction.TO_SERVER, 4);
        assertSilent(ends.server());
        ends.link().release(Direction.BOTH);
        assertReceives(ends.server(), "head");
    }

    @Test
    void delaysByAtLeastTheBase() throws IOException {
        Ends ends = rig.open();
        ends.link().delay(Direction.TO_SERVER, Duration.ofMillis(30), Duration.ofMillis(5));
        long start = System.nanoTime();
        send(ends.client(), "late");
        assertReceives(ends.server(), "late");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(30));
    }

    @Test
    void healingADelayOrABandwidthLetsWhatIsUnderWayArrive() throws IOException {
        Ends ends = rig.open();
        ends.link().delay(Direction.TO_SERVER, Duration.ofDays(1));
        ends.link().limitBandwidth(Direction.TO_CLIENT, 1);
        send(ends.client(), "to the server");
        send(ends.server(), "to the client");
        awaitWaiting(ends.link(), Direction.TO_SERVER, 13);
        ends.link().heal(Fault.DELAY);
        assertReceives(ends.server(), "to the server");
        ends.link().heal(Fault.BANDWIDTH, Direction.TO_CLIENT);
        assertReceives(ends.client(), "to the client");
    }

    @Test
    void newLinksHaveOtherFaultsThanExistingOnes() throws IOException {
        Ends old = rig.open();
        rig.proxy.newLinks().blackHole(Direction.TO_CLIENT);
        Ends young = rig.open();
        send(old.server(), "old");
        assertReceives(old.client(), "old");
        send(young.server(), "young");
        awaitWaiting(young.link(), Direction.TO_CLIENT, 5);
        assertSilent(young.client());
        rig.proxy.existing().heal();
        assertReceives(young.client(), "young");
        assertThat(rig.proxy.links()).extracting(Link::number).containsExactly(1, 2);
    }

    @Test
    void reachesAServerThatCameBackElsewhere() throws IOException {
        Ends ends = rig.open();
        ends.server().close();
        rig.listening.close();
        assertEnded(ends.client());
        assertReset(rig.connect());
        assertThat(rig.await(Kind.TARGET_UNREACHABLE).link()).isEqualTo(2);
        try (ServerSocket again = Rig.listen()) {
            rig.proxy.retarget((InetSocketAddress) again.getLocalSocketAddress());
            Socket client = rig.connect();
            send(client, "again");
            assertReceives(rig.keep(again.accept()), "again");
        }
    }

    @Test
    void aListenerMayCommandTheProxy() throws IOException {
        rig.proxy.onEvent(event -> {
            if (event.kind() == Kind.LINK_OPENED) {
                rig.proxy.link(event.link()).reset();
            }
        });
        assertReset(rig.connect());
    }

    @Test
    void tellsWhatItDidInOrder() throws IOException {
        rig.open();
        rig.proxy.all().blackHole(Direction.BOTH);
        rig.proxy.all().heal();
        rig.proxy.link(1).reset();
        assertThat(rig.events.all())
                .extracting(FaultProxy.Event::kind)
                .containsExactly(Kind.LINK_OPENED, Kind.CUT, Kind.HEALED, Kind.RESET, Kind.LINK_CLOSED);
        assertThat(rig.events.all()).extracting(FaultProxy.Event::nanoTime).isSorted();
        assertThat(rig.events.all().get(1).detail()).isEqualTo("black hole BOTH, all links");
    }
}
