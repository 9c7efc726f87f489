package dev.bowline.bench.servers;

import com.corundumstudio.socketio.Configuration;
import com.corundumstudio.socketio.SocketIOServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Set;

/** netty-socketio with native epoll, as an application would use it. Runs with the Netty and Jackson that it names. */
public final class NettySocketIoTarget {
    private static final int PING_TIMEOUT_MILLIS = 20_000;
    private static final int MAX_FRAME = 1_000_000;

    private NettySocketIoTarget() {}

    /** Runs the server until standard input ends. */
    public static void main(String[] arguments) throws IOException {
        Settings settings = Settings.of(arguments);
        int port = freePort();
        var configuration = new Configuration();
        configuration.setHostname(InetAddress.getLoopbackAddress().getHostAddress());
        configuration.setPort(port);
        configuration.setUseLinuxNativeEpoll(true);
        configuration.setPingInterval((int) settings.pingInterval().toMillis());
        configuration.setPingTimeout(PING_TIMEOUT_MILLIS);
        configuration.setMaxFramePayloadLength(MAX_FRAME);
        configuration.setMaxHttpContentLength(MAX_FRAME);
        configuration.setRandomSession(true);
        configuration.getSocketConfig().setReuseAddress(true);
        configuration.getSocketConfig().setTcpNoDelay(true);
        var io = new SocketIOServer(configuration);
        serve(io);
        io.start();
        Console.serve(port);
    }

    private static void serve(SocketIOServer io) {
        io.addEventListener("echo", String.class, (client, text, ack) -> client.sendEvent("echo", text));
        io.addEventListener("bin", byte[].class, (client, bytes, ack) -> client.sendEvent("bin", (Object) bytes));
        io.addEventListener("ask", String.class, (client, text, ack) -> ack.sendAckData(text));
        io.addEventListener(
                "cast",
                String.class,
                (client, text, ack) -> io.getBroadcastOperations().sendEvent("cast", text));
        io.addEventListener(
                "say",
                String.class,
                (client, text, ack) -> io.getRoomOperations(text.substring(0, Console.ROOM_NAME))
                        .sendEvent("say", text));
        io.addEventListener("join", String.class, (client, room, ack) -> client.joinRoom(room));
        io.addEventListener("leave", String.class, (client, room, ack) -> client.leaveRoom(room));
        io.addEventListener("joinAll", String[].class, (client, rooms, ack) -> {
            client.joinRooms(Set.of(rooms));
            ack.sendAckData(rooms.length);
        });
    }

    /** It does not tell which port it took, so one is chosen for it. */
    private static int freePort() {
        try (var probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            return probe.getLocalPort();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
