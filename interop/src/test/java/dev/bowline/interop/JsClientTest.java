package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.NettyServer;
import dev.bowline.server.ServerOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The official JavaScript client talks to Bowline's server, over each transport. What the client does and expects is
 * the check of the same name in {@code js-client.mjs}.
 */
@ParameterizedClass
@ValueSource(strings = {"websocket", "polling", "upgrade"})
class JsClientTest {
    private final NettyServer http = NettyServer.bind(
            TalkingServer.create(ServerOptions.defaults()), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    private final NodeProcess client;

    JsClientTest(String transport) {
        client = NodeProcess.start("js-client.mjs", "http://127.0.0.1:" + http.port(), transport);
    }

    @AfterEach
    void close() {
        client.close();
        http.close();
    }

    private void check(String name) {
        client.say(name);
        assertThat(client.awaitLine(line -> line.startsWith("passed " + name) || line.startsWith("failed")))
                .isEqualTo("passed " + name);
    }

    @Test
    void severalTypedArguments() {
        check("severalTypedArguments");
    }

    @Test
    void binaryNestedAnywhereBothWays() {
        check("binaryNestedAnywhereBothWays");
    }

    @Test
    void aBinaryBroadcastReachesAllThree() {
        check("aBinaryBroadcastReachesAllThree");
    }

    @Test
    void acknowledgementsGoBothWays() {
        check("acknowledgementsGoBothWays");
    }

    @Test
    void acknowledgementsThatDoNotComeTimeOut() {
        check("acknowledgementsThatDoNotComeTimeOut");
    }

    @Test
    void roomsSelectWhoHears() {
        check("roomsSelectWhoHears");
    }

    @Test
    void namespacesShareALink() {
        check("namespacesShareALink");
    }

    @Test
    void theServerSeesTheAuth() {
        check("theServerSeesTheAuth");
    }

    @Test
    void aMiddlewareRefusesWithMessageAndData() {
        check("aMiddlewareRefusesWithMessageAndData");
    }

    @Test
    void anUnknownNamespaceIsAConnectError() {
        check("anUnknownNamespaceIsAConnectError");
    }

    @Test
    void aThousandMessagesKeepTheirOrderFromTheFirstOn() {
        check("aThousandMessagesKeepTheirOrderFromTheFirstOn");
    }
}
