package dev.bowline.client;

import dev.bowline.core.engine.CloseReason;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.Args;
import dev.bowline.core.packet.DeliveryId;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.PacketEncoder;
import dev.bowline.core.packet.Payload;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The half of a {@link Socket} that moves: whether the server has let it in, what waits for that, and who
 * waits for an answer. Confined to the loop, except where a member says otherwise.
 *
 * <p>A little longer than the house likes: the way of a packet in and out is not to be torn apart.
 */
final class SocketSession implements RetryQueue.Way {
    private final Socket socket;
    private final String namespace;
    private final ManagerOptions options;
    private final Loop loop;
    private final Handlers handlers;
    private final Connection connection;
    private final JsonCodec codec;
    private final Acks acks;
    private final RetryQueue retryQueue;

    /** Events between the call of emit and the engine; any thread. */
    private final AtomicInteger waitingPackets = new AtomicInteger();

    // Written on the loop only, read by any thread.
    private volatile @Nullable String id;
    private volatile boolean active;
    private volatile boolean recovered;

    private final Deque<Event.Outgoing> sendBuffer = new ArrayDeque<>();
    private final Deque<Packet> receiveBuffer = new ArrayDeque<>();
    private long receivedBytes;
    private final RecoveryPoint recovery = new RecoveryPoint(System::currentTimeMillis);

    /** Counts connections and their ends: what was begun in another round is void. */
    private int round;

    /** Whether a CONNECT is being made: the application is asked for its auth. */
    private boolean preparing;

    /** Nothing will ever be sent or answered again. */
    private boolean closed;

    /** Whether a CONNECT was sent on this connection and not yet answered. */
    private boolean asked;

    SocketSession(Socket socket, ManagerOptions options, Loop loop, Handlers handlers, Connection connection) {
        this.socket = socket;
        this.namespace = socket.namespace();
        this.options = options;
        this.loop = loop;
        this.handlers = handlers;
        this.connection = connection;
        this.codec = options.codec();
        this.acks = new Acks(loop, handlers);
        this.retryQueue = new RetryQueue(socket, options, loop, handlers, this);
    }

    // ---- views, for any thread

    @Nullable
    String id() {
        return id;
    }

    boolean connected() {
        return id != null;
    }

    boolean active() {
        return active;
    }

    boolean recovered() {
        return recovered;
    }

    /** Whether events that may not be dropped are sent until they are acknowledged. */
    boolean retries() {
        return options.retries().isPresent();
    }

    // ---- on the loop: what the application asks for

    void connect() {
        if (connected()) {
            return;
        }
        active = true;
        if (connection.isOpen()) {
            onOpen();
        } else {
            connection.open();
        }
    }

    /** Takes an event, on any thread: whatever is wrong with it is told at once. */
    void emit(String event, @Nullable Object[] args, Emitter by, Acks.@Nullable Pending ack) {
        Payload payload = codec.writeEvent(event, args);
        socket.manager().checkNotClosed();
        Event.Outgoing outgoing = new Event.Outgoing(event, payload, by, ack);
        boolean queued = retries() && !outgoing.droppable;
        if (waitingPackets.incrementAndGet() > options.maxBufferedPackets() && (queued || !connected())) {
            waitingPackets.decrementAndGet();
            throw new IllegalStateException(
                    "more than maxBufferedPackets wait to be sent: " + options.maxBufferedPackets());
        }
        try {
            connection.reserve(outgoing.size());
        } catch (IllegalStateException full) {
            waitingPackets.decrementAndGet();
            throw full;
        }
        loop.execute(() -> take(outgoing));
    }

    private void take(Event.Outgoing outgoing) {
        if (retries() && !outgoing.droppable) {
            retryQueue.add(outgoing);
            return;
        }
        if (closed) {
            settle(outgoing);
            if (outgoing.ack != null) {
                outgoing.ack.fail(handlers, new DisconnectedException());
            }
            return;
        }
        if (outgoing.ack != null) {
            acks.register(outgoing.ack, () -> dropBuffered(outgoing));
        }
        if (send(outgoing)) {
            settle(outgoing);
        } else if (outgoing.droppable) {
            settle(outgoing);
            if (outgoing.ack != null) {
                acks.fail(outgoing.ack, new IllegalStateException("the event was dropped"));
            }
        } else {
            sendBuffer.add(outgoing);
        }
    }

    /** Sends the event, where there is a connection that takes it. */
    @Override
    public boolean send(Event.Outgoing outgoing) {
        return connected() && !connection.heartbeatExpired() && transmit(outgoing);
    }

