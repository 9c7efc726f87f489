package dev.bowline.interop.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An HTTP proxy as companies have one, which lets through whoever knows a password: tunnels, and plain requests. The
 * password is asked for once on each link.
 */
final class ForwardProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final String credentials;
    private final List<String> lines = new CopyOnWriteArrayList<>();

    ForwardProxy(String user, String password) throws IOException {
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.credentials = "proxy-authorization: basic "
                + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
        begin(this::accept);
    }

    private static void begin(Runnable task) {
        var thread = new Thread(task, "forward proxy");
        thread.setDaemon(true);
        thread.start();
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.getLocalPort());
    }

    /** What was asked: method, target, and whether it was let through. */
    List<String> lines() {
        return List.copyOf(lines);
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
            String head = headOf(client.getInputStream());
            while (!isLetThrough(head)) {
                answer(
                        client,
                        "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"office\"\r\n"
                                + "Content-Length: 0");
                head = headOf(client.getInputStream());
            }
            boolean tunnel = head.startsWith("CONNECT ");
            String target = head.split(" ", 3)[1];
            URI uri = URI.create(tunnel ? "tunnel://" + target : target);
            try (var server = new Socket(uri.getHost(), uri.getPort())) {
                if (tunnel) {
                    answer(client, "200 Connection Established");
                } else {
                    server.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
                }
                begin(() -> pass(server, client));
                client.getInputStream().transferTo(server.getOutputStream());
            }
        } catch (IOException gone) {
            // One of the two has left.
        }
    }

    private boolean isLetThrough(String head) {
        boolean known = head.lines().anyMatch(line -> matches(line, credentials));
        lines.add(head.split(" HTTP", 2)[0] + (known ? "" : " 407"));
        return known;
    }

    private static boolean matches(String line, String credentials) {
        int value = credentials.lastIndexOf(' ');
        return line.toLowerCase(Locale.ROOT).startsWith(credentials.substring(0, value))
                && line.endsWith(credentials.substring(value));
    }

    private static void answer(Socket client, String status) throws IOException {
        client.getOutputStream().write(("HTTP/1.1 " + status + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void pass(Socket from, Socket to) {
        try (from;
                to;
                OutputStream out = to.getOutputStream()) {
            from.getInputStream().transferTo(out);
        } catch (IOException gone) {
            // One of the two has left.
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

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
