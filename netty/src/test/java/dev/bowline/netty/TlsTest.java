package dev.bowline.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.netty.tls.Tls;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Recorder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS with clients of the JDK, with certificates that keytool makes, some of them while clients are connected. */
class TlsTest {
    private static final String PASSWORD = "changeit";

    @TempDir
    private static Path files;

    private final Recorder<String> events = new Recorder<>();
    private final SocketIoServer io = SocketIoServer.create();

    @BeforeAll
    static void makeCertificates() {
        for (String name : new String[] {"first", "second"}) {
            KeyTool.makeStore(files.resolve(name + ".p12"), "PKCS12", name, "RSA", PASSWORD);
            KeyTool.exportPem(files.resolve(name + ".p12"), PASSWORD, files, name);
        }
        KeyTool.makeStore(files.resolve("old.jks"), "JKS", "old", "RSA", PASSWORD);
        KeyTool.makeStore(files.resolve("curve.p12"), "PKCS12", "curve", "EC", PASSWORD);
        KeyTool.exportPem(files.resolve("curve.p12"), PASSWORD, files, "curve");
        KeyTool.encrypt(files.resolve("first.key"), files.resolve("secret.key"), PASSWORD);
    }

    @AfterEach
    void close() {
        io.close();
    }

    private static Path file(String name) {
        return files.resolve(name);
    }

    private NettyServer serve(Tls tls) {
        io.onConnection(socket -> {
            events.accept("in " + socket.handshake().secure());
            socket.on("say", String.class, events);
        });
        return NettyServer.builder(io).port(0).tls(tls).bind();
    }

    // ---- Clients --------------------------------------------------------------------------------

