package dev.bowline.bench.servers;

import dev.bowline.netty.NettyServer;
import dev.bowline.server.Dispatch;
import dev.bowline.server.Recovery;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/** Bowline, as an application would use it. */
public final class BowlineTarget {
    /** Counted as by default, and out of the way of ten thousand clients who come at once. */
    private static final int PLENTY = 100_000;

    /** So that all who are cut come back in time, also where others need minutes for it. */
    private static final Duration AWAY = Duration.ofMinutes(20);
    /** More than a storm is; half of the memory that the process has. */
    private static final long KEPT_BYTES = 256L << 20;

    private BowlineTarget() {}

    /** Runs the server until standard input ends. */
    public static void main(String[] arguments) throws IOException {
        Settings settings = Settings.of(arguments);
        SocketIoServer io = SocketIoServer.create(options(settings));
        io.onConnection(socket -> serve(io, socket));
        Console.serve(NettyServer.bind(io, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .port());
    }

    private static ServerOptions options(Settings settings) {
        ServerOptions.Builder options = ServerOptions.builder()
                .pingInterval(settings.pingInterval())
                .maxHandshakesPerSecond(PLENTY)
                .maxConnectionsOutside(PLENTY)
                .dispatch(settings.onEventLoop() ? Dispatch.onEventLoop() : Dispatch.onOwnThreads());
        if (settings.recovery()) {
            options.recovery(Recovery.within(AWAY).withMaxBytes(KEPT_BYTES));
        }
        return options.build();
    }

    private static void serve(SocketIoServer io, Socket socket) {
        socket.on("echo", String.class, text -> socket.emit("echo", text));
        socket.on("bin", byte[].class, bytes -> socket.emit("bin", (Object) bytes));
        socket.onRequest("ask", String.class, text -> text);
        socket.on("cast", String.class, text -> io.emit("cast", text));
        socket.on(
                "say",
                String.class,
                text -> io.to(text.substring(0, Console.ROOM_NAME)).emit("say", text));
        socket.on("join", String.class, socket::join);
        socket.on("leave", String.class, socket::leave);
        socket.onRequest("joinAll", String[].class, rooms -> {
            socket.joinAll(List.of(rooms));
            return rooms.length;
        });
        socket.onRequest("count", String.class, nothing -> io.of("/").socketCount());
        socket.onRequest("flood", int[].class, asked -> flood(io, asked[0], asked[1], asked[2]));
    }

    /** Emits to each room in turn, as often as asked; the texts are those of {@code Tags.said}. */
    private static int flood(SocketIoServer io, int rooms, int times, int bytes) {
        for (int i = 0; i < rooms * times; i++) {
            String room = String.format("r%05d", i % rooms);
            String tag = String.format("%s-t%06d-", room, i / rooms);
            io.to(room).emit("flood", tag + "x".repeat(bytes - tag.length()));
        }
        return rooms * times;
    }
}
