package dev.bowline.interop.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.packet.Args;
import dev.bowline.interop.NodeProcess;
import dev.bowline.netty.NettyServer;
import dev.bowline.netty.proxy.TrustedProxies;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.server.transport.SessionCookie;
import dev.bowline.testkit.Recorder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two servers behind a real nginx and a real HAProxy, with the configurations that the documentation recommends. */
@ParameterizedClass
@EnumSource(ReverseProxy.Kind.class)
class ReverseProxyTest {
    private static final Pattern SID = Pattern.compile("\"sid\":\"([\\w-]{20})\"");

    @TempDir
    private Path directory;

    private final ReverseProxy.Kind kind;
    private final Recorder<String> events = new Recorder<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    ReverseProxyTest(ReverseProxy.Kind kind) {
        this.kind = kind;
    }

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.add(resource);
        return resource;
    }

    private ReverseProxy start(Duration pingInterval, Duration pingTimeout, String proxyTimeout) {
        int[] ports = new int[2];
        for (int i = 0; i < ports.length; i++) {
            ports[i] = serve("server" + i, pingInterval, pingTimeout).port();
        }
        return opened(ReverseProxy.start(kind, directory, ports[0], ports[1], proxyTimeout));
    }

    private ReverseProxy start() {
        return start(Duration.ofSeconds(25), Duration.ofSeconds(20), "60s");
    }

    private NettyServer serve(String name, Duration pingInterval, Duration pingTimeout) {
        SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
                .pingInterval(pingInterval)
                .pingTimeout(pingTimeout)
                .cookie(SessionCookie.named("io"))
                .build());
        io.onConnection(socket -> {
            events.accept("in "
                    + socket.handshake().address().getAddress().getHostAddress() + " "
                    + socket.handshake().secure());
            socket.onEvent("who", (args, ack) -> ack.send(name));
            socket.onEvent("echo", (args, ack) -> ack.send(answer(name, args)));
            socket.onDisconnect(reason -> events.accept("out " + reason));
        });
        return opened(NettyServer.builder(io)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .trustedProxies(TrustedProxies.of("127.0.0.1"))
                .bind());
    }

    private static Map<String, Object> answer(String name, Args args) {
        assertThat(args.get(1, byte[].class)).hasSize(10);
        return Map.of("server", name, "number", args.get(0, Integer.class));
    }

    // ---- Clients --------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"websocket", "polling", "upgrade"})
    void letsOfficialClientsThrough(String way) {
        ReverseProxy proxy = start();
        NodeProcess clients = opened(NodeProcess.start("deployed-client.mjs", proxy.address(), way, "6"));
        clients.awaitLine("passed");
        List<String> in =
                clients.lines().stream().filter(line -> line.startsWith("in ")).toList();
        assertThat(in).hasSize(6).allMatch(line -> line.endsWith(way.equals("polling") ? "polling" : "websocket"));
        if (kind == ReverseProxy.Kind.HAPROXY) {
            // nginx goes by the address, which they all have in common.
            assertThat(in.stream().map(line -> line.split(" ", -1)[1]).distinct())
                    .hasSize(2);
        }
    }

    /** Says HTTP from one address of the loopback network. */
    private static final class Link implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader in;

        Link(int port, int from) throws IOException {
            socket = new Socket(loopback(1), port, loopback(from), 0);
            socket.setSoTimeout(20_000);
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
        }

        private static InetAddress loopback(int last) throws IOException {
            return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
        }

        /** The body of the answer. */
        String ask(String method, String target, String body, String... headers) throws IOException {
            String more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
            socket.getOutputStream()
                    .write((method + " /socket.io/?EIO=4&transport=polling" + target + " HTTP/1.1\r\nHost: test\r\n"
                                    + more + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.ISO_8859_1));
            int length = 0;
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
                    length = Integer.parseInt(
                            line.substring(line.indexOf(':') + 1).trim());
                }
            }
            char[] content = new char[length];
            int read = 0;
            while (read < length) {
                read += in.read(content, read, length - read);
            }
            return new String(content);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /** Each request over a link of its own, as a browser may do. */
    private static String ask(
            ReverseProxy proxy, int from, String method, String target, String body, String... headers)
            throws IOException {
        try (Link link = new Link(proxy.port(), from)) {
            return link.ask(method, target, body, headers);
        }
    }

    @Test
    void keepsASessionOnItsServerAndSpreadsClientsOverBoth() throws IOException {
        ReverseProxy proxy = start();
        List<String> servers = new ArrayList<>();
        for (int client = 1; client <= 12; client++) {
            Matcher sid = SID.matcher(ask(proxy, client, "GET", "", ""));
            assertThat(sid.find()).isTrue();
            String session = "&sid=" + sid.group(1);
            assertThat(ask(proxy, client, "POST", session, "40")).isEqualTo("ok");
            assertThat(ask(proxy, client, "GET", session, "")).startsWith("40{");
            assertThat(ask(proxy, client, "POST", session, "420[\"who\"]")).isEqualTo("ok");
            servers.add(ask(proxy, client, "GET", session, ""));
        }
        assertThat(servers).hasSize(12).containsOnly("430[\"server0\"]", "430[\"server1\"]");
        assertThat(servers).contains("430[\"server0\"]", "430[\"server1\"]");
    }

    @Test
    void tellsTheServerWhereAClientReallyIsWhateverItClaims() throws IOException {
        ReverseProxy proxy = start();
        try (Link link = new Link(proxy.port(), 77)) {
            Matcher sid = SID.matcher(link.ask("GET", "", "", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https"));
            assertThat(sid.find()).isTrue();
            link.ask("POST", "&sid=" + sid.group(1), "40");
            events.expectNext("in 127.0.0.77 false");
        }
    }

    // ---- Time -----------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"websocket", "polling", "upgrade"})
    void keepsAnIdleLinkAliveByHeartbeats(String way) {
        ReverseProxy proxy = start(Duration.ofMillis(300), Duration.ofMillis(600), "1s");
        NodeProcess client = opened(NodeProcess.start("deployed-client.mjs", proxy.address(), way, "1"));
        client.awaitLine("passed");
        // Over three times the proxy's time-out.
        for (int i = 0; i < 12; i++) {
            client.awaitLine("ping");
        }
        client.say("again");
        client.awaitLine("passed again");
        assertThat(client.lines()).noneMatch(line -> line.startsWith("out"));
    }

    /** What the warning of {@code proxyIdleTimeout} is about. */
    @ParameterizedTest
    @ValueSource(strings = {"websocket", "polling"})
    void cutsAnIdleLinkThatHasNoHeartbeatInTime(String way) {
        ReverseProxy proxy = start(Duration.ofSeconds(25), Duration.ofSeconds(20), "1s");
        NodeProcess client = opened(NodeProcess.start("deployed-client.mjs", proxy.address(), way, "1"));
        client.awaitLine("passed");
        client.awaitLine("out transport");
        events.await(event -> event.startsWith("out transport"));
    }
}
