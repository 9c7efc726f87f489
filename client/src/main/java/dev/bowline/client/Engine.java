package dev.bowline.client;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.ClientSession;
import dev.bowline.core.engine.CloseReason;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.OpenPacket;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.engine.TransportName;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to connect and, if it succeeds, the connection: a {@link ClientSession} with its transports
 * and its timer. Not used again once it is closed. Confined to the loop.
 *
 * <p>The file is long because what the machine commands and what the transports report meet here.
 */
final class Engine {
    private static final System.Logger LOG = System.getLogger(Engine.class.getName());

    private final Loop loop;
    private final Transport.Factory transports;
    private final Listener listener;
    private final boolean upgrade;
    private final boolean tryAll;
    private final Duration closeTimeout;
    private final Deque<TransportName> candidates;
    private final CompletableFuture<Void> released = new CompletableFuture<>();
    private final List<CompletableFuture<Void>> closing = new ArrayList<>();

    private ClientSession session;
    private String sid = "";
    private boolean closeRequested;
    private @Nullable Wire main;
    private @Nullable Wire probe;
    private @Nullable TransportException failure;

    private Loop.@Nullable Timer timer;
    private long armedFor;

    private boolean held;
    private int owed;

    /** Read by any thread: what was taken and is not written yet. */
    private volatile long queuedBytes;

    /** What an engine tells its Manager, on the loop. */
    interface Listener {
        void opened(Engine engine, OpenPacket handshake);

        void message(Engine engine, EnginePacket packet);

        void ping(Engine engine);

        void upgraded(Engine engine, TransportName transport);

        /** The end, once; an engine that never opened ends here too. */
        void closed(Engine engine, CloseReason reason, TransportException failure);
    }

    Engine(
            ManagerOptions options,
            List<TransportName> candidates,
            Loop loop,
            Transport.Factory transports,
            Listener listener) {
        this.loop = loop;
        this.transports = transports;
        this.listener = listener;
        this.candidates = new ArrayDeque<>(candidates);
        this.upgrade = options.upgrade();
        this.tryAll = options.tryAllTransports();
        this.closeTimeout = options.closeTimeout();
        this.session = nextSession();
    }

    /** On the next transport. What has failed is not upgraded to either. */
    private ClientSession nextSession() {
        TransportName first = candidates.remove();
        boolean mayUpgrade = upgrade && candidates.contains(TransportName.WEBSOCKET);
        return new ClientSession(new Shell(), first, mayUpgrade, closeTimeout);
    }

    void start() {
        session.start();
        touch();
    }

    /** Whether the packets were taken. */
    boolean send(PacketGroup group) {
        boolean taken = session.send(group);
        touch();
        return taken;
    }

    void close() {
        closeRequested = true;
        session.close(loop.now());
        touch();
    }

    /** Ends at once what leads nowhere. The server is not told. */
    void abort() {
        closeRequested = true;
        session.abort(CloseReason.FORCED_CLOSE, "");
        touch();
    }

    /** Whether the server has answered. */
    boolean named() {
        return !sid.isEmpty();
    }

    /** Completes when the connection and all that belongs to it is gone. */
    CompletableFuture<Void> released() {
        return released;
    }

    /** Whether the heartbeat is overdue; then the engine closes as soon as the caller has returned. */
    boolean heartbeatExpired() {
        boolean expired = session.heartbeatExpired(loop.now());
        if (expired) {
            loop.execute(this::advance);
        }
        return expired;
    }

    TransportName transport() {
        return session.transport();
    }

    long queuedBytes() {
        return queuedBytes;
    }

    /** Stops reading, heartbeats included: what was read already is more than the handlers can follow. */
    void hold() {
        held = true;
    }

    /** Goes on reading. */
    void resume() {
        if (!held) {
            return;
        }
        held = false;
        for (; owed > 0 && main != null; owed--) {
            main.proceed();
        }
        owed = 0;
    }

    private void onTimer() {
        timer = null;
        advance();
    }

    private void advance() {
        session.advance(loop.now());
        touch();
    }

    /** After each input: the deadline may have moved. A timer that is early looks again when it fires. */
    private void touch() {
        queuedBytes = session.queuedBytes();
        OptionalLong deadline = session.deadline();
        if (timer != null && (deadline.isEmpty() || deadline.getAsLong() - armedFor < 0)) {
            timer.cancel();
            timer = null;
        }
        if (timer == null && deadline.isPresent()) {
            armedFor = deadline.getAsLong();
            timer = loop.schedule(Duration.ofNanos(armedFor - loop.now()), this::onTimer);
        }
    }

