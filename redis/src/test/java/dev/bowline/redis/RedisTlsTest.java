package dev.bowline.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.redis.RedisHealth.State;
import dev.bowline.testkit.Eventually;
import io.lettuce.core.SslOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Redis is spoken to over TLS by who trusts it, and by nobody else. */
class RedisTlsTest {
    @TempDir
    private Path directory;

    @Test
    void trustsWhomItIsToldToTrust() throws Exception {
        Path key = directory.resolve("key.pem");
        Path certificate = directory.resolve("certificate.pem");
        Process openssl = new ProcessBuilder(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "rsa:2048",
                        "-nodes",
                        "-days",
                        "2",
                        "-subj",
                        "/CN=localhost",
                        "-addext",
                        "subjectAltName=IP:127.0.0.1,DNS:localhost",
                        "-keyout",
                        key.toString(),
                        "-out",
                        certificate.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("openssl.log").toFile())
                .start();
        assertThat(openssl.waitFor(30, TimeUnit.SECONDS) && openssl.exitValue() == 0)
                .isTrue();
        try (RedisServer redis = RedisServer.startWithTls(key, certificate)) {
            String uri = "rediss://127.0.0.1:" + redis.port();
            SslOptions ssl =
                    SslOptions.builder().trustManager(certificate.toFile()).build();
            try (RedisAdapter trusting =
                            RedisAdapter.pubSub(RedisOptions.at(uri).withSsl(ssl));
                    RedisAdapter mistrusting = RedisAdapter.pubSub(RedisOptions.at(uri))) {
                trusting.up().toCompletableFuture().get(20, TimeUnit.SECONDS);
                assertThat(trusting.health().state()).isEqualTo(State.UP);
                Eventually.await(
                        "the reason",
                        Duration.ofSeconds(20),
                        () -> mistrusting.health().reason().contains("certification path"));
                assertThat(mistrusting.health().state()).isEqualTo(State.AWAY);
            }
        }
    }
}
