package dev.bowline.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.engine.TransportName;
import dev.bowline.testkit.Eventually;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The transport on the JDK's WebSocket, against a server of bytes. */
class WebSocketTransportTest {
    private static final String OPEN =
            "0{\"sid\":\"e\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}";

    /** Takes one client after the other, says its frames to each, and leaves without a word. */
    private static void serve(ServerSocket listener, String... frames) {
        try {
            while (true) {
                try (Socket client = listener.accept()) {
                    var answer = new ByteArrayOutputStream();
                    answer.writeBytes(accepting(requestOf(client.getInputStream())));
                    for (String frame : frames) {
                        answer.writeBytes(text(frame));
                    }
                    client.getOutputStream().write(answer.toByteArray());
                }
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private static String requestOf(InputStream in) throws IOException {
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

    private static byte[] accepting(String request) {
        String key = request.lines()
                .filter(line -> line.regionMatches(true, 0, "sec-websocket-key:", 0, 18))
                .findFirst()
                .orElseThrow()
                .substring(18)
                .trim();
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1")
                    .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII));
            return ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            + "Sec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(digest) + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] text(String message) throws IOException {
        byte[] payload = message.getBytes(StandardCharsets.UTF_8);
        var frame = new ByteArrayOutputStream();
        var out = new DataOutputStream(frame);
        out.writeByte(0x81);
        if (payload.length < 126) {
            out.writeByte(payload.length);
        } else {
            out.writeByte(127);
            out.writeLong(payload.length);
        }
        out.write(payload);
        return frame.toByteArray();
    }

    private static void everyEndIsNoticed(int rounds, UnaryOperator<ManagerBuilder> options) throws Exception {
        try (var listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            String[] frames = {OPEN, "40{\"sid\":\"s\"}", "42[\"news\",\"" + "x".repeat(500_000) + "\"]"};
            var serving = new Thread(() -> serve(listener, frames), "serving");
            serving.start();
            var ended = new AtomicInteger();
            try (Manager manager = options.apply(
                            Manager.builder(URI.create("http://127.0.0.1:" + listener.getLocalPort()))
                                    .transports(TransportName.WEBSOCKET)
                                    .reconnection(Reconnection.defaults()
                                            .withDelay(Duration.ofMillis(1))
                                            .withMaxDelay(Duration.ofMillis(1))))
                    .build()) {
                manager.onClose(reason -> ended.incrementAndGet());
                manager.connect();
                Eventually.await("the end of every connection", Duration.ofSeconds(30), () -> ended.get() >= rounds);
            }
            listener.close();
            serving.join();
        }
    }

    /** The JDK's WebSocket loses one that is found while the message before it is still being handed over. */
    @Test
    void anEndRightBehindAMessageIsNoticed() throws Exception {
        everyEndIsNoticed(20, options -> options);
    }

    /** Links of WebSockets are not kept, so none can be dead; and on Java 17 each client costs a thread for a while. */
    @Test
    void theHttpClientIsMadeOnceWhereNoConnectionIsKept() throws Exception {
        var made = new AtomicInteger();
        everyEndIsNoticed(3, options -> options.customizeHttpClient(http -> made.incrementAndGet()));
        assertThat(made).hasValue(1);
    }

    @Test
    void anEndThatTheHttpClientOfAnApplicationLosesIsFoundOut() throws Exception {
        Executor late = CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS, task -> new Thread(task).start());
        HttpClient client = HttpClient.newBuilder().executor(late).build();
        everyEndIsNoticed(2, options -> options.httpClient(client));
    }
}
