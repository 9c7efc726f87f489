package dev.bowline.netty;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.CloseReason;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.EnginePacketCodec;
import dev.bowline.core.engine.EngineSession;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.engine.PollingBody;
import dev.bowline.core.engine.ProtocolRevision;
import dev.bowline.core.engine.RemoteProtocolException;
import dev.bowline.core.engine.SessionSettings;
import dev.bowline.core.engine.TransportName;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.PacketDecoder;
import dev.bowline.core.packet.PacketEncoder;
import dev.bowline.core.packet.Payload;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a server must say in a conversation: core's machine of one session, with the namespaces of {@link Conversation}
 * on top, in one thread and without time. Each call returns when everything that it leads to has been done; what the
 * client must then have seen is in the fields.
 */
final class ConversationModel implements EngineSession.Output, EngineSession.Listener {
    /** Stands for every id, which nobody can foretell. */
    static final String SID = "-------------sid----";

    static final String MAIN = "/";
    static final String OTHER = "/other";
    static final String CLOSED = "/closed";

    private static final Set<String> NAMESPACES = Set.of(MAIN, OTHER, CLOSED);
    private static final long NOOP_NANOS = 100_000_000L;

    /** A client in a namespace. */
    private final class Member {
        private final String namespace;
        private final Serial handlers;
        private boolean connected;
        private boolean deaf;

        Member(String namespace) {
            this.namespace = namespace;
            this.handlers = serials.computeIfAbsent(namespace, name -> new Serial());
        }

        void end(String reason) {
            if (connected) {
                connected = false;
                deaf = reason.equals("server namespace disconnect");
                later(() -> members.remove(namespace, this));
                handlers.execute(() -> goodbyes.add(namespace + ": " + reason));
            }
        }

        void emit(String event, @Nullable Object... args) {
            if (connected) {
                send(Packet.of(Packet.Type.EVENT, namespace, codec.writeEvent(event, args)));
            }
        }
    }

    /** What is handed over while a task waits runs with it, as the handlers of one namespace do. */
    private final class Serial {
        private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
        private boolean scheduled;

        void execute(Runnable task) {
            queue.add(task);
            if (!scheduled) {
                scheduled = true;
                later(() -> {
                    for (Runnable next = queue.poll(); next != null; next = queue.poll()) {
                        next.run();
                    }
                    scheduled = false;
                });
            }
        }
    }

    /** The answer that the held poll has got, if it has. */
    @Nullable
    String pollAnswer;

    /** What was written to the WebSocket that carries the session, or probes for it, since the last look. */
    final List<String> frames = new ArrayList<>();

    final List<String> probeFrames = new ArrayList<>();
    final List<String> goodbyes = new ArrayList<>();
    boolean linkClosed;
    boolean probeClosed;
    private boolean probing;

    private final JsonCodec codec = new JsonCodec();
    private final PacketDecoder decoder = new PacketDecoder();
    private final ArrayDeque<Runnable> mailbox = new ArrayDeque<>();
    private final Map<String, Member> members = new LinkedHashMap<>();
    private final Set<String> entering = new HashSet<>();
    private final Map<String, Serial> serials = new HashMap<>();
    private final EnginePacketCodec framing;
    private final EngineSession session;
    private long now;
    private boolean over;

    ConversationModel(ProtocolRevision revision, SessionSettings settings, TransportName transport) {
        framing = EnginePacketCodec.of(revision, false);
        session = new EngineSession(SID, settings, framing, transport, now, this, this);
        if (transport == TransportName.POLLING) {
            session.open(List.of(TransportName.WEBSOCKET));
            settle();
            session.poll();
        } else {
            session.open(List.of());
        }
        settle();
    }

    /** Whether the client is one of Socket.IO 2. */
    private boolean isOld() {
        return framing.revision() == ProtocolRevision.V3;
    }

    private void later(Runnable task) {
        mailbox.add(task);
    }

    private void settle() {
        for (Runnable next = mailbox.poll(); next != null; next = mailbox.poll()) {
            next.run();
        }
    }

    boolean isClosed() {
        return session.state() == EngineSession.State.CLOSED;
    }

    boolean isPolling() {
        return session.transport() == TransportName.POLLING;
    }

    boolean isPollHeld() {
        return session.isPollHeld();
    }

    /** Whether the client has left while no poll was held, so that one may come late. */
    boolean hasLeftUnpolled() {
        return session.hasLeftUnpolled();
    }

    // ---- What the client does -------------------------------------------------------------------

    void poll() {
        session.poll();
        settle();
    }

    void post(PollingBody body) {
        session.post(body, now);
        settle();
    }

    void failed(String detail) {
        session.failed(detail);
        settle();
    }

    void pollAborted() {
        session.pollAborted();
        settle();
    }

    void linkFrame(boolean binary, Bytes content) {
        try {
            session.receive(packet(binary, content), now);
        } catch (RemoteProtocolException malformed) {
            session.malformed("malformed");
        }
        settle();
    }

    void linkLost() {
        session.transportClosed("lost");
        settle();
    }

    /** Whether a WebSocket may probe. */
    boolean probeOpened() {
        return session.probeOpened(now);
    }

    void probeFrame(boolean binary, Bytes content) {
        try {
            session.probeReceived(packet(binary, content), now);
        } catch (RemoteProtocolException malformed) {
            session.probeLost();
        }
        settle();
    }

    void probeLost() {
        session.probeLost();
        settle();
    }

