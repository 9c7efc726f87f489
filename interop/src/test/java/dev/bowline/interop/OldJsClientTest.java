package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.NettyServer;
import dev.bowline.server.ServerOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The official JavaScript client of Socket.IO 2 talks to Bowline's server, over each transport. What the client does
 * and expects is the check of the same name in {@code old-client.mjs}.
 */
@ParameterizedClass
@ValueSource(strings = {"websocket", "polling", "upgrade"})
class OldJsClientTest {
    private final NettyServer http = serve(ServerOptions.builder().allowEIO3(true));

    @Parameter
    @SuppressWarnings("NullAway.Init")
    private String transport;

    @AfterEach
    void close() {
        http.close();
    }

    private static NettyServer serve(ServerOptions.Builder options) {
        return NettyServer.bind(
                TalkingServer.create(options.build()), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private void check(String name) {
        check(name, http);
    }

    private void check(String name, NettyServer server) {
        try (var client = NodeProcess.start("old-client.mjs", "http://127.0.0.1:" + server.port(), transport)) {
            client.say(name);
            assertThat(client.awaitLine(line -> line.startsWith("passed " + name) || line.startsWith("failed")))
                    .isEqualTo("passed " + name);
        }
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
    void textSurvivesBinaryNeighbours() {
        check("textSurvivesBinaryNeighbours");
    }

    @Test
    void aBinaryBroadcastReachesOldAndNewAlike() {
        check("aBinaryBroadcastReachesOldAndNewAlike");
    }

    @Test
    void acknowledgementsGoBothWays() {
        check("acknowledgementsGoBothWays");
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
    void theServerSeesTheQueryAsAuth() {
        check("theServerSeesTheQueryAsAuth");
    }

    @Test
    void aMiddlewareRefusesWithItsData() {
        check("aMiddlewareRefusesWithItsData");
    }

    @Test
    void anUnknownNamespaceIsAnError() {
        check("anUnknownNamespaceIsAnError");
    }

    @Test
    void theServersIdIsNotTheConnections() {
        check("theServersIdIsNotTheConnections");
    }

    @Test
    void aThousandMessagesKeepTheirOrderFromTheFirstOn() {
        check("aThousandMessagesKeepTheirOrderFromTheFirstOn");
    }

    @Test
    void areRefusedWhereTheyAreNotAllowed() {
        try (NettyServer strict = serve(ServerOptions.builder())) {
            check("areRefusedWhereTheyAreNotAllowed", strict);
        }
    }
}
