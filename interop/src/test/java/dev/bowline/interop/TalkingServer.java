package dev.bowline.interop;

import dev.bowline.core.engine.Bytes;
import dev.bowline.server.ConnectionRefusedException;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.Socket;
import dev.bowline.server.SocketIoServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What the clients of other people's talk to: it answers, echoes, broadcasts, and guards a namespace. */
final class TalkingServer {
    private record Extras(boolean milk, double price, List<String> notes) {}

    private record Picture(String name, Bytes data, List<Bytes> more) {}

    private TalkingServer() {}

    static SocketIoServer create(ServerOptions options) {
        var io = SocketIoServer.create(options);
        io.onConnection(TalkingServer::talk);
        io.onConnection(socket -> share(io, socket));
        io.of("/talk").onConnection(TalkingServer::talk);
        io.of("/admin")
                .onConnection(socket -> socket.onEvent(
                        "tell",
                        (args, ack) ->
                                io.of("/admin").emit("told", socket.namespace().name())));
        io.of("/guarded").use(socket -> {
            String token = socket.handshake().auth("token", String.class).orElse("");
            if (!token.equals("right")) {
                throw new ConnectionRefusedException("not you", Map.of("code", 4711, "tried", token));
            }
        });
        return io;
    }

    private static void talk(Socket socket) {
        socket.onEvent("echo", (args, ack) -> {
            Object[] all = new Object[args.size()];
            for (int i = 0; i < all.length; i++) {
                all[i] = args.node(i);
            }
            ack.send(all);
        });
        socket.onEvent("order", (args, ack) -> {
            int amount = Objects.requireNonNull(args.get(1, Integer.class));
            Extras extras = Objects.requireNonNull(args.get(2, Extras.class));
            var notes = new ArrayList<>(extras.notes());
            notes.add("thanks");
            socket.emit(
                    "order",
                    args.get(0, String.class) + "×" + amount,
                    amount * 2,
                    new Extras(extras.milk(), extras.price() * 2, notes),
                    args.get(3, String.class),
                    !Boolean.TRUE.equals(args.get(4, Boolean.class)));
        });
        socket.on("reverse", JsonNode.class, tree -> {
            byte[] data = tree.path("deep").path("data").binaryValue();
            for (int i = 0; i < data.length / 2; i++) {
                byte other = data[data.length - 1 - i];
                data[data.length - 1 - i] = data[i];
                data[i] = other;
            }
            ((ObjectNode) tree.path("deep")).put("data", data);
            socket.emit("reversed", tree);
        });
        socket.onRequest("add", Integer.class, Integer.class, Integer::sum);
        socket.onRequest(
                "ask me",
                Long.class,
                String.class,
                (millis, text) -> socket.timeout(Duration.ofMillis(millis))
                        .emitWithAck("question", String.class, text)
                        .exceptionally(failure -> "timed out"));
        socket.onEvent("who am I", (args, ack) -> ack.send(socket.id()));
        socket.onEvent("silence", (args, ack) -> {});
        socket.onEvent("auth", (args, ack) -> ack.send(socket.handshake().auth()));
        socket.on("count", Integer.class, n -> socket.emit("counted", n));
    }

    private static void share(SocketIoServer io, Socket socket) {
        socket.onRequest("join", String.class, room -> {
            socket.join(room);
            return true;
        });
        socket.onRequest("leave", String.class, room -> {
            socket.leave(room);
            return true;
        });
        socket.on("shout", String.class, Picture.class, io::emit);
        socket.onEvent(
                "show",
                (args, ack) -> io.to(Objects.requireNonNull(args.get(0, String.class)))
                        .emit(Objects.requireNonNull(args.get(1, String.class)), args.get(2, Picture.class)));
        socket.onRequest("to", Collection.class, String.class, (rooms, word) -> {
            socket.to(first(rooms)).to(strings(rooms)).emit("news", word);
            return true;
        });
        socket.onRequest("in", Collection.class, String.class, (rooms, word) -> {
            io.in(first(rooms)).to(strings(rooms)).emit("news", word);
            return true;
        });
        socket.onRequest("except", Collection.class, String.class, (rooms, word) -> {
            io.except(first(rooms)).except(strings(rooms)).emit("news", word);
            return true;
        });
        socket.onRequest("broadcast", Collection.class, String.class, (rooms, word) -> {
            socket.broadcast().emit("news", word);
            return true;
        });
    }

    private static List<String> strings(Collection<?> rooms) {
        return rooms.stream().map(String.class::cast).toList();
    }

    private static String first(Collection<?> rooms) {
        return strings(rooms).get(0);
    }
}
