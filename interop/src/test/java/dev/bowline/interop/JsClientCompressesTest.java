package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.NettyServer;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.server.transport.PerMessageDeflate;
import dev.bowline.testkit.Recorder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The official JavaScript client over WebSockets on which every message is compressed. */
class JsClientCompressesTest {
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void understandsEveryMessage(boolean keepsContext) {
        PerMessageDeflate deflate = PerMessageDeflate.defaults().withThreshold(0);
        Recorder<String> offers = new Recorder<>();
        SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
                .perMessageDeflate(keepsContext ? deflate : deflate.withoutContextTakeover())
                .build());
        io.onConnection(socket -> {
            offers.accept(socket.handshake().header("sec-websocket-extensions").orElse("none"));
            socket.onEvent("who", (args, ack) -> ack.send("server"));
            socket.onEvent(
                    "echo", (args, ack) -> ack.send(Map.of("server", "server", "number", args.get(0, Integer.class))));
        });
        try (NettyServer server = NettyServer.bind(io, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                NodeProcess client = NodeProcess.start(
                        "deployed-client.mjs", "http://127.0.0.1:" + server.port(), "websocket", "2")) {
            client.awaitLine("passed");
            assertThat(offers.next()).startsWith("permessage-deflate");
        }
    }
}
