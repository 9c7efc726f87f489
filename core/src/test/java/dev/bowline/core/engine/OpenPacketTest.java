package dev.bowline.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenPacketTest {
    private static final OpenPacket SAMPLE = new OpenPacket(
            "lv_VI97HAXpY6yYWAAAC",
            List.of(TransportName.WEBSOCKET),
            Duration.ofSeconds(25),
            Duration.ofSeconds(20),
            1_000_000);

    @Test
    void writesTheFieldsInTheOrderOfTheReference() {
        assertThat(SAMPLE.encode().wire().utf8())
                .isEqualTo("0{\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,"
                        + "\"pingTimeout\":20000,\"maxPayload\":1000000}");
    }

    @Test
    void readsWhatItWrote() throws Exception {
        assertThat(OpenPacket.decode(SAMPLE.encode())).isEqualTo(SAMPLE);
    }

    @Test
    void leavesUnknownUpgradesAndFieldsOutAndKnowsServersWithoutMaxPayload() throws Exception {
        OpenPacket read = OpenPacket.decode(
                open(
                        "{\"x\":1,\"sid\":\"s\",\"upgrades\":[\"webtransport\",7,\"websocket\"],\"pingInterval\":1,\"pingTimeout\":0}"));
        assertThat(read)
                .isEqualTo(
                        new OpenPacket("s", List.of(TransportName.WEBSOCKET), Duration.ofMillis(1), Duration.ZERO, 0));
    }

    @Test
    void keepsTheIdOutOfLogs() {
        assertThat(SAMPLE.toString()).doesNotContain("lv_VI97HAXpY6yYWAAAC");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{",
                "{}",
                "{\"sid\":\"\",\"upgrades\":[],\"pingInterval\":1,\"pingTimeout\":1}",
                "{\"sid\":1,\"upgrades\":[],\"pingInterval\":1,\"pingTimeout\":1}",
                "{\"sid\":\"s\",\"pingInterval\":1,\"pingTimeout\":1}",
                "{\"sid\":\"s\",\"upgrades\":{},\"pingInterval\":1,\"pingTimeout\":1}",
                "{\"sid\":\"s\",\"upgrades\":[],\"pingTimeout\":1}",
                "{\"sid\":\"s\",\"upgrades\":[],\"pingInterval\":-1,\"pingTimeout\":1}",
                "{\"sid\":\"s\",\"upgrades\":[],\"pingInterval\":1.5,\"pingTimeout\":1}",
                "{\"sid\":\"s\",\"upgrades\":[],\"pingInterval\":1,\"pingTimeout\":9999999999}",
                "{\"sid\":\"s\",\"upgrades\":[],\"pingInterval\":1,\"pingTimeout\":1,\"maxPayload\":-1}",
                "{\"sid\":\"s\",\"upgrades\":[],\"pingInterval\":1,\"pingTimeout\":1,\"maxPayload\":\"1\"}",
                "{\"sid\":\"s\",\"upgrades\":[],\"pingInterval\":1,\"pingTimeout\":1,\"maxPayload\":null}",
                "{\"sid\":\"s\",\"upgrades\":[],\"pingInterval\":1,\"pingTimeout\":1} x"
            })
    void refusesWhatIsNoHandshake(String json) {
        assertThatThrownBy(() -> OpenPacket.decode(open(json)))
                .isInstanceOf(RemoteProtocolException.class)
                .hasMessageStartingWith("invalid open packet");
    }

    private static EnginePacket open(String json) {
        return EnginePacket.text(EnginePacket.Type.OPEN, json);
    }
}
