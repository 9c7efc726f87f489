package dev.bowline.client;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.EnginePacketCodec;
import dev.bowline.core.engine.RemoteProtocolException;
import dev.bowline.core.engine.TransportName;
import dev.bowline.testkit.ManualScheduler;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/**
 * The other end of a Manager in virtual time: keeps what the client wrote, and says what the test wants
 * it to. Handlers run inline, so that the log is in the order of the protocol.
 */
final class FakeServer implements Transport.Factory {
    final ManualScheduler time = new ManualScheduler();
    final Loop loop = new Loop(time, time.ticker());
    final List<Link> links = new ArrayList<>();
    final List<String> log = new ArrayList<>();
    boolean writesComplete = true;
    int renewed;

    static ManagerBuilder builder() {
        return Manager.builder(URI.create("http://localhost:3000"))
                .transports(TransportName.WEBSOCKET)
                .random(new Middle());
    }

    /** No jitter worth speaking of: the first decimal is even, the deviation 0. */
    private static final class Middle implements RandomGenerator {
        @Override
        public long nextLong() {
            return 0;
        }
    }

    Manager manager(ManagerBuilder builder) {
        Manager manager = new Manager(builder.options(), loop, Runnable::run, this);
        manager.onOpen(() -> log.add("M.open"));
        manager.onClose(reason -> log.add("M.close " + reason));
        manager.onError(failure -> log.add("M.error " + failure.getMessage()));
        manager.onPing(() -> log.add("M.ping"));
        manager.onReconnectAttempt(number -> log.add("M.reconnect_attempt " + number));
        manager.onReconnect(number -> log.add("M.reconnect " + number));
        manager.onReconnectError(failure -> log.add("M.reconnect_error " + failure.getMessage()));
        manager.onReconnectFailed(() -> log.add("M.reconnect_failed"));
        return manager;
    }

    Socket watched(Socket socket) {
        String name = socket.namespace().equals("/") ? "S" : "S" + socket.namespace();
        socket.onConnect(() -> log.add(name + ".connect"));
        socket.onConnectError(error -> log.add(name + ".connect_error " + error.message()));
        socket.onDisconnect(reason -> log.add(name + ".disconnect " + reason));
        return socket;
    }

    /** One WebSocket that the client opened, or the polling of a session. */
    final class Link implements Transport {
        final TransportName name;
        final Listener listener;
        final List<EnginePacket> packets = new ArrayList<>();
        final List<String> received = new ArrayList<>();
        final CompletableFuture<Void> closed = new CompletableFuture<>();
        int demanded;

        Link(TransportName name, Listener listener) {
            this.name = name;
            this.listener = listener;
        }

        @Override
        public void open() {}

        @Override
        public void named(String sid) {}

        @Override
        public void poll() {
            received.add("poll");
        }

        @Override
        public void write(List<EnginePacket> written) {
            packets.addAll(written);
            written.forEach(packet ->
                    received.add(EnginePacketCodec.V4.encodeAsText(packet).utf8()));
            if (writesComplete) {
                loop.execute(listener::written);
            }
        }

        @Override
        public void demand() {
            demanded++;
        }

        @Override
        public CompletableFuture<Void> close() {
            closed.complete(null);
            return closed;
        }

        void says(String... frames) {
            for (String frame : frames) {
                loop.execute(() -> listener.packet(decode(frame)));
            }
            time.runDue();
        }

        /** Answers a poll. */
        void answers(String body) {
            loop.execute(() -> listener.payload(Bytes.utf8(body)));
            time.runDue();
        }

        /** The WebSocket of a session that began with polling is there. */
        void isOpen() {
            loop.execute(listener::opened);
            time.runDue();
        }

        void opens() {
            says(
                    "0{\"sid\":\"engine\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}");
        }

        void closes() {
            loop.execute(() -> listener.closed("websocket connection closed: 1006"));
            time.runDue();
        }

        void fails() {
            loop.execute(() -> listener.failed(new TransportException("websocket error", null)));
            time.runDue();
        }

        /** What came since the last call. */
        List<String> taken() {
            List<String> all = List.copyOf(received);
            received.clear();
            return all;
        }
    }

    private static EnginePacket decode(String frame) {
        try {
            return EnginePacketCodec.V4.decodeText(Bytes.utf8(frame));
        } catch (RemoteProtocolException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Override
    public Transport polling(Transport.Listener listener) {
        return add(TransportName.POLLING, listener);
    }

    @Override
    public Transport webSocket(String sid, Transport.Listener listener) {
        return add(TransportName.WEBSOCKET, listener);
    }

    private Link add(TransportName name, Transport.Listener listener) {
        Link link = new Link(name, listener);
        links.add(link);
        return link;
    }

    @Override
    public void renew() {
        renewed++;
    }

    @Override
    public void close() {
        renewed++;
    }

    @Override
    public void awaitEnd() {
        // Nothing is waited for.
    }

    Link link() {
        return links.get(links.size() - 1);
    }

    /** The next link, as soon as the client opens one. */
    Link awaitLink(Duration within) {
        int before = links.size();
        time.advance(within);
        if (links.size() != before + 1) {
            throw new AssertionError("links opened: " + (links.size() - before));
        }
        return link();
    }

    void run() {
        time.runDue();
    }

    void pass(Duration duration) {
        time.advance(duration);
    }

    /** The log since the last call. */
    List<String> logged() {
        List<String> all = List.copyOf(log);
        log.clear();
        return all;
    }
}