    private Wire wire(TransportName name) {
        Wire wire = new Wire(name);
        wire.transport = name == TransportName.POLLING ? transports.polling(wire) : transports.webSocket(sid, wire);
        return wire;
    }

    /** One transport and its events, which go to the session as long as it is the main one or the probe. */
    private final class Wire implements Transport.Listener {
        private final TransportName name;
        private @Nullable Transport transport;

        Wire(TransportName name) {
            this.name = name;
        }

        Transport transport() {
            if (transport == null) {
                throw new IllegalStateException("a wire without a transport");
            }
            return transport;
        }

        /** Lets the next answer or message come. */
        void proceed() {
            if (name == TransportName.POLLING) {
                transport().poll();
            } else {
                transport().demand();
            }
        }

        @Override
        public void opened() {
            if (this == probe) {
                session.onProbeOpen();
                touch();
            }
        }

        @Override
        public void payload(Bytes body) {
            if (this == main) {
                session.onPayload(body, loop.now());
                touch();
            }
        }

        @Override
        public void packet(EnginePacket packet) {
            if (this == main) {
                session.onPacket(packet, loop.now());
            } else if (this == probe) {
                session.onProbePacket(packet);
            }
            touch();
            if (this == main && held) {
                owed++;
            } else if (this == main || this == probe) {
                transport().demand();
            }
        }

        @Override
        public void written() {
            if (this == main) {
                session.onWritten();
                touch();
            }
        }

        @Override
        public void closed(String detail) {
            if (this == main) {
                session.onTransportClosed(detail);
            } else if (this == probe) {
                session.onProbeFailed(detail);
            }
            touch();
        }

        @Override
        public void failed(TransportException cause) {
            if (this == main) {
                failure = cause;
                session.onTransportFailed(String.valueOf(cause.getMessage()));
            } else if (this == probe) {
                session.onProbeFailed(cause.summary());
            }
            touch();
        }
    }

    private void end(@Nullable Wire wire) {
        if (wire != null) {
            closing.add(wire.transport().close());
        }
    }

    private static Wire present(@Nullable Wire wire) {
        if (wire == null) {
            throw new IllegalStateException("no transport");
        }
        return wire;
    }

    /** Carries the session's commands out and passes its happenings on. */
    private final class Shell implements ClientSession.Output {
        @Override
        public void openTransport(TransportName name) {
            main = wire(name);
            main.transport().open();
        }

        @Override
        public void poll() {
            if (held) {
                owed = 1;
            } else {
                present(main).transport().poll();
            }
        }

        @Override
        public void write(List<EnginePacket> packets) {
            present(main).transport().write(packets);
        }

        @Override
        public void openProbe() {
            probe = wire(TransportName.WEBSOCKET);
            probe.transport().open();
        }

        @Override
        public void writeProbe(EnginePacket packet) {
            present(probe).transport().write(List.of(packet));
        }

        @Override
        public void closeProbe() {
            end(probe);
            probe = null;
        }

        @Override
        public void switchTransport() {
            end(main);
            main = probe;
            probe = null;
            owed = 0;
        }

        @Override
        public void closeTransport() {
            end(main);
            main = null;
        }

        @Override
        public void named(String name) {
            sid = name;
            present(main).transport().named(name);
        }

        @Override
        public void opened(OpenPacket handshake) {
            listener.opened(Engine.this, handshake);
        }

        @Override
        public void message(EnginePacket packet) {
            listener.message(Engine.this, packet);
        }

        @Override
        public void ping() {
            listener.ping(Engine.this);
        }

        @Override
        public void upgraded(TransportName name) {
            listener.upgraded(Engine.this, name);
        }

        @Override
        public void upgradeFailed(String detail) {
            LOG.log(System.Logger.Level.DEBUG, () -> "stays on polling: " + detail);
        }

        @Override
        public void drained() {
            // Nobody waits for it.
        }

        @Override
        public void closed(CloseReason reason, String detail) {
            if (sid.isEmpty() && tryAll && !closeRequested && !candidates.isEmpty()) {
                LOG.log(System.Logger.Level.DEBUG, () -> "tries " + candidates.peek() + ": " + detail);
                failure = null;
                session = nextSession();
                session.start();
                return;
            }
            var unused = CompletableFuture.allOf(closing.toArray(CompletableFuture<?>[]::new))
                    .whenComplete((nothing, ignored) -> released.complete(null));
            TransportException cause = failure != null ? failure : new TransportException(detail, null);
            listener.closed(Engine.this, reason, cause);
        }
    }
}
