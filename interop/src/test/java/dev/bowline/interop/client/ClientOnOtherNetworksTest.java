package dev.bowline.interop.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.client.ConnectError;
import dev.bowline.client.Manager;
import dev.bowline.client.ManagerBuilder;
import dev.bowline.client.Reconnection;
import dev.bowline.client.Socket;
import dev.bowline.interop.client.NodeServer.Way;
import dev.bowline.netty.NettyServer;
import dev.bowline.netty.tls.Tls;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import java.io.IOException;
import java.io.InputStream;
import java.net.Authenticator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bowline's client against Bowline's server where there is something special between them. */
class ClientOnOtherNetworksTest {
    private static final String PASSWORD = "changeit";

    @TempDir
    private Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();

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

    private SocketIoServer io(ServerOptions options) {
        SocketIoServer io = SocketIoServer.create(options);
        io.onConnection(socket -> socket.onEvent("echo", (args, ack) -> ack.send(args.get(0, Object.class))));
        return io;
    }

    private SocketIoServer io() {
        return io(ServerOptions.builder().build());
    }

    private static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private static ManagerBuilder builder(String address, Way way) {
        return Manager.builder(URI.create(address))
                .transports(way.transports())
                .reconnection(
                        Reconnection.defaults().withDelay(Duration.ofMillis(20)).withMaxDelay(Duration.ofMillis(20)));
    }

    /** It connects, moves to where it wants to be, asks and is answered, loses its connection and does it again. */
    private void talks(Way way, ManagerBuilder builder) throws Exception {
        Manager manager = opened(builder.build());
        Socket socket = manager.socket().connect();
        for (int round = 0; round < 2; round++) {
            assertThat(socket.emitWithAck("echo", String.class, "hello").get(20, TimeUnit.SECONDS))
                    .isEqualTo("hello");
            Eventually.await("the transport", () -> manager.transport().equals(Optional.of(way.endsOn())));
            byte[] bytes = new byte[5000];
            assertThat(socket.emitWithAck("echo", byte[].class, (Object) bytes).get(20, TimeUnit.SECONDS))
                    .isEqualTo(bytes);
            manager.offline().online();
        }
    }

    // ---- TLS ------------------------------------------------------------------------------------

    private Path keyStore() throws IOException, InterruptedException {
        Path store = directory.resolve("server.p12");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=server",
                        "-ext",
                        "san=dns:localhost,ip:127.0.0.1",
                        "-keystore",
                        store.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return store;
    }

    private static SSLContext trusting(Path store) throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", keys.getCertificate("server"));
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void trustsWhomItsSslContextTrusts(Way way) throws Exception {
        Path store = keyStore();
        NettyServer server = opened(NettyServer.builder(io())
                .address(loopback())
                .tls(Tls.keyStore(store, PASSWORD))
                .bind());
        SSLContext context = trusting(store);
        talks(
                way,
                builder((way == Way.WEBSOCKET ? "wss" : "https") + "://localhost:" + server.port(), way)
                        .customizeHttpClient(http -> http.sslContext(context)));
    }

    @ParameterizedTest
    @EnumSource(
            value = Way.class,
            names = {"POLLING", "WEBSOCKET"})
    void isNotLetDownByACertificateThatNobodyTrusts(Way way) throws Exception {
        NettyServer server = opened(NettyServer.builder(io())
                .address(loopback())
                .tls(Tls.keyStore(keyStore(), PASSWORD))
                .bind());
        Manager manager =
                opened(builder("https://localhost:" + server.port(), way).build());
        CompletableFuture<ConnectError> told = new CompletableFuture<>();
        manager.socket().onConnectError(told::complete);
        manager.socket().connect();
        ConnectError error = told.get(20, TimeUnit.SECONDS);
        assertThat(error.refused()).isFalse();
        assertThat(error.cause().orElseThrow()).hasRootCauseInstanceOf(Exception.class);
        assertThat(error.cause().orElseThrow().getCause()).isInstanceOf(SSLHandshakeException.class);
    }

    // ---- Proxies --------------------------------------------------------------------------------

