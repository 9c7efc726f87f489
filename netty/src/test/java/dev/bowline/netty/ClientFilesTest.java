package dev.bowline.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.server.transport.ClientBundle;
import dev.bowline.server.transport.Cors;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The scripts of the JavaScript client, served from where the user has them. */
class ClientFilesTest {
    private static final String SCRIPT = "/* a client */ ".repeat(100);

    @TempDir
    private Path dist;

    private NettyServer server = NettyServer.bind(SocketIoServer.create(), 0);

    @BeforeEach
    void serve() throws IOException {
        server.close();
        Files.writeString(dist.resolve("socket.io.js"), SCRIPT);
        Files.writeString(dist.resolve("socket.io.js.map"), "{}");
        Files.writeString(dist.resolve("secret.txt"), "secret");
        server = NettyServer.bind(
                SocketIoServer.create(ServerOptions.builder()
                        .clientBundle(ClientBundle.of(dist))
                        .cors(Cors.of("https://app.example.com"))
                        .build()),
                0);
    }

    @AfterEach
    void close() {
        server.close();
    }

    private RawClient.Response get(String path, String... headers) {
        try (RawClient client = new RawClient(server.port())) {
            return client.get(path, headers);
        }
    }

    @Test
    void servesScriptsAndMaps() {
        RawClient.Response script = get("/socket.io/socket.io.js?v=1", "Origin: https://app.example.com");
        assertThat(script.status()).isEqualTo(200);
        assertThat(script.body()).isEqualTo(SCRIPT);
        assertThat(script.headers())
                .containsEntry("content-type", "application/javascript; charset=utf-8")
                .containsEntry("cache-control", "public, max-age=0")
                .containsEntry("access-control-allow-origin", "https://app.example.com")
                .containsEntry("vary", "Origin, Accept-Encoding");
        assertThat(get("/socket.io/socket.io.js.map").header("content-type"))
                .contains("application/json; charset=utf-8");
    }

    @Test
    void compressesThem() throws IOException {
        RawClient.Response script = get("/socket.io/socket.io.js", "Accept-Encoding: gzip, br");
        assertThat(script.header("content-encoding")).contains("gzip");
        var body = new ByteArrayInputStream(script.content().toByteArray());
        assertThat(new String(new GZIPInputStream(body).readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo(SCRIPT);
        assertThat(script.header("etag"))
                .isNotEqualTo(get("/socket.io/socket.io.js").header("etag"));
    }

    @Test
    void saysWhenABrowserHasItAlready() {
        String etag = get("/socket.io/socket.io.js").header("etag").orElseThrow();
        for (String known : new String[] {etag, "W/" + etag, "\"other\", " + etag, "*"}) {
            RawClient.Response again = get("/socket.io/socket.io.js", "If-None-Match: " + known);
            assertThat(again.status()).isEqualTo(304);
            assertThat(again.body()).isEmpty();
            assertThat(again.header("etag")).contains(etag);
        }
        assertThat(get("/socket.io/socket.io.js", "If-None-Match: \"old\"").status())
                .isEqualTo(200);
    }

    @Test
    void answersHead() {
        try (RawClient client = new RawClient(server.port())) {
            RawClient.Response head = client.send(RawClient.request("HEAD", "/socket.io/socket.io.js"))
                    .head();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.header("content-length")).contains(String.valueOf(SCRIPT.length()));
            assertThat(client.get("/socket.io/socket.io.js").body()).isEqualTo(SCRIPT);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/socket.io/secret.txt",
                "/socket.io/../secret.txt",
                "/socket.io/socket.io.min.js",
                "/socket.io/x/socket.io.js",
                "/socket.io/%73ocket.io.js"
            })
    void servesNothingElse(String path) {
        RawClient.Response response = get(path);
        assertThat(response.status()).isEqualTo(400);
        assertThat(response.body()).contains("Transport unknown");
    }

    @Test
    void servesOneFileAlone(@TempDir Path other) throws IOException {
        Path file = Files.writeString(other.resolve("socket.io.min.js"), "min");
        assertThat(ClientBundle.of(file)
                        .file("socket.io.min.js")
                        .orElseThrow()
                        .plain()
                        .utf8())
                .isEqualTo("min");
    }

    @Test
    void saysWhereThereIsNoClient(@TempDir Path empty) {
        assertThatThrownBy(() -> ClientBundle.of(empty))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("clientBundle must hold socket.io.js, socket.io.min.js or their kin: " + empty);
        assertThatThrownBy(() -> ClientBundle.of(empty.resolve("nowhere")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("nowhere");
        assertThatThrownBy(ClientBundle::webJar)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("org.webjars.npm:socket.io-client");
    }

    /** Laid out as the dependency is. */
    @Test
    void findsTheWebJar(@TempDir Path jar) throws IOException {
        Path maven = jar.resolve("META-INF/maven/org.webjars.npm/socket.io-client");
        Path scripts = jar.resolve("META-INF/resources/webjars/socket.io-client/4.8.1/dist");
        Files.createDirectories(maven);
        Files.createDirectories(scripts);
        Files.writeString(maven.resolve("pom.properties"), "version=4.8.1\n");
        Files.writeString(scripts.resolve("socket.io.esm.min.js"), "esm");
        try (var loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
            assertThat(ClientBundle.webJar(loader)
                            .file("socket.io.esm.min.js")
                            .orElseThrow()
                            .plain()
                            .utf8())
                    .isEqualTo("esm");
        }
    }
}