    private EnginePacket packet(boolean binary, Bytes content) throws RemoteProtocolException {
        return binary ? framing.decodeBinary(content) : framing.decodeText(content);
    }

    /** Lets time pass where something is due: during an upgrade, a poll that is held is released. */
    void tick() {
        if (probing && isPollHeld()) {
            now += NOOP_NANOS;
            session.advance(now);
            settle();
        }
    }

    // ---- What the application does --------------------------------------------------------------

    void broadcast(String event, Object... args) {
        Member member = members.get(MAIN);
        if (member != null) {
            member.emit(event, args);
        }
        settle();
    }

    void disconnect(boolean closeConnection) {
        Member main = members.get(MAIN);
        if (main != null && closeConnection) {
            later(() -> {
                List.copyOf(members.values()).forEach(this::throwOut);
                close();
            });
        } else if (main != null) {
            throwOut(main);
        }
        settle();
    }

    private void throwOut(Member member) {
        if (member.connected) {
            member.end("server namespace disconnect");
            send(Packet.of(Packet.Type.DISCONNECT, member.namespace, Payload.NONE));
        }
    }

    void closeConnection() {
        if (members.containsKey(MAIN)) {
            close();
        }
        settle();
    }

    void closeNow() {
        session.closeNow();
        settle();
    }

    private void close() {
        later(() -> session.close(now));
    }

    // ---- What the server makes of messages ------------------------------------------------------

    @Override
    public void opened() {
        if (isOld()) {
            connect(MAIN);
        }
    }

    @Override
    public void message(EnginePacket message) {
        if (over) {
            return;
        }
        Packet packet;
        try {
            packet = decoder.add(message);
        } catch (RemoteProtocolException invalid) {
            over = true;
            close();
            return;
        }
        if (packet == null) {
            return;
        }
        String namespace = packet.namespace();
        if (isOld() && packet.type() == Packet.Type.CONNECT) {
            namespace = namespace.split("\\?", 2)[0];
        }
        Member member = packet.type() == Packet.Type.DISCONNECT ? members.remove(namespace) : members.get(namespace);
        if (packet.type() == Packet.Type.CONNECT && member == null) {
            connect(namespace);
        } else if (member == null
                || packet.type() == Packet.Type.CONNECT
                || packet.type() == Packet.Type.CONNECT_ERROR) {
            over = true;
            boolean atOnce = !isPolling() || isPollHeld();
            List.copyOf(members.values()).forEach(each -> each.end(atOnce ? "forced close" : "forced server close"));
            close();
        } else if (packet.type() == Packet.Type.DISCONNECT) {
            member.end("client namespace disconnect");
        } else if (packet.type() == Packet.Type.EVENT) {
            member.handlers.execute(() -> handle(member, packet));
        }
    }

    private void handle(Member member, Packet packet) {
        if (member.deaf || !codec.eventName(packet).equals("echo")) {
            return;
        }
        Object[] args = Conversation.nodes(codec.args(packet));
        member.emit("echoed", args);
        if (packet.hasId()) {
            send(new Packet(Packet.Type.ACK, member.namespace, packet.id(), codec.write(args)));
        }
    }

    private void connect(String namespace) {
        if (!NAMESPACES.contains(namespace)) {
            refuse(namespace, Map.of("message", "Invalid namespace"));
        } else if (entering.add(namespace)) {
            Member member = new Member(namespace);
            member.handlers.execute(() -> later(() -> {
                entering.remove(namespace);
                if (namespace.equals(CLOSED)) {
                    refuse(namespace, isOld() ? "closed" : Map.of("message", "closed"));
                } else if (session.state() == EngineSession.State.OPEN) {
                    enter(member);
                }
            }));
        }
    }

    private void enter(Member member) {
        members.put(member.namespace, member);
        Payload answer = isOld() ? Payload.NONE : codec.writeValue(Map.of("sid", SID));
        send(Packet.of(Packet.Type.CONNECT, member.namespace, answer));
        member.connected = true;
        member.handlers.execute(() -> member.emit("welcome"));
    }

    private void refuse(String namespace, Object error) {
        send(Packet.of(Packet.Type.CONNECT_ERROR, namespace, codec.writeValue(error)));
    }

    private void send(Packet packet) {
        PacketGroup group = PacketEncoder.encode(packet);
        later(() -> session.send(group));
    }

    @Override
    public void closed(CloseReason reason, String detail) {
        over = true;
        List.copyOf(members.values()).forEach(member -> member.end(reason.text()));
        members.clear();
    }

    // ---- What the machine asks for --------------------------------------------------------------

    @Override
    public void answerPoll(List<EnginePacket> packets) {
        PollingBody body = framing.encodePayload(packets);
        pollAnswer = Conversation.text(body.binary(), body.bytes());
    }

    @Override
    public void write(PacketGroup group) {
        group.packets()
                .forEach(
                        packet -> frames.add(Conversation.text(framing.isBinaryFrame(packet), framing.encode(packet))));
    }

    @Override
    public long unsentBytes() {
        return 0;
    }

    @Override
    public void writeProbe(EnginePacket packet) {
        probing = true;
        probeFrames.add(Conversation.text(packet.isBinary(), packet.wire()));
    }

    @Override
    public void closeProbe() {
        probing = false;
        probeClosed = true;
    }

    @Override
    public void closeTransport() {
        linkClosed = true;
    }

    @Override
    public void upgraded() {
        probing = false;
        frames.addAll(probeFrames);
        probeFrames.clear();
    }

    @Override
    public void released() {
        // Nothing serves it here.
    }
}
