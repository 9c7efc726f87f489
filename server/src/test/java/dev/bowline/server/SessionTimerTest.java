package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.testkit.Recorder;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The timer of a session, on which its end depends when a client says nothing any more. */
class SessionTimerTest {
    private static final String IN = "40{\"sid\":\"<sid>\"}";
    private static final Duration PING_INTERVAL = Duration.ofSeconds(25);

    private final ManualLoop loop = new ManualLoop();
    private final SocketIoServer io = SocketIoServer.create(
            ServerOptions.builder().dispatch(Dispatch.onEventLoop()).build());
    private final Recorder<String> events = new Recorder<>(Duration.ZERO);

    @AfterEach
    void close() {
        io.close();
        loop.run();
    }

    @Test
    void endsTheSessionWhoseTimerFailsAndNoOther() {
        io.onConnection(socket -> socket.onDisconnect(reason -> events.accept(reason.text())));
        Peer broken = Peer.connect(io, loop).send("40");
        broken.expect(IN);
        Peer other = Peer.connect(io, loop).send("40");
        other.expect(IN);
        broken.breakAt("2");
        loop.advance(PING_INTERVAL);
        events.expectNext("transport error");
        assertThat(broken.isClosed()).isTrue();
        assertThat(io.connectionCount()).isEqualTo(1);
        other.expect("2");
        other.send("3");
        loop.advance(PING_INTERVAL);
        other.expect("2");
    }
}
