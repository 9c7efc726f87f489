package dev.bowline.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.core.type.TypeReference;

/** Handlers of every event, handlers with types, and flags of an emit. */
class ListenersTest {
    private final FakeServer server = new FakeServer();
    private final Socket socket = server.manager(FakeServer.builder()).socket();

    @BeforeEach
    void connect() {
        socket.connect();
        server.run();
        server.link().opens();
        server.link().says("40{\"sid\":\"s1\"}");
        server.link().taken();
    }

    @Test
    void tellsTheTransportWhatIsNotWorthCompressing() {
        socket.compress(false).emit("raw");
        socket.emit("usual");
        server.run();
        socket.compress(false).droppable().timeout(Duration.ofSeconds(1)).emit("raw too");
        server.run();
        assertThat(server.link().packets.stream()
                        .filter(packet -> packet.data().utf8().startsWith("2"))
                        .map(packet -> packet.data().utf8() + " " + packet.isCompressible()))
                .containsExactly("2[\"raw\"] false", "2[\"usual\"] true", "2[\"raw too\"] false");
    }

    @Test
    void callsHandlersOfEveryEventInTheirOrderUntilTheyAreTakenAway() {
        List<String> seen = new ArrayList<>();
        socket.on("x", String.class, text -> seen.add("x"));
        socket.onAny(event -> seen.add("second"));
        socket.prependAny(
                event -> seen.add("first " + event.name() + event.args().size()));
        socket.onAnyOutgoing(event -> seen.add("out second"));
        socket.prependAnyOutgoing(event -> seen.add("out first " + event.name()));
        server.link().says("42[\"x\",\"y\"]");
        socket.emit("z");
        server.run();
        assertThat(seen).containsExactly("first x1", "second", "x", "out first z", "out second");
        seen.clear();
        socket.offAny().offAnyOutgoing();
        server.link().says("42[\"x\",\"y\"]");
        socket.emit("z");
        server.run();
        assertThat(seen).containsExactly("x");
    }

    @Test
    void bindsTypesWithParameters() {
        List<Object> seen = new ArrayList<>();
        var numbers = new TypeReference<List<Integer>>() {};
        socket.once("once", numbers, seen::add);
        socket.onRequest(
                "sum",
                numbers,
                list -> list.stream().mapToInt(Integer::intValue).sum());
        server.link().says("42[\"once\",[1,2]]", "42[\"once\",[3]]", "427[\"sum\",[1,2,3]]");
        assertThat(seen).containsExactly(List.of(1, 2));
        assertThat(server.link().taken()).contains("437[6]");
    }
}
