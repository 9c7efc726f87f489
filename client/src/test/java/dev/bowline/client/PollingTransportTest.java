package dev.bowline.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.engine.TransportName;
import dev.bowline.testkit.Recorder;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The transport on the JDK's HttpClient, against a server of bytes. */
class PollingTransportTest {
    private static final String OPEN =
            "0{\"sid\":\"e\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}";

    private final Recorder<String> requests = new Recorder<>();

    /** Answers handshakes and POSTs, and breaks the link of every other poll. */
    private void serve(ServerSocket listener) {
        try {
            while (true) {
                Socket client = listener.accept();
                var thread = new Thread(() -> serve(client), "serving");
                thread.setDaemon(true);
                thread.start();
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket client) {
        try (client) {
            while (true) {
                String head = headOf(client.getInputStream());
                requests.accept(head.lines().findFirst().orElseThrow());
                if (head.startsWith("GET") && head.contains("&sid=")) {
                    client.setSoLinger(true, 0);
                    return;
                }
                int length = head.startsWith("POST") ? lengthOf(head) : 0;
                client.getInputStream().readNBytes(length);
                String body = head.startsWith("POST") ? "ok" : OPEN;
                client.getOutputStream()
                        .write(("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                                .getBytes(StandardCharsets.US_ASCII));
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

    private static int lengthOf(String head) {
        return head.lines()
                .filter(line -> line.regionMatches(true, 0, "content-length:", 0, 15))
                .mapToInt(line -> Integer.parseInt(line.substring(15).trim()))
                .findFirst()
                .orElse(0);
    }

    /** The JDK's HttpClient would send the GET again, and what the first one was answered with would be lost unnoticed. */
    @Test
    void aPollThatBreaksIsALossAndNotSentAgain() throws IOException {
        try (var listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            var serving = new Thread(() -> serve(listener), "serving");
            serving.setDaemon(true);
            serving.start();
            var ends = new Recorder<String>();
            try (Manager manager = Manager.builder(URI.create("http://127.0.0.1:" + listener.getLocalPort()))
                    .transports(TransportName.POLLING)
                    .reconnection(Reconnection.disabled())
                    .build()) {
                manager.onClose(reason -> ends.accept(reason.text()));
                manager.connect();
                ends.expectNext("transport error");
            }
            assertThat(requests.all())
                    .filteredOn(request -> request.startsWith("GET") && request.contains("&sid="))
                    .hasSize(1);
        }
    }
}
