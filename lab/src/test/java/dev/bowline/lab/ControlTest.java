package dev.bowline.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.client.Manager;
import dev.bowline.lab.Happening.Kind;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.FaultProxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ControlTest {
    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    @Test
    void learnsOnItsReturnWhatItMissed() {
        try (LabServer server = new LabServer(Setup.of(Timings.SHORT), ANY);
                FaultProxy proxy = FaultProxy.to(server.address()).start();
                Control control = new Control(proxy.address())) {
            proxy.newLinks().refuse();
            proxy.existing().reset();
            Eventually.await("the controls to be away", () -> control.losses() > 0);
            try (Manager client = Manager.builder(
                            URI.create("http://127.0.0.1:" + server.address().getPort()))
                    .build()) {
                client.socket().connect();
                Eventually.await("the client", () -> client.socket().connected());
            }
            assertThat(control.journal().all()).isEmpty();
            proxy.newLinks().heal();
            Duration limit = Duration.ofSeconds(10);
            assertThat(control.journal().await(0, seen -> seen.is(Kind.CONNECT), limit))
                    .isPresent();
            assertThat(control.journal().await(0, seen -> seen.is(Kind.DISCONNECT), limit))
                    .hasValueSatisfying(seen -> assertThat(seen.text()).startsWith("client namespace disconnect"));
            assertThat(control.journal().all()).hasSize(2);
        }
    }
}
