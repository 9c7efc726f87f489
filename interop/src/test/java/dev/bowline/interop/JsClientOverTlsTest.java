package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.NettyServer;
import dev.bowline.netty.tls.Tls;
import dev.bowline.server.SocketIoServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The official JavaScript client over {@code https} and {@code wss}, also when the certificate changes under it. */
class JsClientOverTlsTest {
    private static final String PASSWORD = "changeit";

    @TempDir
    private Path directory;

    private final SocketIoServer io = SocketIoServer.create();
    private final List<NodeProcess> clients = new ArrayList<>();
    private Path store = Path.of("");

    @BeforeEach
    void serve() {
        store = directory.resolve("live.p12");
        io.onConnection(socket -> {
            assertThat(socket.handshake().secure()).isTrue();
            socket.onEvent("who", (args, ack) -> ack.send("server"));
            socket.onEvent(
                    "echo", (args, ack) -> ack.send(Map.of("server", "server", "number", args.get(0, Integer.class))));
        });
    }

    @AfterEach
    void close() {
        clients.forEach(NodeProcess::close);
        io.close();
    }

    /** Puts a new key where the server looks for it, and its certificate into a file of its own. */
    private Path issue(String name) throws IOException {
        Files.deleteIfExists(store);
        Path certificate = directory.resolve(name + ".pem");
        keytool("-genkeypair", "-alias", name, "-keyalg", "EC", "-dname", "CN=" + name, "-ext", "san=dns:localhost");
        keytool("-exportcert", "-alias", name, "-rfc", "-file", certificate.toString());
        return certificate;
    }

    private void keytool(String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new AssertionError("keytool failed: " + said);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private NettyServer bind(Tls tls) {
        return NettyServer.builder(io)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .tls(tls)
                .bind();
    }

    private NodeProcess client(NettyServer server, String way, Path certificate) {
        NodeProcess client = NodeProcess.start(
                "deployed-client.mjs", "https://localhost:" + server.port(), way, "1", certificate.toString());
        clients.add(client);
        return client;
    }

    @ParameterizedTest
    @ValueSource(strings = {"websocket", "polling", "upgrade"})
    void talksOverEachTransport(String way) throws IOException {
        Path certificate = issue("one");
        try (NettyServer server = bind(Tls.keyStore(store, PASSWORD))) {
            client(server, way, certificate).awaitLine("passed");
        }
    }

    @Test
    void staysWhereTheCertificateChanges() throws IOException {
        Path old = issue("one");
        Tls tls = Tls.keyStore(store, PASSWORD);
        try (NettyServer server = bind(tls)) {
            NodeProcess stays = client(server, "upgrade", old);
            stays.awaitLine("passed");
            Path replacement = issue("two");
            tls.reload();
            client(server, "websocket", replacement).awaitLine("passed");
            client(server, "websocket", old).awaitLine("failed");
            stays.say("again");
            stays.awaitLine("passed again");
        }
    }
}
