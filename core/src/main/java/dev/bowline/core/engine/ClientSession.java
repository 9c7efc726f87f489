package dev.bowline.core.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The client's half of one Engine.IO v4 session, from the first request to the last, without IO, thread
 * or clock: what happened goes in together with {@code now}, commands and happenings come out through
 * {@link Output}.
 *
 * <p>Longer than the house likes, because every transition of the machine is to be found in this one
 * file. The four things that it keeps track of are the {@link State}, the {@link Upgrade}, whether a poll
 * is pending, and whether a write is.
 *
 * <p>Confined to one thread at a time. A command of an {@link Output} must not call back into the session
 * before the input that caused it has returned; a happening may {@link #send} and {@link #close}.
 */
public final class ClientSession {
    /** Where the session as a whole stands. */
    public enum State {
        /** Nothing has been asked of the server yet. */
        NEW,
        /** The transport was opened, the handshake has not arrived. */
        OPENING,
        /** The handshake arrived; messages go both ways. */
        OPEN,
        /** This side leaves: no new message is taken, none is handed on, what is queued is still written. */
        CLOSING,
        /** Over; every further input is ignored. */
        CLOSED
    }

    /** Where the move from polling to WebSocket stands (engine.io-protocol, "Upgrade"). */
    enum Upgrade {
        /** None is tried: not yet, not any more, or never. */
        NONE,
        /** The second transport is being opened. */
        CONNECTING,
        /** It is open and was asked whether it works; polling goes on as if nothing were. */
        PROBING,
        /** It works; nothing is written until the poll and the post in flight have been answered. */
        PAUSING
    }

    /** What the session tells its shell: commands to the transports, and happenings for the layer above. */
    public interface Output {
        /** Open the first transport. Over polling the session's first {@link #poll} follows at once. */
        void openTransport(TransportName name);

        /** Send a GET; its answer comes back through {@link ClientSession#onPayload}. */
        void poll();

        /** The session has this name from here on: every further request and the probe carry it. */
        void named(String sid);

        /** Write these, as one POST or as frames; {@link ClientSession#onWritten} says when that is done. */
        void write(List<EnginePacket> packets);

        /** Open a WebSocket for this session beside the polling transport. */
        void openProbe();

        /** Write this one packet to the probe. */
        void writeProbe(EnginePacket packet);

        /** Give the probe up. */
        void closeProbe();

        /** The probe is the transport from here on; polling has no request in flight and is finished. */
        void switchTransport();

        /** Release the transport with whatever is in flight. */
        void closeTransport();

        /** The handshake arrived. */
        void opened(OpenPacket handshake);

        /** A message arrived. */
        void message(EnginePacket packet);

        /** The server's heartbeat arrived; it is answered already. */
        void ping();

        /** Messages travel over this transport now. */
        void upgraded(TransportName name);

        /** The session stays where it is. */
        void upgradeFailed(String detail);

        /** All that was taken has been written. */
        void drained();

        /** The session is over; the last call of all. */
        void closed(CloseReason reason, String detail);
    }

    private final Output output;
    private final boolean mayUpgrade;
    private final long closeNanos;
    private TransportName transport;

    private State state = State.NEW;
    private Upgrade upgrade = Upgrade.NONE;
    private @Nullable OpenPacket handshake;
    private boolean polling;
    private boolean leaving;

    /** Not yet known to be written; the first {@link #inFlight} of them are being written. */
    private final ArrayDeque<EnginePacket> queue = new ArrayDeque<>();

    private int inFlight;
    private long queuedBytes;

    private long heartbeatDeadline;

    /** Whether somebody was told that the heartbeat is overdue: then it stays so, whatever still comes. */
    private boolean expired;

    private long closeDeadline;

    /**
     * A session that has not begun.
     *
     * @param first the transport to begin with
     * @param mayUpgrade whether to move from polling to WebSocket where the server offers it
     * @param closeTimeout how long {@link #close} waits for what is still to be written
     */
    public ClientSession(Output output, TransportName first, boolean mayUpgrade, Duration closeTimeout) {
        this.output = output;
        this.transport = first;
        this.mayUpgrade = mayUpgrade;
        this.closeNanos = closeTimeout.toNanos();
    }

    /** Where the session stands. */
    public State state() {
        return state;
    }

    /** The transport that carries messages. */
    public TransportName transport() {
        return transport;
    }

    /** Whether a packet sent now would be written at once. */
    public boolean writable() {
        return state == State.OPEN && inFlight == 0 && queue.isEmpty() && upgrade != Upgrade.PAUSING;
    }

    /** The size of what was taken and is not known to be written, in bytes as over WebSocket. */
    public long queuedBytes() {
        return queuedBytes;
    }

    // ---- inputs from the layer above

    /** Begins: once. */
    public void start() {
        if (state != State.NEW) {
            throw new IllegalStateException("a session starts once: " + state);
        }
        state = State.OPENING;
        output.openTransport(transport);
        if (transport == TransportName.POLLING) {
            poll();
        }
    }

    /**
     * Takes packets to be written in order.
     *
     * @return whether they were taken: not before the handshake, not while closing, and not a droppable
     *     group that would have to wait
     */
    public boolean send(PacketGroup group) {
        if (state != State.OPEN || (group.droppable() && !writable())) {
            return false;
        }
        for (EnginePacket packet : group.packets()) {
            enqueue(packet);
        }
        flush();
        return true;
    }

    /**
     * Leaves in good order: what is queued is written first, a move that the server has agreed to is
     * completed, and a server that has not answered the polling handshake yet is told as soon as its
     * answer gives the session a name. Waits for no longer than the close timeout.
     */
    public void close(long now) {
        if (state == State.NEW) {
            state = State.CLOSED;
            output.closed(CloseReason.FORCED_CLOSE, "");
            return;
        }
        if (state != State.OPENING && state != State.OPEN) {
            return;
        }
        state = State.CLOSING;
        closeDeadline = now + closeNanos;
        if (handshake == null && transport == TransportName.WEBSOCKET) {
            finish(CloseReason.FORCED_CLOSE, "");
        } else {
            leaveIfWritten();
        }
    }

    /** Ends the session on the spot. The server is not told by a packet. */
    public void abort(CloseReason reason, String detail) {
        if (state != State.CLOSED) {
            finish(reason, detail);
        }
    }

    // ---- inputs from the transport

    /** A poll was answered with this body. */
    public void onPayload(Bytes body, long now) {
        if (!polling || state == State.CLOSED) {
            return;
        }
        polling = false;
        PollingPayload.Decoded decoded = PollingPayload.decode(body);
        for (EnginePacket packet : decoded.packets()) {
            handle(packet, now);
            if (state == State.CLOSED) {
                return;
            }
        }
        if (decoded.error() != null) {
            onTransportFailed(decoded.error());
        } else if (handshake == null) {
            onTransportFailed("the first answer holds no handshake");
        } else if (upgrade == Upgrade.PAUSING) {
            switchIfPaused();
        } else if (transport == TransportName.POLLING && !leaving) {
            poll();
        }
    }

    /** A frame of the WebSocket that carries the session. */
    public void onPacket(EnginePacket packet, long now) {
        if (state != State.CLOSED) {
            handle(packet, now);
        }
    }

    /** The last {@link Output#write} is done: the POST was answered, or the frames have left. */
    public void onWritten() {
        if (state == State.CLOSED || inFlight == 0) {
            return;
        }
        for (; inFlight > 0; inFlight--) {
            queuedBytes -= queue.remove().wire().length();
        }
        if (leaving) {
            finish(CloseReason.FORCED_CLOSE, "");
            return;
        }
        if (upgrade == Upgrade.PAUSING) {
            switchIfPaused();
        } else {
            flush();
        }
        if (queue.isEmpty()) {
            output.drained();
            leaveIfWritten();
        }
    }

    /** The other side closed the transport. */
    public void onTransportClosed(String detail) {
        onTransportLost(CloseReason.TRANSPORT_CLOSE, detail);
    }

    /** The transport failed. */
    public void onTransportFailed(String detail) {
        onTransportLost(CloseReason.TRANSPORT_ERROR, detail);
    }

    /** The probe's WebSocket is open. */
    public void onProbeOpen() {
        if (upgrade == Upgrade.CONNECTING) {
            upgrade = Upgrade.PROBING;
            output.writeProbe(EnginePacket.PROBE);
        }
    }

    /** A frame of the probe. Only the answer to the question is one that may come. */
    public void onProbePacket(EnginePacket packet) {
        if (upgrade == Upgrade.PROBING && packet.equals(EnginePacket.PROBED)) {
            upgrade = Upgrade.PAUSING;
            switchIfPaused();
        } else {
            onProbeFailed("probe error");
        }
    }

    /** The probe's WebSocket was refused, closed, or failed. */
    public void onProbeFailed(String detail) {
        if (upgrade == Upgrade.NONE) {
            return;
        }
        boolean paused = upgrade == Upgrade.PAUSING;
        upgrade = Upgrade.NONE;
        output.closeProbe();
        output.upgradeFailed(detail);
        if (paused) {
            if (!polling) {
                poll();
            }
            flush();
            leaveIfWritten();
        }
    }

    // ---- time

    /** When {@link #advance} has something to say next, if ever; an instant on the caller's clock. */
    public OptionalLong deadline() {
        if (state == State.CLOSED || (handshake == null && state != State.CLOSING)) {
            return OptionalLong.empty();
        }
        if (state == State.CLOSING && (handshake == null || closeDeadline - heartbeatDeadline < 0)) {
            return OptionalLong.of(closeDeadline);
        }
        return OptionalLong.of(heartbeatDeadline);
    }

    /**
     * Whether the server's heartbeat is overdue. A timer may run late, by hours on a laptop that slept:
     * asked before each emit, this keeps a packet from going to a server that has forgotten the session. Once it has
     * been, the next {@link #advance} ends the session, even if a ping comes in between: what the caller has kept for the
     * next session must not be overtaken in this one.
     */
    public boolean heartbeatExpired(long now) {
        expired |= handshake != null && now - heartbeatDeadline >= 0;
        return expired && state != State.CLOSED;
    }

    /** Ends the session if a deadline has passed. */
    public void advance(long now) {
        if (heartbeatExpired(now)) {
            finish(CloseReason.PING_TIMEOUT, "");
        } else if (state == State.CLOSING && now - closeDeadline >= 0) {
            finish(CloseReason.FORCED_CLOSE, "not everything could be written in time");
        }
    }

    // ---- transitions

    private void handle(EnginePacket packet, long now) {
        switch (packet.type()) {
            case OPEN -> onHandshake(packet, now);
            case PING -> {
                rearmHeartbeat(now);
                if (state == State.OPEN) {
                    enqueue(EnginePacket.PONG);
                    flush();
                    output.ping();
                }
            }
            case MESSAGE -> {
                if (state == State.OPEN) {
                    output.message(packet);
                }
            }
            // Over polling the server says that it leaves; over WebSocket the reference ignores this packet,
            // but whoever sends it there means the same.
            case CLOSE -> onTransportLost(CloseReason.TRANSPORT_CLOSE, "transport closed by the server");
            case PONG, UPGRADE, NOOP -> {}
        }
    }

    private void onHandshake(EnginePacket packet, long now) {
        if (handshake != null) {
            return;
        }
        OpenPacket opened;
        try {
            opened = OpenPacket.decode(packet);
        } catch (RemoteProtocolException malformed) {
            onTransportFailed(String.valueOf(malformed.getMessage()));
            return;
        }
        handshake = opened;
        output.named(opened.sid());
        rearmHeartbeat(now);
        if (state == State.CLOSING) {
            leaveIfWritten();
            return;
        }
        state = State.OPEN;
        output.opened(opened);
        if (mayUpgrade
                && state == State.OPEN
                && transport == TransportName.POLLING
                && opened.upgrades().contains(TransportName.WEBSOCKET)) {
            upgrade = Upgrade.CONNECTING;
            output.openProbe();
        }
    }

    private void rearmHeartbeat(long now) {
        if (handshake != null) {
            heartbeatDeadline = now
                    + handshake.pingInterval().toNanos()
                    + handshake.pingTimeout().toNanos();
        }
    }

    private void poll() {
        polling = true;
        output.poll();
    }

    private void enqueue(EnginePacket packet) {
        queue.add(packet);
        queuedBytes += packet.wire().length();
    }

    private void flush() {
        if (inFlight > 0 || queue.isEmpty() || upgrade == Upgrade.PAUSING || handshake == null) {
            return;
        }
        List<EnginePacket> packets = List.copyOf(queue);
        if (transport == TransportName.POLLING) {
            packets = packets.subList(0, PollingPayload.fitting(packets, handshake.maxPayload()));
        }
        inFlight = packets.size();
        output.write(packets);
    }

    private void switchIfPaused() {
        if (polling || inFlight > 0) {
            return;
        }
        upgrade = Upgrade.NONE;
        transport = TransportName.WEBSOCKET;
        output.switchTransport();
        queue.addFirst(EnginePacket.UPGRADE);
        queuedBytes += EnginePacket.UPGRADE.wire().length();
        flush();
        output.upgraded(transport);
    }

    /** Says goodbye once nothing is left to be written. */
    private void leaveIfWritten() {
        if (state != State.CLOSING
                || leaving
                || inFlight > 0
                || !queue.isEmpty()
                || upgrade == Upgrade.PAUSING
                || handshake == null) {
            return;
        }
        if (transport == TransportName.WEBSOCKET) {
            finish(CloseReason.FORCED_CLOSE, "");
            return;
        }
        if (upgrade != Upgrade.NONE) {
            upgrade = Upgrade.NONE;
            output.closeProbe();
        }
        leaving = true;
        enqueue(EnginePacket.CLOSE);
        flush();
    }

    private void onTransportLost(CloseReason reason, String detail) {
        if (state != State.CLOSED) {
            finish(state == State.CLOSING ? CloseReason.FORCED_CLOSE : reason, detail);
        }
    }

    private void finish(CloseReason reason, String detail) {
        boolean started = state != State.NEW;
        state = State.CLOSED;
        if (upgrade != Upgrade.NONE) {
            upgrade = Upgrade.NONE;
            output.closeProbe();
        }
        polling = false;
        inFlight = 0;
        queue.clear();
        queuedBytes = 0;
        if (started) {
            output.closeTransport();
        }
        output.closed(reason, detail);
    }
}
