package dev.bowline.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.proxy.TrustedProxies;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Recorder;
import org.junit.jupiter.api.Test;

/** The address that the application is told where a proxy stands before the port. */
class ForwardedAddressTest {
    @Test
    void tellsTheApplicationWhereAClientReallyIs() {
        assertThat(addressOf(TrustedProxies.of("127.0.0.0/8"))).isEqualTo("203.0.113.9 true");
    }

    @Test
    void doesNotBelieveAnyoneElse() {
        assertThat(addressOf(TrustedProxies.of("10.0.0.0/8"))).isEqualTo("127.0.0.1 false");
        assertThat(addressOf(TrustedProxies.none())).isEqualTo("127.0.0.1 false");
    }

    private static String addressOf(TrustedProxies trusted) {
        Recorder<String> seen = new Recorder<>();
        try (SocketIoServer io = SocketIoServer.create();
                NettyServer server =
                        NettyServer.builder(io).port(0).trustedProxies(trusted).bind();
                RawClient client = new RawClient(server.port())) {
            io.onConnection(socket ->
                    seen.accept(socket.handshake().address().getAddress().getHostAddress() + " "
                            + socket.handshake().secure()));
            client.upgrade(RawClient.WEBSOCKET, "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https");
            client.frame();
            client.text("40");
            return seen.next();
        }
    }
}
