package dev.bowline.client;

import static dev.bowline.core.engine.TransportName.POLLING;
import static dev.bowline.core.engine.TransportName.WEBSOCKET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.client.FakeServer.Link;
import dev.bowline.core.engine.TransportName;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** With which transport an attempt begins, and to which it goes on, in virtual time. */
class TransportChoiceTest {
    private static final String OPEN = "0{\"sid\":\"engine\",\"upgrades\":[\"websocket\"],"
            + "\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}";

    private final FakeServer server = new FakeServer();

    private Manager connecting(ManagerBuilder builder) {
        Manager manager = server.manager(builder);
        server.watched(manager.socket()).connect();
        server.run();
        return manager;
    }

    private static ManagerBuilder builder(TransportName... transports) {
        return FakeServer.builder().transports(transports);
    }

    private void upgrades() {
        Link polling = server.link();
        polling.answers(OPEN);
        Link probe = server.link();
        probe.isOpen();
        assertThat(probe.taken()).containsExactly("2probe");
        probe.says("3probe");
        polling.answers("6");
        assertThat(probe.taken()).startsWith("5");
    }

    private List<TransportName> opened() {
        return server.links.stream().map(link -> link.name).toList();
    }

    @Test
    void beginsWithTheFirstAndMovesToWebSocket() {
        Manager manager = connecting(builder(POLLING, WEBSOCKET));
        upgrades();
        assertThat(opened()).containsExactly(POLLING, WEBSOCKET);
        assertThat(manager.transport()).contains(WEBSOCKET);
    }

    @Test
    void beginsWithTheFirstAgainUnlessItIsToRemember() {
        connecting(builder(POLLING, WEBSOCKET));
        upgrades();
        server.link().closes();
        assertThat(server.awaitLink(Duration.ofSeconds(1)).name).isEqualTo(POLLING);
    }

    @Test
    void beginsWithWebSocketOnceThatHasWorked() {
        connecting(builder(POLLING, WEBSOCKET).rememberUpgrade(true));
        upgrades();
        server.link().closes();
        Link next = server.awaitLink(Duration.ofSeconds(1));
        assertThat(next.name).isEqualTo(WEBSOCKET);
        next.opens();
        next.closes();
        assertThat(server.awaitLink(Duration.ofSeconds(1)).name).isEqualTo(WEBSOCKET);
    }

    @Test
    void beginsWithPollingAgainWhenARememberedWebSocketFails() {
        connecting(builder(POLLING, WEBSOCKET).rememberUpgrade(true));
        upgrades();
        server.link().closes();
        server.awaitLink(Duration.ofSeconds(1)).fails();
        assertThat(server.awaitLink(Duration.ofSeconds(2)).name).isEqualTo(POLLING);
    }

    @Test
    void beginsWithPollingAgainWhenARememberedWebSocketDoesNotAnswer() {
        connecting(builder(POLLING, WEBSOCKET).rememberUpgrade(true).connectTimeout(Duration.ofSeconds(3)));
        upgrades();
        server.link().closes();
        assertThat(server.awaitLink(Duration.ofSeconds(1)).name).isEqualTo(WEBSOCKET);
        assertThat(server.awaitLink(Duration.ofSeconds(5)).name).isEqualTo(POLLING);
    }

    @Test
    void beginsWithPollingAgainWhenARememberedWebSocketBreaks() {
        connecting(builder(POLLING, WEBSOCKET).rememberUpgrade(true));
        upgrades();
        server.link().fails();
        assertThat(server.awaitLink(Duration.ofSeconds(1)).name).isEqualTo(POLLING);
    }

    @Test
    void doesNotUpgradeToWhatHasJustFailed() {
        connecting(builder(WEBSOCKET, POLLING).tryAllTransports(true));
        server.link().fails();
        assertThat(server.link().name).isEqualTo(POLLING);
        server.link().answers(OPEN);
        assertThat(opened()).containsExactly(WEBSOCKET, POLLING);
        assertThat(server.logged()).containsExactly("M.open");
        // The next attempt tries both again.
        server.link().fails();
        assertThat(server.awaitLink(Duration.ofSeconds(1)).name).isEqualTo(WEBSOCKET);
    }

    @Test
    void staysOnPollingWhereItIsNotToUpgrade() {
        connecting(builder(POLLING, WEBSOCKET).upgrade(false));
        server.link().answers(OPEN);
        assertThat(opened()).containsExactly(POLLING);
    }
}
