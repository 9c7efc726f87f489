package dev.bowline.interop.proxy;

import dev.bowline.testkit.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A real nginx or HAProxy, as a child of the test, with the very configuration that the documentation recommends, in
 * which only the ports are replaced, and the time-outs where a test says so. Ends with the test, and no other process
 * does.
 */
final class ReverseProxy implements AutoCloseable {
    /** Which one. */
    enum Kind {
        NGINX("nginx.conf"),
        HAPROXY("haproxy.cfg");

        private final String file;

        Kind(String file) {
            this.file = file;
        }
    }

    // Tests run in the directory of their module.
    private static final Path CONFIGURATIONS = Path.of("..", "docs", "proxies");
    private static final Path COOKIES = Path.of("src", "test", "resources", "dev", "bowline", "interop", "proxy");
    private static final String TIMEOUT = "60s";

    private final Process process;
    private final int port;
    private final Path output;

    private ReverseProxy(Process process, int port, Path output) {
        this.process = process;
        this.port = port;
        this.output = output;
    }

    /**
     * Starts a proxy before two servers.
     *
     * @param timeout what replaces the recommended 60 seconds
     */
    static ReverseProxy start(Kind kind, Path directory, int first, int second, String timeout) {
        return start(kind, CONFIGURATIONS.resolve(kind.file), directory, first, second, timeout);
    }

    /** Starts a proxy before two servers, of which it remembers by a cookie of its own whose client somebody is. */
    static ReverseProxy startWithCookies(Kind kind, Path directory, int first, int second) {
        return start(kind, COOKIES.resolve(kind.file.replace(".", "-cookie.")), directory, first, second, TIMEOUT);
    }

    private static ReverseProxy start(Kind kind, Path source, Path directory, int first, int second, String timeout) {
        try {
            int port = freePort();
            String recommended = Files.readString(source);
            String configuration = replaced(
                    replaced(recommended, "127.0.0.1:3000", "127.0.0.1:" + first),
                    "127.0.0.1:3001",
                    "127.0.0.1:" + second);
            configuration = switch (kind) {
                case NGINX -> replaced(configuration, "listen 80;", "listen 127.0.0.1:" + port + ";");
                case HAPROXY -> replaced(configuration, "bind :80", "bind 127.0.0.1:" + port);
            };
            configuration = replaced(configuration, TIMEOUT, timeout);
            Path file = Files.writeString(directory.resolve(kind.file), configuration);
            Path output = directory.resolve("output");
            Process process = new ProcessBuilder(command(kind, directory, file))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            var proxy = new ReverseProxy(process, port, output);
            Eventually.await(kind + " to listen", proxy::isListening);
            return proxy;
        } catch (IOException missing) {
            throw new AssertionError(
                    kind + " cannot be started; is it installed (apt-get install nginx-light haproxy)?", missing);
        }
    }

    /** Fails where the documentation no longer says what the test replaces. */
    private static String replaced(String text, String old, String now) {
        if (!text.contains(old)) {
            throw new AssertionError("the recommended configuration has no " + old);
        }
        return text.replace(old, now);
    }

    private static List<String> command(Kind kind, Path directory, Path file) throws IOException {
        if (kind == Kind.HAPROXY) {
            return List.of("/usr/sbin/haproxy", "-db", "-f", file.toString());
        }
        // What Debian's nginx.conf has around the files of conf.d, as far as it is needed, in places of the test's own.
        StringBuilder main = new StringBuilder("daemon off; master_process off; pid " + directory.resolve("pid")
                + ";\nerror_log stderr;\nevents {}\nhttp {\n  access_log off;\n");
        for (String module : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
            main.append("  ")
                    .append(module)
                    .append("_temp_path ")
                    .append(directory.resolve(module))
                    .append(";\n");
        }
        main.append("  include ").append(file).append(";\n}\n");
        Path wrapper = Files.writeString(directory.resolve("main.conf"), main);
        return List.of("/usr/sbin/nginx", "-e", "stderr", "-p", directory.toString(), "-c", wrapper.toString());
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return any.getLocalPort();
        }
    }

    private boolean isListening() {
        if (!process.isAlive()) {
            throw new AssertionError("the proxy ended: " + said());
        }
        try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return probe.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    private String said() {
        try {
            return Files.readString(output);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    int port() {
        return port;
    }

    String address() {
        return "http://127.0.0.1:" + port;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("the proxy does not end: " + said());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