    private boolean transmit(Event.Outgoing outgoing) {
        Packet packet = packetOf(outgoing);
        if (outgoing.ack != null) {
            packet = packet.withId(outgoing.ack.id);
        }
        PacketGroup group = PacketEncoder.encode(packet);
        if (!socket.anyOutgoing.isEmpty()) {
            handlers.call(socket.anyOutgoing, view(outgoing));
        }
        if (!outgoing.compress) {
            group = group.asUncompressed();
        }
        return connection.send(outgoing.droppable ? group.asDroppable() : group);
    }

    private Packet packetOf(Event.Outgoing outgoing) {
        return Packet.of(Packet.Type.EVENT, namespace, outgoing.payload);
    }

    @Override
    public Event view(Event.Outgoing outgoing) {
        return new Event(outgoing.name, codec.args(packetOf(outgoing)), null);
    }

    /** The event waits no longer, here at least. */
    @Override
    public void settle(Event.Outgoing outgoing) {
        waitingPackets.decrementAndGet();
        connection.release(outgoing.size());
    }

    private void dropBuffered(Event.Outgoing outgoing) {
        if (sendBuffer.remove(outgoing)) {
            settle(outgoing);
        }
    }

    // ---- on the loop: what the connection tells

    /** The connection is open: asks to be let in, unless that has been done. */
    void onOpen() {
        if (!active || connected() || asked || preparing) {
            return;
        }
        Supplier<? extends Map<String, ?>> source = socket.auth;
        if (source == null) {
            ask(Map.of());
            return;
        }
        preparing = true;
        int current = ++round;
        handlers.executeBeside(() -> {
            try {
                Map<String, ?> shown = new LinkedHashMap<>(source.get());
                loop.execute(() -> onPrepared(current, () -> ask(shown)));
            } catch (Throwable failure) {
                loop.execute(() -> onPrepared(current, () -> refuse(ConnectError.failed(failure, codec))));
            }
        });
    }

    private void onPrepared(int begunIn, Runnable next) {
        if (preparing && begunIn == round) {
            preparing = false;
            next.run();
        }
    }

    private void ask(Map<String, ?> shown) {
        Map<String, Object> data = recovery.claim();
        data.putAll(shown);
        Payload payload;
        try {
            payload = data.isEmpty() ? Payload.NONE : codec.writeValue(data);
        } catch (IllegalArgumentException notJson) {
            refuse(ConnectError.failed(notJson, codec));
            return;
        }
        asked = connection.send(PacketEncoder.encode(Packet.of(Packet.Type.CONNECT, namespace, payload)));
    }

    void onPacket(Packet packet) {
        switch (packet.type()) {
            case CONNECT -> onAnswer(codec.value(packet.payload()));
            case CONNECT_ERROR -> {
                asked = false;
                if (active && !connected()) {
                    refuse(ConnectError.refused(codec.value(packet.payload()), codec));
                }
            }
            case DISCONNECT -> {
                asked = false;
                if (active) {
                    active = false;
                    connection.release();
                    end(DisconnectReason.SERVER_DISCONNECT);
                }
            }
            case EVENT -> {
                if (connected() || isMissed(packet)) {
                    deliver(packet);
                } else if (active && asked) {
                    keep(packet);
                }
            }
            case ACK -> {
                if (DeliveryId.isDeliveryId(packet.id())) {
                    retryQueue.onAnswer(packet.id(), codec.args(packet));
                } else {
                    acks.answer(packet.id(), codec.args(packet));
                }
            }
        }
    }

    private void onAnswer(JsonNode answer) {
        if (!asked) {
            return;
        }
        asked = false;
        if (!active) {
            // The application left while the server made up its mind: what it let in goes again.
            sendDisconnect();
            return;
        }
        String sid = answer.path("sid").asString("");
        if (sid.isEmpty()) {
            handlers.call(
                    socket.connectErrors,
                    ConnectError.failed(
                            new IllegalStateException(
                                    "the server answers as Socket.IO v2 did, which this client does not speak"),
                            codec));
            return;
        }
        recovered = recovery.enter(answer.path("pid").asString(""));
        round++;
        id = sid;
        for (Packet packet = receiveBuffer.poll(); packet != null; packet = receiveBuffer.poll()) {
            deliver(packet);
        }
        receivedBytes = 0;
        for (int left = sendBuffer.size(); left > 0; left--) {
            Event.Outgoing outgoing = sendBuffer.remove();
            if (transmit(outgoing)) {
                settle(outgoing);
            } else {
                sendBuffer.add(outgoing);
            }
        }
        retryQueue.onConnect();
        handlers.call(socket.connects, socket);
    }

