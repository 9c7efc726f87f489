package dev.bowline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.testkit.FaultProxy.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A server socket with a proxy before it; the test holds both ends of each link in its hands. */
final class Rig implements AutoCloseable {
    /** The two ends of a link, as the client and the server have them. */
    record Ends(Socket client, Socket server, Link link) {}

    static final int PATIENCE = 10_000;

    /** How long an end is listened to where the proxy has already had its chance to tell it something. */
    private static final int GLANCE = 10;

    final ServerSocket listening;
    final FaultProxy proxy;
    final Recorder<Event> events = new Recorder<>();
    private final List<Socket> sockets = new ArrayList<>();

    Rig() throws IOException {
        this(FaultProxy.builder().seed(1));
    }

    Rig(FaultProxy.Builder options) throws IOException {
        listening = listen();
        proxy = options.target((InetSocketAddress) listening.getLocalSocketAddress())
                .build()
                .start();
        proxy.onEvent(events);
    }

    static ServerSocket listen() throws IOException {
        ServerSocket socket = new ServerSocket(0, 4096, InetAddress.getLoopbackAddress());
        socket.setSoTimeout(PATIENCE);
        return socket;
    }

    Ends open() throws IOException {
        Socket client = connect();
        Socket server = keep(listening.accept());
        List<Link> links = proxy.links();
        return new Ends(client, server, links.get(links.size() - 1));
    }

    Socket connect() throws IOException {
        return keep(new Socket(proxy.address().getAddress(), proxy.port()));
    }

    Socket keep(Socket socket) throws IOException {
        sockets.add(socket);
        socket.setSoTimeout(PATIENCE);
        socket.setTcpNoDelay(true);
        return socket;
    }

    static void send(Socket from, String text) throws IOException {
        from.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    static void assertReceives(Socket at, String text) throws IOException {
        byte[] read = at.getInputStream().readNBytes(text.length());
        assertThat(new String(read, StandardCharsets.UTF_8)).isEqualTo(text);
    }

    /** Waits until the proxy has that many bytes in its hands, which it does not hand on. */
    static void awaitWaiting(Link link, Direction direction, long bytes) {
        Eventually.await(bytes + " bytes wait", () -> link.waitingBytes(direction) == bytes);
    }

    static void assertSilent(Socket at) throws IOException {
        at.setSoTimeout(GLANCE);
        assertThatThrownBy(() -> at.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        at.setSoTimeout(PATIENCE);
    }

    static void assertEnded(Socket at) throws IOException {
        assertThat(at.getInputStream().read()).isEqualTo(-1);
    }

    static void assertReset(Socket at) {
        assertThatThrownBy(() -> at.getInputStream().read())
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    static void resetBy(Socket end) throws IOException {
        end.setSoLinger(true, 0);
        end.close();
    }

    Event await(Event.Kind kind) {
        return events.await(event -> event.kind() == kind);
    }

    @Override
    public void close() {
        proxy.close();
        try (listening) {
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
