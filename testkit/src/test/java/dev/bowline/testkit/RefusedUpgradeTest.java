package dev.bowline.testkit;

import static dev.bowline.testkit.Rig.assertEnded;
import static dev.bowline.testkit.Rig.assertReceives;
import static dev.bowline.testkit.Rig.assertSilent;
import static dev.bowline.testkit.Rig.send;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.testkit.FaultProxy.Event.Kind;
import dev.bowline.testkit.Rig.Ends;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RefusedUpgradeTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private static final String UPGRADE = "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

    @Test
    void answersAnUpgradeOnAUsedLinkAndClosesIt() throws IOException {
        try (Rig rig = new Rig()) {
            rig.proxy.all().refuseUpgrades();
            rig.proxy.all().slice(Direction.BOTH, 3);
            rig.proxy.all().delay(Direction.BOTH, Duration.ofNanos(1), Duration.ofMillis(1));
            Ends ends = rig.open();
            send(ends.client(), GET);
            assertReceives(ends.server(), GET);
            send(ends.server(), OK);
            assertReceives(ends.client(), OK);
            send(ends.client(), UPGRADE + "too early");
            assertThat(new String(ends.client().getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n")
                    .endsWith("\r\nContent-Length: 17\r\n\r\nUpgrade refused.\n");
            assertEnded(ends.server());
            ends.client().close();
            rig.await(Kind.UPGRADE_REFUSED);
            rig.await(Kind.LINK_CLOSED);
        }
    }

    @Test
    void aBlackHoleBeforeTheTargetKeepsTheRefusalBack() throws IOException {
        try (Rig rig = new Rig()) {
            Ends ends = rig.open();
            ends.link().refuseUpgrades();
            ends.link().blackHole(Direction.TO_SERVER);
            send(ends.client(), UPGRADE);
            ends.client().shutdownOutput();
            rig.await(Kind.LINK_ENDED);
            assertSilent(ends.client());
            ends.link().heal(Fault.BLACK_HOLE);
            assertReceives(ends.client(), "HTTP/1.1 400");
        }
    }

    @Test
    void healedItLetsUpgradesPass() throws IOException {
        try (Rig rig = new Rig()) {
            Ends ends = rig.open();
            ends.link().refuseUpgrades();
            ends.link().heal(Fault.REFUSED_UPGRADES);
            send(ends.client(), UPGRADE + "frames");
            assertReceives(ends.server(), UPGRADE + "frames");
        }
    }
}
