package dev.bowline.client;

import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import java.util.function.Predicate;

/** An HTTP server of bytes, which records each request and says what the test wants it to. */
final class RawServer implements AutoCloseable {
    static final String OPEN = "0{\"sid\":\"e\",\"upgrades\":[\"websocket\"],"
            + "\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}";

    /** A request: its head, and its body as text. */
    record Request(String head, String body) {
        String line() {
            return head.lines().findFirst().orElseThrow();
        }

        /** The values of a header, one a line. */
        String header(String name) {
            return String.join(
                    "\n",
                    head.lines()
                            .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                            .map(line -> line.substring(name.length() + 1).trim())
                            .toList());
        }

        boolean isHandshake() {
            return line().startsWith("GET") && !line().contains("sid=") && line().contains("transport=polling");
        }

        boolean isWebSocket() {
            return line().contains("transport=websocket");
        }
    }

    final Recorder<Request> requests = new Recorder<>();
    private final ServerSocket listener;
    private final Function<Request, byte[]> answers;

    /**
     * Listens on this address of the machine itself.
     *
     * @param answers what is said to each request; nothing leaves it waiting
     */
    RawServer(InetAddress address, Function<Request, byte[]> answers) throws IOException {
        this.listener = new ServerSocket(0, 50, address);
        this.answers = answers;
        begin(this::accept);
    }

    RawServer(Function<Request, byte[]> answers) throws IOException {
        this(InetAddress.getLoopbackAddress(), answers);
    }

    private static void begin(Runnable task) {
        var thread = new Thread(task, "raw server");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                begin(() -> serve(client));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket client) {
        try (client) {
            InputStream in = client.getInputStream();
            while (true) {
                String head = headOf(in);
                var bare = new Request(head, "");
                String length = bare.header("Content-Length");
                byte[] body = in.readNBytes(length.isEmpty() ? 0 : Integer.parseInt(length));
                var request = new Request(head, new String(body, StandardCharsets.UTF_8));
                requests.accept(request);
                client.getOutputStream().write(answers.apply(request));
            }
        } catch (IOException gone) {
            // The client has left.
        }
    }

    private static String headOf(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("half a request");
            }
            head.append((char) next);
        }
        return head.toString();
    }

    /** An answer of 200 with these further headers, each ended by CRLF. */
    static byte[] ok(byte[] body, String headers) {
        var answer = new ByteArrayOutputStream();
        answer.writeBytes(("HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        answer.writeBytes(body);
        return answer.toByteArray();
    }

    static byte[] ok(String body) {
        return ok(body.getBytes(StandardCharsets.UTF_8), "");
    }

    /** Handshakes and posts are answered; polls wait, and so do WebSockets. */
    static byte[] patiently(Request request) {
        if (request.isHandshake()) {
            return ok(OPEN);
        }
        return request.line().startsWith("POST") ? ok("ok") : new byte[0];
    }

    /** The first such request, whenever it came. */
    Request awaitRequest(Predicate<Request> matching) {
        Eventually.await("a request", () -> requests.all().stream().anyMatch(matching));
        return requests.all().stream().filter(matching).findFirst().orElseThrow();
    }

    int port() {
        return listener.getLocalPort();
    }

    ManagerBuilder builder() {
        String host = listener.getInetAddress().getHostAddress();
        String literal = host.contains(":") ? "[" + host + "]" : host;
        return Manager.builder(URI.create("http://" + literal + ":" + port()));
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
