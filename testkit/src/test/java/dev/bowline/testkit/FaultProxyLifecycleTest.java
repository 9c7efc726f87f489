package dev.bowline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.testkit.Rig.Ends;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FaultProxyLifecycleTest {
    private static final InetSocketAddress ANYWHERE = new InetSocketAddress(InetAddress.getLoopbackAddress(), 9);

    @Test
    void closeGivesBackThreadPortAndLinks() throws IOException {
        ThreadLeaks before = ThreadLeaks.snapshot();
        try (Rig rig = new Rig()) {
            Ends ends = rig.open();
            int port = rig.proxy.port();
            rig.proxy.close();
            rig.proxy.close();
            before.assertNone(Duration.ZERO);
            Rig.assertReset(ends.client());
            Rig.assertReset(ends.server());
            assertThatThrownBy(rig::connect).isInstanceOf(ConnectException.class);
            new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
            assertThatIllegalStateException()
                    .isThrownBy(() -> rig.proxy.all().heal())
                    .withMessage("the proxy is closed");
            assertThat(rig.proxy.openLinks()).isZero();
        }
    }

    @Test
    void aCommandToAClosedLinkDoesNothing() throws IOException {
        try (Rig rig = new Rig()) {
            Link link = rig.open().link();
            link.reset();
            link.reset();
            link.sever();
            link.finish();
            link.blackHole(Direction.BOTH);
            link.heal();
            assertThat(rig.proxy.openLinks()).isZero();
            assertThat(link.isOpen()).isFalse();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> rig.proxy.link(1))
                    .withMessage("number must be that of an open link: 1");
        }
    }

    @Test
    void startsOnceAndTellsItsAddress() {
        FaultProxy proxy = FaultProxy.to(ANYWHERE);
        assertThatIllegalStateException().isThrownBy(proxy::port).withMessage("the proxy was not started");
        try (proxy) {
            proxy.start();
            assertThat(proxy.uri()).hasToString("http://127.0.0.1:" + proxy.port());
            assertThatIllegalStateException().isThrownBy(proxy::start).withMessage("the proxy was started before");
            FaultProxy second = FaultProxy.builder()
                    .target(ANYWHERE)
                    .listenPort(proxy.port())
                    .build();
            assertThatThrownBy(second::start)
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessage("listenPort must be free: " + proxy.port());
        }
        assertThatIllegalStateException().isThrownBy(proxy::start).withMessage("the proxy was closed before");
    }

    @Test
    void refusesWrongOptions() {
        FaultProxy.Builder options = FaultProxy.builder();
        assertThatIllegalStateException().isThrownBy(options::build).withMessage("target must be set");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.listenPort(70_000))
                .withMessage("listenPort must be between 0 and 65535: 70000");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.bufferBytes(0))
                .withMessage("bufferBytes must be positive: 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.target(InetSocketAddress.createUnresolved("nowhere", 1)))
                .withMessageStartingWith("target must be resolved: ");
        options.seed(1);
        assertThatIllegalStateException().isThrownBy(() -> options.seed(2)).withMessage("seed must not be set twice");
        assertThat(options.target(ANYWHERE).build().seed()).isEqualTo(1);
    }

    @Test
    void refusesWrongArguments() throws IOException {
        try (Rig rig = new Rig()) {
            Faults all = rig.proxy.all();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> all.limitBandwidth(Direction.BOTH, 0))
                    .withMessage("bytesPerSecond must be positive: 0");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> all.slice(Direction.BOTH, -1))
                    .withMessage("bytes must be positive: -1");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> all.holdAfter(Direction.BOTH, -1))
                    .withMessage("bytes must not be negative: -1");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> all.delay(Direction.BOTH, Duration.ofSeconds(-1)))
                    .withMessage("base must be between PT0S and PT24H: PT-1S");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> all.delay(Direction.BOTH, Duration.ZERO, Duration.ofDays(2)))
                    .withMessage("jitter must be between PT0S and PT24H: PT48H");
            assertThat(rig.events.all()).isEmpty();
        }
    }

    @Test
    void aTargetThatIsNotKnownResetsTheLink() throws IOException {
        FaultProxy.Builder options = FaultProxy.builder().target(() -> {
            throw new IllegalStateException("no server yet");
        });
        try (FaultProxy proxy = options.build().start();
                Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port())) {
            Rig.assertReset(client);
        }
    }
}
