package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.adapter.cluster.InMemoryBus;
import dev.bowline.testkit.Recorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Servers of a cluster that keep the sessions of their own clients. */
class ClusterRecoveryTest {
    private final ManualLoop loop = new ManualLoop();
    private final InMemoryBus bus = new InMemoryBus();
    private final Recorder<String> events = new Recorder<>();
    private final SocketIoServer one = server("one");
    private final SocketIoServer two = server("two");

    private SocketIoServer server(String node) {
        SocketIoServer server = SocketIoServer.create(ServerOptions.builder()
                .adapter(bus.join(node))
                .recovery(Recovery.within(Duration.ofMinutes(2)))
                .build());
        server.onConnection(socket -> {
            socket.join("crew");
            socket.onDisconnect(reason -> events.accept("out"));
            events.accept("in " + socket.recovery());
        });
        return server;
    }

    @AfterEach
    void close() {
        one.close();
        two.close();
        bus.close();
        loop.run();
    }

    private Peer connect(SocketIoServer server, String packet) {
        Peer peer = Peer.connect(server, loop).send(packet);
        loop.until("the client to be let in", () -> !peer.id().isEmpty());
        return peer;
    }

    private void awaitFrames(Peer peer, String... beginnings) {
        List<String> frames = new ArrayList<>();
        loop.until("all frames", () -> {
            frames.addAll(peer.take());
            return frames.size() >= beginnings.length;
        });
        assertThat(frames).hasSameSizeAs(beginnings);
        for (int i = 0; i < beginnings.length; i++) {
            assertThat(frames.get(i)).startsWith(beginnings[i]);
        }
    }

    @Test
    void aClientThatComesBackToItsServerHasMissedNothingOfWhatAnyOfThemSaid() {
        Peer before = connect(two, "40");
        events.expectNext("in fresh(NOT_ASKED)");
        one.emit("first", 1);
        awaitFrames(before, "40", "42[\"first\",1,");
        before.cut();
        events.expectNext("out");
        Peer witness = connect(two, "40");
        events.expectNext("in fresh(NOT_ASKED)");
        for (int i = 0; i < 10; i++) {
            one.to("crew").emit("elsewhere", i);
        }
        awaitFrames(
                witness,
                "40",
                "42[\"elsewhere\",0,",
                "42[\"elsewhere\",1,",
                "42[\"elsewhere\",2,",
                "42[\"elsewhere\",3,",
                "42[\"elsewhere\",4,",
                "42[\"elsewhere\",5,",
                "42[\"elsewhere\",6,",
                "42[\"elsewhere\",7,",
                "42[\"elsewhere\",8,",
                "42[\"elsewhere\",9,");
        two.to("crew").emit("here");
        Peer after = connect(two, "40{\"pid\":\"" + before.pid() + "\"}");
        events.expectNext("in recovered");
        assertThat(after.id()).isEqualTo(before.id());
        List<String> frames = after.take();
        assertThat(frames.stream().filter(frame -> frame.startsWith("42[\"elsewhere\"")))
                .hasSize(10);
        assertThat(frames.get(frames.size() - 2)).startsWith("42[\"here\",");
        assertThat(frames.get(frames.size() - 1)).startsWith("40");
    }

    @Test
    void aClientThatComesToAnotherServerIsNewAndTold() {
        Peer before = connect(two, "40");
        events.expectNext("in fresh(NOT_ASKED)");
        before.cut();
        events.expectNext("out");
        Peer after = connect(one, "40{\"pid\":\"" + before.pid() + "\"}");
        events.expectNext("in fresh(UNKNOWN_EPOCH)");
        assertThat(after.id()).isNotEqualTo(before.id());
    }
}
