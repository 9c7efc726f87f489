package dev.bowline.adapter.cluster;

import dev.bowline.adapter.Adapter;
import dev.bowline.adapter.AdapterContext;
import dev.bowline.adapter.AdapterFactory;
import dev.bowline.adapter.AnswerListener;
import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.LocalAdapter;
import dev.bowline.adapter.Receiver;
import dev.bowline.adapter.RoomListener;
import dev.bowline.adapter.SocketDetails;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A server with one namespace and sockets that write down what reaches them. */
public final class TestNode implements AdapterContext, AutoCloseable {
    private static final JsonCodec CODEC = new JsonCodec();

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final AtomicLong ackIds = new AtomicLong();
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final String namespace;
    private final Function<AdapterContext, Optional<LocalAdapter>> sockets;
    private final Adapter adapter;
    private volatile Optional<Payload> serverAnswer = Optional.empty();

    /** A server that is in that namespace. */
    public TestNode(AdapterFactory factory, String namespace) {
        this(factory, namespace, context -> Optional.empty());
    }

    TestNode(AdapterFactory factory, String namespace, Function<AdapterContext, Optional<LocalAdapter>> sockets) {
        this.namespace = namespace;
        this.sockets = sockets;
        this.adapter = factory.create(this);
    }

    /** Its adapter. */
    public Adapter adapter() {
        return adapter;
    }

    /** The names and arguments of other servers' events, as JSON. */
    public List<String> heard() {
        return heard;
    }

    /** From now on it answers events of servers so. */
    void answersServers(@Nullable Object... args) {
        serverAnswer = Optional.of(CODEC.write(args));
    }

    /** A socket that is here, in those rooms. */
    public Member connect(String id, String... rooms) {
        var member = new Member(id);
        adapter.add(member);
        adapter.join(id, Set.of(rooms));
        return member;
    }

    void emit(BroadcastOptions options, String event, @Nullable Object... args) {
        adapter.broadcast(packet(event, args), options);
    }

    Packet packet(String event, @Nullable Object... args) {
        return Packet.of(Packet.Type.EVENT, namespace, CODEC.writeEvent(event, args));
    }

    @Override
    public LocalAdapter local(RoomListener also) {
        return sockets.apply(this).orElseGet(() -> AdapterContext.super.local(also));
    }

    @Override
    public String namespace() {
        return namespace;
    }

    @Override
    public JsonCodec codec() {
        return CODEC;
    }

    @Override
    public long nextAckId() {
        return ackIds.getAndIncrement();
    }

    @Override
    public ScheduledExecutorService timer() {
        return timer;
    }

    @Override
    public long maxAnswerBytes() {
        return 1_000_000;
    }

    @Override
    public RoomListener rooms() {
        return RoomListener.NONE;
    }

    @Override
    public void serverSideEvent(Payload event, Consumer<Payload> ack) {
        heard.add(text(event));
        serverAnswer.ifPresent(ack);
    }

    @Override
    public void close() {
        adapter.close();
        timer.shutdownNow();
    }

    /** JSON, and behind it each attachment in hexadecimal digits. */
    static String text(Payload payload) {
        StringBuilder text = new StringBuilder(payload.json().utf8());
        payload.attachments()
                .forEach(attachment ->
                        text.append(' ').append(java.util.HexFormat.of().formatHex(attachment.toByteArray())));
        return text.toString();
    }

    /** A socket. */
    public final class Member implements Receiver, SocketDetails {
        private final String id;
        private final List<String> received = new CopyOnWriteArrayList<>();
        private final List<PacketGroup> groups = new CopyOnWriteArrayList<>();
        private final List<Boolean> thrownOut = new CopyOnWriteArrayList<>();
        private final Map<Long, AnswerListener> expected = new ConcurrentHashMap<>();
        private volatile Optional<Payload> answer = Optional.empty();

        Member(String id) {
            this.id = id;
        }

        /** The names and arguments of what it received, as JSON. */
        public List<String> received() {
            return received;
        }

        List<PacketGroup> groups() {
            return groups;
        }

        /** Whether its connection was to be closed, each time that it was thrown out. */
        public List<Boolean> thrownOut() {
            return thrownOut;
        }

        /** From now on it acknowledges so. */
        Member answers(@Nullable Object... args) {
            answer = Optional.of(CODEC.write(args));
            return this;
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public boolean enqueue(Packet packet, PacketGroup encoded) {
            received.add(text(packet.payload()));
            groups.add(encoded);
            return packet.hasId();
        }

        @Override
        public Executor loop() {
            return Runnable::run;
        }

        @Override
        public void drain() {
            for (Long asked : List.copyOf(expected.keySet())) {
                answer.ifPresent(args -> {
                    AnswerListener listener = expected.remove(asked);
                    if (listener != null) {
                        listener.answered(id, args);
                    }
                });
            }
        }

        @Override
        public void expect(long ackId, AnswerListener listener) {
            expected.put(ackId, listener);
        }

        @Override
        public void forget(long ackId) {
            expected.remove(ackId);
        }

        @Override
        public void disconnect(boolean closeConnection) {
            thrownOut.add(closeConnection);
        }

        @Override
        public SocketDetails details() {
            return this;
        }

        @Override
        public Set<String> rooms() {
            return adapter.rooms(id);
        }

        @Override
        public ObjectNode handshake() {
            return JsonNodeFactory.instance
                    .objectNode()
                    .put("url", "/socket.io/?EIO=4")
                    .put("issued", 1_795_451_079_147L);
        }

        @Override
        public ObjectNode data() {
            return JsonNodeFactory.instance.objectNode().put("user", "of " + id);
        }
    }
}
