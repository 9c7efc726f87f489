package dev.bowline.core.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * The server's machine of one Engine.IO session: handshake, heartbeat, upgrade, close.
 *
 * <p>It does no IO, holds no clock and no timer. Whoever drives it passes what arrives and {@code now}
 * (nanoseconds of a monotonic clock), wakes it at {@link #deadline()}, and carries out what it asks of
 * its {@link Output}; messages go to its {@link Listener}. All transitions are in this file. Confined to the session's event loop.
 *
 * <pre>
 *   NEW --open--> OPEN --close()--> CLOSING --flushed, or 30 s--> CLOSED
 *                  |  '--- heartbeat, transport, parse error -------^
 *                  |  '--- leave(): flushed, and the client told ---^
 *   transport:  POLLING --probe opened, 2probe, 5--> WEBSOCKET
 * </pre>
 */
public final class EngineSession {
    /** Where the session stands. */
    public enum State {
        /** Nothing was sent yet. */
        NEW,
        /** Messages flow in both directions. */
        OPEN,
        /** This side is leaving: what is queued still goes out, what arrives is ignored. */
        CLOSING,
        /** The session is over; nothing brings it back. */
        CLOSED
    }

    /** How far a WebSocket has come that wants to take a polling session over. */
    private enum Probe {
        /** There is none. */
        NONE,
        /** It is connected and has not asked yet. */
        OPENED,
        /** It has asked and was answered; held polls are now released, so that the client can pause. */
        ANSWERED
    }

    /** What the machine asks of whoever drives it. Called on the session's event loop. */
    public interface Output {
        /** Answers the held poll. */
        void answerPoll(List<EnginePacket> packets);

        /** Writes to the WebSocket that is the session's transport. */
        void write(PacketGroup group);

        /** How many bytes were written that the network has not taken yet. */
        long unsentBytes();

        /** Writes to the probing WebSocket. */
        void writeProbe(EnginePacket packet);

        /** Closes the probing WebSocket; the session goes on. */
        void closeProbe();

        /** Closes the WebSocket that is the session's transport, after what was written before. */
        void closeTransport();

        /** The probing WebSocket is the session's transport from now on. */
        void upgraded();

        /** The session is over: everything that serves it may be released. Comes exactly once. */
        void released();
    }

    /** Who the session serves. Called on the session's event loop. */
    public interface Listener {
        /** The session is open: what is sent now follows the handshake. Comes exactly once, and first. */
        default void opened() {}

        /** A message arrived. */
        void message(EnginePacket message);

        /** The client has answered a ping so long after it was made. */
        default void pingAnswered(long nanos) {}

        /** The WebSocket that probed carries the session from now on. */
        default void moved() {}

        /** More waits for the client than may: so much was dropped, or is lost with the session, which then ends. */
        default void limitReached(int packets, long bytes) {}

        /** The session is over. Comes exactly once, and last. */
        void closed(CloseReason reason, String detail);
    }

    private static final long CLOSE_TIMEOUT_NANOS = 30_000_000_000L;
    private static final long FALLEN_BEHIND_BYTES = 64 * 1024;

    private static final long NOOP_INTERVAL_NANOS = 100_000_000L;
    private static final PacketGroup PONG = PacketGroup.of(EnginePacket.PONG);

    private final String sid;
    private final SessionSettings settings;
    private final EnginePacketCodec codec;
    private final Output output;
    private final Listener listener;
    private final Heartbeat heartbeat;

    private State state = State.NEW;
    private TransportName transport;

    // What waits for a poll, for the end of an upgrade, or for the network.
    private final OutboundQueue queue = new OutboundQueue();
    private boolean pollHeld;
    private boolean leftUnpolled;
    private boolean leaving; // while open: with the next poll that finds nothing, or with the upgrade

    private Probe probe = Probe.NONE;
    private long probeDeadline;
    private long noopDeadline;
    private long closeDeadline;
    private boolean inboundPaused;
    private long pausedSince;
    private boolean pingOpen;
    private long pingMadeAt;

    /**
     * A session that has not opened yet.
     *
     * @param codec the framing of the client's requests, whose revision also says who pings
     */
    public EngineSession(
            String sid,
            SessionSettings settings,
            EnginePacketCodec codec,
            TransportName transport,
            long now,
            Output output,
            Listener listener) {
        this.sid = sid;
        this.settings = settings;
        this.codec = codec;
        this.transport = transport;
        this.output = output;
        this.listener = listener;
        this.heartbeat = codec.revision().heartbeat(settings.pingInterval(), settings.pingTimeout(), now);
    }

    /** The id that the client names in every request: a secret. */
    public String sid() {
        return sid;
    }

    /** Where the session stands. */
    public State state() {
        return state;
    }

    /** The transport that carries the session now. */
    public TransportName transport() {
        return transport;
    }

    /** Whether a poll waits for an answer. */
    public boolean isPollHeld() {
        return pollHeld;
    }

    /** Whether the client left by its own word while no poll was held: one may be on its way, slower than the word. */
    public boolean hasLeftUnpolled() {
        return leftUnpolled;
    }

    /** Whether the client keeps up: a poll is held, or the network has taken all but a little of what was written. */
    public boolean isWritable() {
        return state == State.OPEN
                && (transport == TransportName.POLLING
                        ? pollHeld
                        : queue.isEmpty()
                                && output.unsentBytes() < Math.min(FALLEN_BEHIND_BYTES, settings.maxQueuedBytes()));
    }

    /** How many bytes wait for the client to take them. */
    public long unreadBytes() {
        return queue.bytes() + output.unsentBytes();
    }

    /** Sends the handshake. */
    public void open(List<TransportName> upgrades) {
        if (state != State.NEW) {
            throw new IllegalStateException("the session has been opened before");
        }
        state = State.OPEN;
        var handshake =
                new OpenPacket(sid, upgrades, settings.pingInterval(), settings.pingTimeout(), settings.maxPayload());
        send(PacketGroup.of(handshake.encode()));
        listener.opened();
    }

    // ---- What the application wants -------------------------------------------------------------

    /**
     * Writes the group, or queues it until it can be written. Ignored unless the session is open. When too
     * much waits already, the policy decides: a client that does not read must not cost memory.
     */
    public void send(PacketGroup group) {
        if (state != State.OPEN || (group.droppable() && !isWritable())) {
            return;
        }
        if (queue.isEmpty() && canWrite()) {
            output.write(group);
        } else if (unreadBytes() <= settings.maxQueuedBytes() || makesRoomFor(group)) {
            queue.add(group);
            flushPoll();
        }
    }

    /** Writes what waits for the network as far as that takes it. For whenever it has taken something. */
    public void writeOn() {
        while (canWriteOn()) {
            PacketGroup group = queue.poll();
            if (group != null) {
                output.write(group);
            }
        }
    }

    /** Whether {@link #writeOn} would write something. */
    public boolean canWriteOn() {
        return !queue.isEmpty() && state != State.CLOSED && canWrite();
    }

    private boolean canWrite() {
        return transport == TransportName.WEBSOCKET && output.unsentBytes() <= settings.windowBytes();
    }

    /** More waits than may. Says whether the group is queued all the same. */
    private boolean makesRoomFor(PacketGroup group) {
        long limit = settings.maxQueuedBytes();
        boolean event = group.kind() != PacketGroup.Kind.PROTOCOL;
        switch (settings.outboundPolicy()) {
            case CLOSE -> {
                return limitReached(group);
            }
            case DROP_OLDEST -> {
                var dropped = new Object() {
                    int packets;
                    long bytes;
                };
                queue.dropEvents(Math.max(0, limit - output.unsentBytes()), old -> {
                    dropped.packets++;
                    dropped.bytes += old.byteLength();
                });
                if (dropped.packets > 0) {
                    listener.limitReached(dropped.packets, dropped.bytes);
                }
            }
            case DROP_NEWEST -> {
                if (event) {
                    listener.limitReached(1, group.byteLength());
                    return false;
                }
            }
            case FAIL -> {
                // Whoever emits was refused before; what is under way already finds room.
            }
        }
        return unreadBytes() <= 2 * limit || limitReached(group);
    }

    private boolean limitReached(PacketGroup group) {
        listener.limitReached(queue.size() + 1, unreadBytes() + group.byteLength());
        finish(CloseReason.TRANSPORT_ERROR, "the client does not read: outbound limit reached");
        return false;
    }

    /** Leaves once what is queued has been written, at the latest after 30 seconds. */
    public void close(long now) {
        if (state != State.OPEN) {
            return;
        }
        if (transport == TransportName.POLLING && !pollHeld) {
            state = State.CLOSING;
            closeDeadline = now + CLOSE_TIMEOUT_NANOS;
            return;
        }
        writeAll();
        finish(CloseReason.FORCED_CLOSE, "closed by the server");
    }

    /**
     * Leaves as soon as the client can be told, but is there for it until then: what it sends is heard and what it is
     * sent goes out, unlike after {@link #close}, where a POST is confirmed and its packets are ignored. Over WebSocket,
     * and where a poll is held, that is now; otherwise with the next poll for which nothing waits, or with the upgrade.
     * One that neither polls nor upgrades is found out by the heartbeat.
     */
    public void leave(long now) {
        if (state == State.OPEN && transport == TransportName.POLLING && !pollHeld) {
            leaving = true;
        } else {
            close(now);
        }
    }

    /** Leaves at once; what is queued is dropped. */
    public void closeNow() {
        finish(CloseReason.FORCED_CLOSE, "closed by the server");
    }

    /**
     * Whether the driver has stopped reading, so that the client's pongs wait unread: the verdict waits too, but not
     * longer than {@code maxReadPause}, since who is not read cannot be seen to leave either.
     */
    public void inboundPaused(boolean paused, long now) {
        if (inboundPaused && !paused) {
            heartbeat.excuse(now);
        }
        if (!inboundPaused && paused) {
            pausedSince = now;
        }
        inboundPaused = paused;
    }

    // ---- Polling --------------------------------------------------------------------------------

    /** A poll arrived; it is answered at once or held. */
    public void poll() {
        if (transport != TransportName.POLLING || pollHeld) {
            throw new IllegalStateException("a poll is held, or the session is not polling");
        }
        if (state != State.CLOSED) {
            pollHeld = true;
            flushPoll();
        }
    }

    /** The body of a POST arrived. */
    public void post(PollingBody body, long now) {
        PollingPayload.Decoded decoded = codec.decodePayload(body);
        for (EnginePacket packet : decoded.packets()) {
            receive(packet, now);
        }
        if (decoded.error() != null && state == State.OPEN) {
            finish(CloseReason.PARSE_ERROR, decoded.error());
        }
    }

    /** The link of the held poll broke. */
    public void pollAborted() {
        pollHeld = false;
        finish(CloseReason.TRANSPORT_ERROR, "poll connection closed prematurely");
    }

    /** A request broke the rules of polling, or its link broke. */
    public void failed(String detail) {
        finish(CloseReason.TRANSPORT_ERROR, detail);
    }

    // ---- WebSocket ------------------------------------------------------------------------------

    /** A packet arrived over the session's transport. */
    public void receive(EnginePacket packet, long now) {
        if (state != State.OPEN) {
            return;
        }
        if (packet.type() != EnginePacket.Type.PONG) {
            heartbeat.onOtherPacket(now);
        }
        switch (packet.type()) {
            case MESSAGE -> listener.message(packet);
            case PONG -> {
                if (pingOpen) {
                    pingOpen = false;
                    listener.pingAnswered(now - pingMadeAt);
                }
                answer(heartbeat.onPong(now));
            }
            case PING -> answer(heartbeat.onPing(now));
            case CLOSE -> {
                if (transport == TransportName.POLLING) {
                    leftUnpolled = !pollHeld;
                    answerHeldPoll(EnginePacket.NOOP);
                    finish(CloseReason.TRANSPORT_CLOSE, "closed by the client");
                }
            }
            case OPEN, UPGRADE, NOOP -> {
                // Means nothing here, and harms nothing.
            }
        }
    }

    private void answer(Heartbeat.Answer answer) {
        switch (answer) {
            case SEND_PONG -> {
                // One pong that waits for a poll answers all pings before it.
                if (queue.peekLast() != PONG) {
                    send(PONG);
                }
            }
            case WRONG_DIRECTION -> finish(CloseReason.TRANSPORT_ERROR, "invalid heartbeat direction");
            case NOTHING -> {
                // The peer is there.
            }
        }
    }

    /** What arrived over the WebSocket was no packet. */
    public void malformed(String detail) {
        finish(CloseReason.PARSE_ERROR, detail);
    }

    /** The WebSocket that carries the session is gone. */
    public void transportClosed(String detail) {
        finish(CloseReason.TRANSPORT_CLOSE, detail);
    }

    // ---- Upgrade --------------------------------------------------------------------------------

    /** A WebSocket names this session. Says whether it may probe; if not, the driver closes it. */
    public boolean probeOpened(long now) {
        if (state == State.CLOSED || transport != TransportName.POLLING || probe != Probe.NONE) {
            return false;
        }
        probe = Probe.OPENED;
        probeDeadline = now + settings.upgradeTimeout().toNanos();
        return true;
    }

    /** A packet arrived over the probing WebSocket. */
    public void probeReceived(EnginePacket packet, long now) {
        if (state == State.CLOSED || probe == Probe.NONE) {
            return;
        }
        if (packet.equals(EnginePacket.PROBE)) {
            probe = Probe.ANSWERED;
            noopDeadline = now + NOOP_INTERVAL_NANOS;
            output.writeProbe(EnginePacket.PROBED);
        } else if (packet.type() == EnginePacket.Type.UPGRADE) {
            upgrade(now);
        } else {
            giveProbeUp();
        }
    }

    /** The probing WebSocket sent what is no packet, or is gone; the session goes on. */
    public void probeLost() {
        if (probe != Probe.NONE) {
            giveProbeUp();
        }
    }

    private void upgrade(long now) {
        probe = Probe.NONE;
        answerHeldPoll(EnginePacket.NOOP);
        transport = TransportName.WEBSOCKET;
        output.upgraded();
        listener.moved();
        heartbeat.excuse(now);
        if (state == State.OPEN && !leaving) {
            writeOn();
        } else {
            writeAll();
            finish(CloseReason.FORCED_CLOSE, "closed by the server");
        }
    }

    /** Leaves what waits to the network, whatever that takes. For the end: it is no more than the limit. */
    private void writeAll() {
        if (transport == TransportName.WEBSOCKET) {
            for (PacketGroup group = queue.poll(); group != null; group = queue.poll()) {
                output.write(group);
            }
        }
    }

    private void giveProbeUp() {
        probe = Probe.NONE;
        output.closeProbe();
    }

    // ---- Time -----------------------------------------------------------------------------------

    /** The next instant at which {@link #advance} has something to do. Without meaning once closed. */
    public long deadline() {
        if (state == State.CLOSING) {
            return earlier(closeDeadline, probe == Probe.NONE ? closeDeadline : probeTimer());
        }
        return probe == Probe.NONE ? heartbeat.deadline() : earlier(heartbeat.deadline(), probeTimer());
    }

    /** Does what is due at {@code now}. */
    public void advance(long now) {
        if (probe != Probe.NONE && now - probeDeadline >= 0) {
            giveProbeUp();
        }
        if (probe == Probe.ANSWERED && now - noopDeadline >= 0) {
            noopDeadline = now + NOOP_INTERVAL_NANOS;
            answerHeldPoll(EnginePacket.NOOP);
        }
        if (state == State.CLOSING && now - closeDeadline >= 0) {
            finish(CloseReason.FORCED_CLOSE, "the client did not fetch what was left");
        } else if (state == State.OPEN) {
            beat(now);
        }
    }

    private void beat(long now) {
        switch (heartbeat.advance(now)) {
            case SEND_PING -> {
                pingOpen = true;
                pingMadeAt = now;
                send(PacketGroup.of(EnginePacket.PING));
            }
            case PEER_LOST -> {
                if (!inboundPaused) {
                    finish(CloseReason.PING_TIMEOUT, "no pong within pingTimeout");
                } else if (now - pausedSince < settings.maxReadPause().toNanos()) {
                    heartbeat.excuse(now);
                } else {
                    finish(CloseReason.PING_TIMEOUT, "not read within maxReadPause: handlers are behind");
                }
            }
            case NOTHING -> {
                // Another deadline woke us.
            }
        }
    }

    private long probeTimer() {
        return probe == Probe.ANSWERED ? earlier(probeDeadline, noopDeadline) : probeDeadline;
    }

    private static long earlier(long a, long b) {
        return a - b < 0 ? a : b;
    }

    // ---- The ends -------------------------------------------------------------------------------

    private void flushPoll() {
        if (!pollHeld) {
            return;
        }
        if (!queue.isEmpty()) {
            List<EnginePacket> packets = new ArrayList<>();
            for (PacketGroup group = queue.poll(); group != null; group = queue.poll()) {
                packets.addAll(group.packets());
            }
            pollHeld = false;
            output.answerPoll(packets);
        } else if (state == State.CLOSING || leaving) {
            pollHeld = false;
            output.answerPoll(List.of(EnginePacket.NOOP, EnginePacket.CLOSE));
            finish(CloseReason.FORCED_CLOSE, "closed by the server");
        }
    }

    private void answerHeldPoll(EnginePacket packet) {
        if (pollHeld) {
            pollHeld = false;
            output.answerPoll(List.of(packet));
        }
    }

    /** The one way out: answers what is held, closes what is open, forgets what is queued. */
    private void finish(CloseReason reason, String detail) {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        queue.clear();
        answerHeldPoll(EnginePacket.CLOSE);
        if (probe != Probe.NONE) {
            giveProbeUp();
        }
        if (transport == TransportName.WEBSOCKET) {
            output.closeTransport();
        }
        output.released();
        listener.closed(reason, detail);
    }
}