    /**
     * Whether it is replayed to a Socket that comes back: that can be heard at once, so that much can be missed and little
     * has to be kept, and what was heard need not be replayed if the connection breaks in the middle of it.
     */
    private boolean isMissed(Packet packet) {
        return active
                && asked
                && receiveBuffer.isEmpty()
                && lastText(packet).filter(recovery::isOffset).isPresent();
    }

    /** An event before the answer, of somebody who is new: emitted by a middleware. */
    private void keep(Packet packet) {
        receivedBytes += Event.Outgoing.sizeOf(packet.payload());
        if (receivedBytes > options.maxBufferedBytes()) {
            connection.fail("more events than maxBufferedBytes came before the answer to CONNECT");
            return;
        }
        receiveBuffer.add(packet);
    }

    private void deliver(Packet packet) {
        Args args = withoutOffset(packet);
        int current = round;
        Event event = new Event(
                codec.eventName(packet),
                args,
                packet.hasId() ? answer -> acknowledge(packet.id(), current, answer) : null);
        handlers.execute(Event.Outgoing.sizeOf(packet.payload()), () -> {
            socket.any.call(event);
            Listeners<Event> named = socket.events.get(event.name());
            if (named != null) {
                named.call(event);
            }
        });
    }

    /** The application's arguments; what is behind them is noted. */
    private Args withoutOffset(Packet packet) {
        Args args = codec.args(packet);
        return lastText(packet).filter(recovery::advance).isPresent() ? args.withoutLast() : args;
    }

    /** The last argument of an event without an acknowledgement, if that is text and could be an offset. */
    private Optional<String> lastText(Packet packet) {
        if (!recovery.isKnown() || packet.hasId()) {
            return Optional.empty();
        }
        Args args = codec.args(packet);
        int last = args.size() - 1;
        return last >= 0 && args.json(last).at(0) == '"'
                ? Optional.ofNullable(args.get(last, String.class))
                : Optional.empty();
    }

    private void acknowledge(long ackId, int askedIn, @Nullable Object[] answer) {
        Packet ack = Packet.of(Packet.Type.ACK, namespace, codec.write(answer)).withId(ackId);
        PacketGroup group = PacketEncoder.encode(ack);
        loop.execute(() -> {
            if (connected() && round == askedIn) {
                connection.send(group);
            }
        });
    }

    /** No connection could be made, or it broke before this Socket was let in. */
    void onError(TransportException failure) {
        if (active && !connected()) {
            handlers.call(socket.connectErrors, ConnectError.failed(failure, codec));
        }
    }

    /** The connection is gone. */
    void onClose(CloseReason reason) {
        if (active && asked && reason == CloseReason.TRANSPORT_CLOSE) {
            // It would go on like that for ever, and the application would not know why.
            handlers.call(
                    socket.connectErrors,
                    ConnectError.failed(
                            new IllegalStateException("the server closed the connection instead of answering CONNECT; "
                                    + "one with another parser, such as msgpack, does so"),
                            codec));
        }
        round++;
        preparing = false;
        asked = false;
        if (active) {
            end(DisconnectReason.of(reason));
        }
    }

    /** The Manager closes: nothing will ever be sent or answered again. */
    void onManagerClosed() {
        closed = true;
        leave();
        sendBuffer.clear();
        acks.failSent(ack -> false);
        retryQueue.close();
    }

    /** Leaves the namespace, for good. */
    void leave() {
        boolean wasConnected = connected();
        if (wasConnected) {
            sendDisconnect();
        }
        active = false;
        preparing = false;
        connection.release();
        if (wasConnected) {
            end(DisconnectReason.CLIENT_DISCONNECT);
        }
    }

    private void refuse(ConnectError error) {
        active = false;
        connection.release();
        handlers.call(socket.connectErrors, error);
    }

    private void sendDisconnect() {
        connection.send(PacketEncoder.encode(Packet.of(Packet.Type.DISCONNECT, namespace, Payload.NONE)));
    }

    private void end(DisconnectReason reason) {
        round++;
        id = null;
        recovered = false;
        receiveBuffer.clear();
        receivedBytes = 0;
        handlers.call(socket.disconnects, reason);
        acks.failSent(ack -> sendBuffer.stream().anyMatch(waiting -> waiting.ack == ack));
        retryQueue.onDisconnect();
    }
}