    /** Believes everyone: the tests look at the certificate themselves. */
    private static final class Credulous implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private static SSLContext context(String clientStore) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            if (clientStore.isEmpty()) {
                keys.init(null, null);
            } else {
                keys.init(
                        KeyStore.getInstance(file(clientStore).toFile(), PASSWORD.toCharArray()),
                        PASSWORD.toCharArray());
            }
            context.init(keys.getKeyManagers(), new TrustManager[] {new Credulous()}, new SecureRandom());
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new AssertionError(e);
        }
    }

    /** One request over TLS: who the server says it is, by which version, and its answer. */
    private static String ask(int port, String clientStore, String... protocols) {
        try (SSLSocket socket = (SSLSocket)
                context(clientStore).getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
            if (protocols.length > 0) {
                parameters.setProtocols(protocols);
            }
            socket.setSSLParameters(parameters);
            socket.getOutputStream()
                    .write("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n"
                            .getBytes(StandardCharsets.UTF_8));
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            String status = in.readLine();
            assertThat(socket.getApplicationProtocol()).isNotEqualTo("h2");
            var certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            return certificate.getSubjectX500Principal().getName() + " "
                    + socket.getSession().getProtocol() + " " + status;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static RawClient enter(int port) {
        try {
            var client =
                    new RawClient(context("").getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port));
            client.upgrade(RawClient.WEBSOCKET);
            client.frame();
            client.text("40");
            client.frame();
            return client;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- What is served -------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void servesBothVersionsAndNeverHttp2(String version) {
        try (NettyServer server = serve(Tls.pem(file("first.crt"), file("first.key")))) {
            assertThat(ask(server.port(), "", version)).isEqualTo("CN=first " + version + " HTTP/1.1 200 OK");
        }
    }

    @Test
    void servesTheNamedVersionsOnly() {
        try (NettyServer server =
                serve(Tls.pem(file("first.crt"), file("first.key")).withProtocols("TLSv1.3"))) {
            assertThatThrownBy(() -> ask(server.port(), "", "TLSv1.2")).isInstanceOf(UncheckedIOException.class);
            assertThat(ask(server.port(), "")).startsWith("CN=first TLSv1.3");
        }
    }

    @Test
    void readsKeyStoresAndKeysOfAllKinds() {
        for (Tls tls : new Tls[] {
            Tls.keyStore(file("first.p12"), PASSWORD),
            Tls.keyStore(file("old.jks"), PASSWORD),
            Tls.keyStore(file("curve.p12"), PASSWORD),
            Tls.pem(file("curve.crt"), file("curve.key")),
            Tls.pem(file("first.crt"), file("secret.key"), PASSWORD)
        }) {
            try (SocketIoServer other = SocketIoServer.create();
                    NettyServer server =
                            NettyServer.builder(other).port(0).tls(tls).bind()) {
                assertThat(ask(server.port(), "")).endsWith("TLSv1.3 HTTP/1.1 200 OK");
            }
        }
    }

    @Test
    void tellsTheApplicationThatAClientCameOverTls() {
        try (NettyServer server = serve(Tls.pem(file("first.crt"), file("first.key")))) {
            enter(server.port()).close();
            events.expectNext("in true");
        }
    }

    @Test
    void servesAPipelineThatIsNotOursBehindTls() {
        Tls tls = Tls.pem(file("first.crt"), file("first.key"));
        NettyAttachment attachment = NettyAttachment.of(io);
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            var port = new ServerBootstrap()
                    .group(loops)
                    .channel(NioServerSocketChannel.class)
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel link) {
                            link.pipeline().addLast(tls.newHandler(link.alloc()), new HttpServerCodec());
                            attachment.addTo(link.pipeline());
                        }
                    })
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .syncUninterruptibly()
                    .channel();
            io.onConnection(socket -> events.accept("in " + socket.handshake().secure()));
            enter(((InetSocketAddress) port.localAddress()).getPort()).close();
            events.expectNext("in true");
        } finally {
            io.close();
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    // ---- Reload ---------------------------------------------------------------------------------

    @Test
    void showsANewCertificateWhileOldConnectionsLive(@TempDir Path live) throws IOException {
        copy("first", live);
        Tls tls = Tls.pem(live.resolve("live.crt"), live.resolve("live.key"));
        try (NettyServer server = serve(tls);
                RawClient client = enter(server.port())) {
            events.expectNext("in true");
            assertThat(ask(server.port(), "")).startsWith("CN=first");

            copy("second", live);
            assertThat(ask(server.port(), "")).startsWith("CN=first");
            tls.reload();
            assertThat(ask(server.port(), "")).startsWith("CN=second");

            client.text("42[\"say\",\"still here\"]");
            events.expectNext("still here");
        }
    }

    @Test
    void keepsWhatItHasWhereTheNewFilesAreBroken(@TempDir Path live) throws IOException {
        copy("first", live);
        Tls tls = Tls.pem(live.resolve("live.crt"), live.resolve("live.key"));
        try (NettyServer server = serve(tls)) {
            Files.copy(file("second.crt"), live.resolve("live.crt"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            assertThatThrownBy(tls::reload)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("tls key must belong to the certificate: CN=second");
            assertThat(ask(server.port(), "")).startsWith("CN=first");
            Files.writeString(live.resolve("live.crt"), "nonsense");
            assertThatThrownBy(tls::reload).isInstanceOf(IllegalArgumentException.class);
            Files.delete(live.resolve("live.crt"));
            assertThatThrownBy(tls::reload).hasMessageContaining("live.crt");
            assertThat(ask(server.port(), "")).startsWith("CN=first");
        }
    }

    private static void copy(String name, Path directory) throws IOException {
        for (String end : new String[] {".crt", ".key"}) {
            Files.copy(
                    file(name + end),
                    directory.resolve("live" + end),
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
    }

    // ---- Certificates of clients ----------------------------------------------------------------

    @Test
    void asksForCertificatesOfClients() {
        Tls tls = Tls.pem(file("first.crt"), file("first.key")).withClientCertificates(file("second.crt"));
        try (NettyServer server = serve(tls)) {
            assertThat(ask(server.port(), "second.p12")).endsWith("200 OK");
            assertThatThrownBy(() -> ask(server.port(), "")).isInstanceOf(UncheckedIOException.class);
            assertThatThrownBy(() -> ask(server.port(), "curve.p12")).isInstanceOf(UncheckedIOException.class);
        }
    }

    @Test
    void letsClientsWithoutCertificateInWhereItIsOptional() {
        Tls tls = Tls.pem(file("first.crt"), file("first.key")).withOptionalClientCertificates(file("second.crt"));
        try (NettyServer server = serve(tls)) {
            assertThat(ask(server.port(), "second.p12")).endsWith("200 OK");
            assertThat(ask(server.port(), "")).endsWith("200 OK");
        }
    }

    // ---- What is wrong --------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nowhere.crt | first.key  |          | tls file must be there: ",
                "first.crt   | nowhere    |          | tls file must be there: ",
                "first.key   | first.key  |          | tls certificate ",
                "first.crt   | first.crt  |          | tls key file must hold a private key: ",
                "first.crt   | second.key |          | tls key must belong to the certificate: CN=first",
                "first.crt   | curve.key  |          | tls key must belong to the certificate: CN=first",
                "first.crt   | secret.key |          | tls key needs a password: ",
                "first.crt   | secret.key | wrong    | tls key cannot be decrypted"
            })
    void saysWhatIsWrongWithPem(String chain, String key, String password, String message) {
        assertThatThrownBy(() -> {
                    if (password == null) {
                        Tls.pem(file(chain), file(key));
                    } else {
                        Tls.pem(file(chain), file(key), password);
                    }
                })
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void saysHowToConvertAnOldKey(@TempDir Path other) throws IOException {
        Path old = Files.writeString(
                other.resolve("old.key"), "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
        assertThatThrownBy(() -> Tls.pem(file("first.crt"), old))
                .hasMessage("tls key must be PKCS#8 (openssl pkcs8 -topk8 converts it): " + old + ": RSA PRIVATE KEY");
    }

    @Test
    void saysWhatIsWrongWithAKeyStore() {
        assertThatThrownBy(() -> Tls.keyStore(file("nowhere.p12"), PASSWORD))
                .hasMessageStartingWith("tls keyStore must be a file: ");
        assertThatThrownBy(() -> Tls.keyStore(file("first.p12"), "wrong"))
                .hasMessageStartingWith("tls keyStore cannot be read, or its password is wrong: " + file("first.p12"));
        assertThatThrownBy(() -> Tls.keyStore(file("first.crt"), PASSWORD))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Tls.keyStore(file("first.p12"), PASSWORD).withProtocols("TLSv1"))
                .hasMessage("tls protocols must be among [TLSv1.3, TLSv1.2]: [TLSv1]");
    }

    @Test
    void closesALinkThatSpeaksNoTls() {
        try (NettyServer server = serve(Tls.pem(file("first.crt"), file("first.key")));
                var socket = new java.net.Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            byte[] alert = socket.getInputStream().readAllBytes();
            assertThat(new String(alert, StandardCharsets.ISO_8859_1)).doesNotContain("HTTP");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whose trust manager is not ours alone is not looked at: the default of the JDK must refuse our own certificate. */
    @Test
    void showsACertificateThatIsReallyChecked() throws GeneralSecurityException {
        TrustManagerFactory defaults = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        defaults.init((KeyStore) null);
        SSLContext strict = SSLContext.getInstance("TLS");
        strict.init(null, defaults.getTrustManagers(), null);
        try (NettyServer server = serve(Tls.pem(file("first.crt"), file("first.key")))) {
            assertThatThrownBy(() -> {
                        try (SSLSocket socket = (SSLSocket) strict.getSocketFactory()
                                .createSocket(InetAddress.getLoopbackAddress(), server.port())) {
                            socket.startHandshake();
                        }
                    })
                    .isInstanceOf(javax.net.ssl.SSLHandshakeException.class);
        }
    }
}
