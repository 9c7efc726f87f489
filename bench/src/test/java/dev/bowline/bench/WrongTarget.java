package dev.bowline.bench;

import dev.bowline.netty.NettyServer;
import dev.bowline.server.Dispatch;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/** A server that echoes wrongly, in the way that its first argument says, every seventh time. */
public final class WrongTarget {
    static final String NONE = "none";
    static final List<String> FAULTS = List.of(NONE, "altered", "doubled", "lost", "reordered");

    private static final int EVERY = 7;

    private final String fault;
    private int count;
    private String kept = "";

    private WrongTarget(String fault) {
        this.fault = fault;
    }

    /** Runs it until standard input ends. */
    public static void main(String[] arguments) throws Exception {
        SocketIoServer io = SocketIoServer.create(
                ServerOptions.builder().dispatch(Dispatch.onEventLoop()).build());
        io.onConnection(socket -> {
            var wrong = new WrongTarget(arguments[0]);
            socket.on("echo", String.class, text -> wrong.echo(socket, text));
        });
        NettyServer http = NettyServer.bind(io, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        System.out.println("listening on " + http.port());
        System.in.transferTo(java.io.OutputStream.nullOutputStream());
        System.exit(0);
    }

    private void echo(Socket socket, String text) {
        count++;
        if (!kept.isEmpty()) {
            socket.emit("echo", text);
            socket.emit("echo", kept);
            kept = "";
            return;
        }
        boolean wrong = count % EVERY == 0;
        switch (wrong ? fault : NONE) {
            case "altered" -> socket.emit("echo", text.replace('x', 'y'));
            case "doubled" -> {
                socket.emit("echo", text);
                socket.emit("echo", text);
            }
            case "lost" -> {}
            case "reordered" -> kept = text;
            default -> socket.emit("echo", text);
        }
    }
}
