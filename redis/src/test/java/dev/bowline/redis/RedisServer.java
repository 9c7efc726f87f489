package dev.bowline.redis;

import dev.bowline.testkit.Eventually;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real Redis on a free port, which can be stopped, started again, and held up. Ends when it is closed. */
public final class RedisServer implements AutoCloseable {
    private final int port;
    private final Path directory;
    private final List<String> arguments;
    private Process process;

    private RedisServer(int port, Path directory, List<String> arguments) {
        this.port = port;
        this.directory = directory;
        this.arguments = arguments;
        this.process = launch();
    }

    /**
     * Starts one.
     *
     * @throws AssertionError if there is no {@code redis-server}
     */
    public static RedisServer start(String... arguments) {
        try {
            return new RedisServer(freePort(), Files.createTempDirectory("redis"), List.of(arguments));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts one that speaks TLS and nothing else. */
    static RedisServer startWithTls(Path key, Path certificate) throws IOException {
        int port = freePort();
        List<String> tls = List.of(
                "--port",
                "0",
                "--tls-port",
                String.valueOf(port),
                "--tls-auth-clients",
                "no",
                "--tls-key-file",
                key.toString(),
                "--tls-cert-file",
                certificate.toString(),
                "--tls-ca-cert-file",
                certificate.toString());
        return new RedisServer(port, Files.createTempDirectory("redis"), tls);
    }

    /** Nodes of a Redis Cluster also listen on the port that is higher by 10,000. */
    private static int freePort() throws IOException {
        int port;
        do {
            try (var probe = new ServerSocket(0)) {
                port = probe.getLocalPort();
            }
        } while (port > 55_535);
        return port;
    }

    private Process launch() {
        List<String> command = new ArrayList<>(List.of("redis-server", "--port", String.valueOf(port)));
        command.addAll(List.of("--bind", "127.0.0.1", "--save", "", "--appendonly", "no"));
        command.addAll(List.of("--dir", directory.toString()));
        command.addAll(arguments);
        try {
            Process made = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("log").toFile())
                    .start();
            Eventually.await("redis-server to listen", Duration.ofSeconds(20), () -> {
                try {
                    String log = Files.readString(directory.resolve("log"));
                    return log.contains("Ready to accept connections");
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            return made;
        } catch (IOException e) {
            throw new AssertionError("redis-server cannot be started; is it installed? " + e.getMessage(), e);
        }
    }

    /** Its port. */
    public int port() {
        return port;
    }

    /** Where it is. */
    public String uri() {
        return "redis://127.0.0.1:" + port;
    }

    /** A connection of the test's own. */
    public Client client() {
        return new Client(RedisClient.create(uri()));
    }

    /** It dies. */
    public void stop() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** It is there again, with nothing in it. */
    public void startAgain() {
        process = launch();
    }

    /** It stands still, or goes on. */
    public void holdUp(boolean still) {
        try {
            new ProcessBuilder("kill", still ? "-STOP" : "-CONT", String.valueOf(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        stop();
    }

    /** A connection of the test's own. */
    public static final class Client implements AutoCloseable {
        private final RedisClient client;
        private final StatefulRedisConnection<String, byte[]> connection;

        Client(RedisClient client) {
            this.client = client;
            this.connection = client.connect(Wire.CODEC);
        }

        StatefulRedisConnection<String, byte[]> connection() {
            return connection;
        }

        RedisClient client() {
            return client;
        }

        @Override
        public void close() {
            client.shutdown(0, 1, TimeUnit.SECONDS);
        }
    }
}