    private static Authenticator authenticator(String password) {
        return new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return getRequestorType() == RequestorType.PROXY
                        ? new PasswordAuthentication("user", password.toCharArray())
                        : null;
            }
        };
    }

    /**
     * Over HTTP, of which the JDK sends a proxy plain requests, but tunnels for WebSockets. It gives a tunnel no
     * password in clear unless it is told to, by a property of the system, as this test's JVM is.
     */
    @ParameterizedTest
    @EnumSource(Way.class)
    void passesAProxyThatWantsAPassword(Way way) throws Exception {
        NettyServer server =
                opened(NettyServer.builder(io()).address(loopback()).bind());
        ForwardProxy proxy = opened(new ForwardProxy("user", "open sesame"));
        talks(
                way,
                builder("http://127.0.0.1:" + server.port(), way)
                        .customizeHttpClient(http -> http.proxy(ProxySelector.of(proxy.address()))
                                .authenticator(authenticator("open sesame"))));
        // The password is given when it is asked for, and without being asked from then on.
        assertThat(proxy.lines().get(0)).endsWith(" 407");
        if (way != Way.WEBSOCKET) {
            assertThat(proxy.lines())
                    .anyMatch(
                            line -> line.startsWith("GET http://127.0.0.1:" + server.port()) && !line.endsWith(" 407"));
        }
        if (way != Way.POLLING) {
            assertThat(proxy.lines()).contains("CONNECT 127.0.0.1:" + server.port());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Way.class,
            names = {"POLLING", "UPGRADE"})
    void passesAProxyThatWantsAPasswordWithTls(Way way) throws Exception {
        Path store = keyStore();
        NettyServer server = opened(NettyServer.builder(io())
                .address(loopback())
                .tls(Tls.keyStore(store, PASSWORD))
                .bind());
        ForwardProxy proxy = opened(new ForwardProxy("user", "open sesame"));
        SSLContext context = trusting(store);
        talks(
                way,
                builder("https://localhost:" + server.port(), way)
                        .customizeHttpClient(http -> http.proxy(ProxySelector.of(proxy.address()))
                                .sslContext(context)
                                .authenticator(authenticator("open sesame"))));
        assertThat(proxy.lines()).contains("CONNECT localhost:" + server.port());
    }

    @Test
    void isToldThatTheProxyDoesNotLetItThrough() throws Exception {
        NettyServer server =
                opened(NettyServer.builder(io()).address(loopback()).bind());
        ForwardProxy proxy = opened(new ForwardProxy("user", "open sesame"));
        Manager manager = opened(builder("http://127.0.0.1:" + server.port(), Way.POLLING)
                .customizeHttpClient(http -> http.proxy(ProxySelector.of(proxy.address())))
                .build());
        CompletableFuture<Integer> status = new CompletableFuture<>();
        manager.onError(failure -> status.complete(failure.status().orElse(0)));
        manager.connect();
        assertThat(status.get(20, TimeUnit.SECONDS)).isEqualTo(407);
    }

    // ---- Addresses ------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(Way.class)
    void findsAnAddressOfIpv6(Way way) throws Exception {
        byte[] address = new byte[16];
        address[15] = 1;
        NettyServer server = opened(NettyServer.builder(io())
                .address(new InetSocketAddress(InetAddress.getByAddress(address), 0))
                .bind());
        talks(way, builder("http://[::1]:" + server.port(), way));
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void findsAPathAndShowsItsQueryAndHeaders(Way way) throws Exception {
        SocketIoServer io = io(ServerOptions.builder().path("/deep/down").build());
        CompletableFuture<Map<String, String>> seen = new CompletableFuture<>();
        io.onConnection(socket -> seen.complete(Map.of(
                "query", socket.handshake().query().getOrDefault("a b", ""),
                "header", socket.handshake().header("x-test").orElse(""))));
        io.onConnection(socket -> socket.onEvent("echo", (args, ack) -> ack.send(args.get(0, Object.class))));
        NettyServer server = opened(NettyServer.builder(io).address(loopback()).bind());
        talks(
                way,
                builder("http://127.0.0.1:" + server.port() + "?x=y", way)
                        .path("/deep/down")
                        .query("a b", "ü&c")
                        .header("X-Test", "here"));
        assertThat(seen.get(1, TimeUnit.SECONDS)).isEqualTo(Map.of("query", "ü&c", "header", "here"));
    }
}
