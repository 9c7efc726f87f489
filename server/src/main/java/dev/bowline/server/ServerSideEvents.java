package dev.bowline.server;

import dev.bowline.core.packet.Args;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** What other servers of the cluster emit to a namespace of this one, and who hears it. Safe for any thread. */
final class ServerSideEvents {
    static final int MAX_WAITING = 10_000;

    private static final System.Logger LOG = System.getLogger(ServerSideEvents.class.getName());
    private static final Set<String> RESERVED = Set.of("connect", "connection", "new_namespace");

    private final String namespace;
    private final JsonCodec codec;
    private final Map<String, List<EventHandler>> handlers = new ConcurrentHashMap<>();
    private final SerialExecutor inOrder;

    ServerSideEvents(String namespace, JsonCodec codec, Executor threads) {
        this.namespace = namespace;
        this.codec = codec;
        this.inOrder = new SerialExecutor(threads);
    }

    /** Refuses the names that a Node server keeps for itself. */
    static void check(String event) {
        if (RESERVED.contains(event)) {
            throw new IllegalArgumentException('"' + event + "\" is a reserved event name");
        }
    }

    void add(String event, EventHandler handler) {
        check(event);
        handlers.computeIfAbsent(event, name -> new CopyOnWriteArrayList<>()).add(handler);
    }

    /** Another server emitted; its handlers run one after the other, in its order. */
    void heard(Payload event, Consumer<Payload> ack) {
        Packet packet = Packet.of(Packet.Type.EVENT, namespace, event);
        if (!inOrder.offer(() -> handle(packet, ack), MAX_WAITING)) {
            LOG.log(System.Logger.Level.WARNING, "Too many events of other servers wait for handlers: one is dropped");
        }
    }

    private void handle(Packet event, Consumer<Payload> ack) {
        Args args = codec.args(event);
        AtomicBoolean sent = new AtomicBoolean();
        Ack once = answers -> {
            Payload answer = codec.write(answers);
            if (sent.compareAndSet(false, true)) {
                ack.accept(answer);
            }
        };
        for (EventHandler handler : handlers.getOrDefault(codec.eventName(event), List.of())) {
            try {
                handler.handle(args, once);
            } catch (Exception | Error failure) { // the next handler is not to blame
                LOG.log(System.Logger.Level.WARNING, "A handler of another server's event failed", failure);
            }
        }
    }
}
