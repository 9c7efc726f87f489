package dev.bowline.interop.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.client.Manager;
import dev.bowline.client.Socket;
import dev.bowline.interop.NodeProcess;
import dev.bowline.netty.NettyServer;
import dev.bowline.redis.RedisAdapter;
import dev.bowline.redis.RedisEmitter;
import dev.bowline.redis.RedisOptions;
import dev.bowline.redis.RedisServer;
import dev.bowline.redis.RoomChannels;
import dev.bowline.redis.StreamOptions;
import dev.bowline.server.DataKey;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import dev.bowline.testkit.Recorder;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server of Bowline and one of Node in one cluster, with a client at each. */
final class MixedCluster implements AutoCloseable {
    /** What the servers of a cluster have in common. */
    enum Family {
        PUB_SUB("pubsub"),
        PUB_SUB_WITH_SPECIFIC_RESPONSES("specific"),
        SHARDED("sharded"),
        STREAMS("streams");

        private final String name;

        Family(String name) {
            this.name = name;
        }

        RedisAdapter adapter(RedisOptions options) {
            return switch (this) {
                case PUB_SUB, PUB_SUB_WITH_SPECIFIC_RESPONSES -> RedisAdapter.pubSub(options);
                case SHARDED -> RedisAdapter.sharded(options, RoomChannels.PUBLIC);
                case STREAMS -> RedisAdapter.streams(options, stream(options));
            };
        }

        RedisEmitter emitter(RedisOptions options) {
            return switch (this) {
                case PUB_SUB, PUB_SUB_WITH_SPECIFIC_RESPONSES -> RedisEmitter.pubSub(options);
                case SHARDED -> RedisEmitter.sharded(options, RoomChannels.PUBLIC);
                case STREAMS -> RedisEmitter.streams(options, stream(options));
            };
        }

        private static StreamOptions stream(RedisOptions options) {
            return StreamOptions.DEFAULTS.withStreamName(options.prefix());
        }

        /** Whether Node's redis-emitter belongs to it. */
        boolean isClassic() {
            return this == PUB_SUB || this == PUB_SUB_WITH_SPECIFIC_RESPONSES;
        }
    }

    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final DataKey<String> USER = DataKey.of("user", String.class);

    private final Family family;
    private final RedisOptions options;
    private final RedisAdapter adapter;
    private final SocketIoServer io;
    private final NettyServer http;
    private final NodeProcess node;
    private final int nodePort;
    private final Recorder<String> heard = new Recorder<>();
    private final List<AutoCloseable> opened = new ArrayList<>();

    MixedCluster(Family family, RedisServer redis) throws Exception {
        this.family = family;
        this.options = RedisOptions.at(redis.uri()).withPrefix("mixed-" + NUMBER.incrementAndGet());
        this.adapter = family.adapter(options);
        this.io = SocketIoServer.create(ServerOptions.builder().adapter(adapter).build());
        io.onConnection(socket -> {
            socket.data().put(USER, "of bowline");
            socket.onRequest("enter", String.class, room -> {
                socket.join(room);
                return true;
            });
        });
        io.onServerSideEvent("tell", (args, ack) -> {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < args.size(); i++) {
                text.append(i == 0 ? "" : ",").append(args.json(i).utf8());
            }
            heard.accept(text.toString());
        });
        io.onServerSideEvent("ask", (args, ack) -> ack.send("bowline heard " + args.get(0, String.class)));
        this.http = NettyServer.bind(io, 0);
        this.node = NodeProcess.start("cluster-node.mjs", family.name, String.valueOf(redis.port()), options.prefix());
        this.nodePort = node.awaitPort();
        adapter.up().toCompletableFuture().get(20, TimeUnit.SECONDS);
        Eventually.passes(() ->
                assertThat(io.of("/").serverCount().get(5, TimeUnit.SECONDS)).isEqualTo(2));
        Eventually.passes(() -> assertThat(node("count").intValue()).isEqualTo(2));
    }

    SocketIoServer bowline() {
        return io;
    }

    /** What other servers told Bowline's. */
    Recorder<String> heard() {
        return heard;
    }

    /** The next thing that Node's server was told. */
    String heardByNode() {
        return node.awaitLine("heard ").substring("heard ".length());
    }

    /** The process of Node's server. */
    ProcessHandle nodeProcess() {
        return node.handle();
    }

    RedisEmitter emitter() throws Exception {
        RedisEmitter emitter = family.emitter(options);
        opened.add(emitter);
        emitter.up().toCompletableFuture().get(20, TimeUnit.SECONDS);
        return emitter;
    }

    // ---- What Node's server does ----------------------------------------------------------------

    /** Has Node's server do that, and gives its answer. */
    JsonNode node(String op, String... fields) {
        StringBuilder line = new StringBuilder("{\"op\":\"" + op + '"');
        for (String field : fields) {
            line.append(',').append(field);
        }
        node.say(line.append('}').toString().replace('\'', '"'));
        JsonNode reply = JsonMapper.shared().readTree(node.awaitLine("reply ").substring("reply ".length()));
        if (reply.has("failed")) {
            throw new AssertionError(
                    "Node's " + op + " failed: " + reply.path("failed").asString());
        }
        return reply.path("value");
    }

    // ---- Clients --------------------------------------------------------------------------------

    /** A client and what it receives. */
    static final class Client {
        private final Socket socket;
        private final Recorder<String> received = new Recorder<>();
        private volatile boolean gone;

        Client(Socket socket) {
            this.socket = socket;
            socket.onAny(event -> {
                StringBuilder text = new StringBuilder(event.name());
                for (int i = 0; i < event.args().size(); i++) {
                    text.append(' ')
                            .append(
                                    event.args().node(i).isBinary()
                                            ? "<"
                                                    + java.util.HexFormat.of()
                                                            .formatHex(event.args()
                                                                    .node(i)
                                                                    .binaryValue())
                                                    + ">"
                                            : event.args().json(i).utf8());
                }
                received.accept(text.toString());
            });
            socket.onDisconnect(reason -> gone = true);
        }

        Socket socket() {
            return socket;
        }

        String id() {
            return socket.id().orElseThrow();
        }

        void expect(String event) {
            received.expectNext(event);
        }

        Recorder<String> received() {
            return received;
        }

        boolean isGone() {
            return gone;
        }

        void enter(String room) throws Exception {
            assertThat(socket.emitWithAck("enter", Boolean.class, room).get(10, TimeUnit.SECONDS))
                    .isTrue();
        }
    }

    Client atBowline() {
        return client(http.port());
    }

    Client atNode() {
        return client(nodePort);
    }

    private Client client(int port) {
        Manager manager =
                Manager.builder(URI.create("http://127.0.0.1:" + port)).build();
        opened.add(manager);
        Client client = new Client(manager.socket("/"));
        client.socket().connect();
        Eventually.await("the client to be connected", () -> client.socket().connected());
        return client;
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        node.close();
        http.close();
        io.close();
        adapter.close();
    }
}
