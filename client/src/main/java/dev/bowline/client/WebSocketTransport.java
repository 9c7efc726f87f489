package dev.bowline.client;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.EnginePacketCodec;
import dev.bowline.core.engine.RemoteProtocolException;
import java.io.ByteArrayOutputStream;
import java.net.ProtocolException;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket: one packet in each message (engine.io-protocol, "WebSocket").
 *
 * <p>Confined to the loop, but for three things: the {@link Receiver}, which the JDK calls one message at a
 * time, the {@link ReadWindow} between it and the loop, and the chain of sends, of which the JDK allows one at a time.
 */
final class WebSocketTransport implements Transport {
    /** What a message costs besides its bytes. */
    private static final int MESSAGE_COST = 64;

    /** How long a peer has to answer our close frame, or to explain why our writes fail. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    private final HttpTransports http;
    private final Loop loop;
    private final String sid;
    private final Listener listener;

    private final ReadWindow window = new ReadWindow();
    private final UnseenEnd unseenEnd;
    private final Deque<Integer> undemanded = new ArrayDeque<>();

    private boolean closed;

    /** From a write that failed to the end of the time in which the peer may say why. */
    private Loop.@Nullable Timer silence;

    private @Nullable CompletableFuture<WebSocket> connecting;
    private @Nullable WebSocket socket;
    private final CompletableFuture<Void> released = new CompletableFuture<>();

    WebSocketTransport(HttpTransports http, Loop loop, String sid, Listener listener) {
        this.http = http;
        this.loop = loop;
        this.sid = sid;
        this.listener = listener;
        this.unseenEnd = new UnseenEnd(loop, this::onSendFailed);
    }

    @Override
    public void open() {
        connecting = http.connect(sid, new Receiver());
        var unused = connecting.whenComplete((connected, failure) -> {
            if (failure != null) {
                loop.execute(() -> onRefused(HttpTransports.unwrap(failure)));
            }
        });
    }

    private void onConnected(WebSocket connected) {
        if (closed) {
            connected.abort();
            return;
        }
        socket = connected;
        unseenEnd.suspect(connected);
        listener.opened();
    }

    private void onRefused(Throwable failure) {
        if (closed) {
            return;
        }
        http.refused();
        int status = failure instanceof WebSocketHandshakeException refused
                ? refused.getResponse().statusCode()
                : 0;
        listener.failed(new TransportException("websocket error", status, "", failure));
    }

    @Override
    public void named(String name) {
        // The connection is the session's.
    }

    @Override
    public void poll() {
        throw new IllegalStateException("a WebSocket is not polled");
    }

    @Override
    public void write(List<EnginePacket> packets) {
        if (socket != null) {
            sendFrom(socket, packets, 0);
        }
    }

    /** Sends one after the other, in a loop as long as the sends complete at once, so that no stack grows. */
    private void sendFrom(WebSocket to, List<EnginePacket> packets, int first) {
        for (int i = first; i < packets.size(); i++) {
            CompletableFuture<WebSocket> sent = send(to, packets.get(i));
            if (!sent.isDone() || sent.isCompletedExceptionally()) {
                int next = i + 1;
                var unused = sent.whenComplete((same, failure) -> {
                    if (failure == null) {
                        sendFrom(to, packets, next);
                    } else {
                        loop.execute(() -> onSendFailed(failure));
                    }
                });
                return;
            }
        }
        loop.execute(() -> {
            if (!closed) {
                listener.written();
            }
        });
    }

    private CompletableFuture<WebSocket> send(WebSocket to, EnginePacket packet) {
        if (packet.isBinary() && http.forceBase64()) {
            return to.sendText(EnginePacketCodec.V4.encodeAsText(packet).utf8(), true);
        }
        Bytes wire = packet.wire();
        return packet.isBinary() ? to.sendBinary(wire.asByteBuffer(), true) : to.sendText(wire.utf8(), true);
    }

    /**
     * A peer that closes may have said why, and that is still to be read: a DISCONNECT before the close
     * frame changes everything. So the reading side has the word, and this is only for when it is silent.
     */
    private void onSendFailed(Throwable failure) {
        String detail =
                "websocket connection closed: " + HttpTransports.unwrap(failure).getMessage();
        if (!closed && silence == null) {
            silence = loop.schedule(GRACE, () -> listener.closed(detail));
        }
    }

    private void onArrival(WebSocket from) {
        unseenEnd.onArrival();
        if (http.mayMissEnd()) {
            unseenEnd.suspect(from);
        }
    }

    @Override
    public void demand() {
        Integer cost = undemanded.poll();
        if (socket != null && cost != null && window.processed(socket, cost)) {
            unseenEnd.suspect(socket);
        }
    }

    @Override
    public CompletableFuture<Void> close() {
        if (closed) {
            return released;
        }
        closed = true;
        unseenEnd.stop();
        if (silence != null) {
            silence.cancel();
        }
        if (socket == null) {
            if (connecting != null) {
                // What still connects is aborted by onConnected; the JDK's own time limit bounds it.
                connecting.cancel(true);
            }
            released.complete(null);
            return released;
        }
        WebSocket open = socket;
        if (open.isOutputClosed() || open.isInputClosed()) {
            release(open);
            return released;
        }
        open.request(Long.MAX_VALUE);
        Loop.Timer patience = loop.schedule(GRACE, () -> release(open));
        var unused = open.sendClose(WebSocket.NORMAL_CLOSURE, "").whenComplete((same, failure) -> {
            if (failure != null) {
                loop.execute(() -> release(open));
            }
        });
        var unusedToo = released.whenComplete((nothing, failure) -> patience.cancel());
        return released;
    }

    private void release(WebSocket open) {
        open.abort();
        released.complete(null);
    }

    private void onEnd(WebSocket ended, Runnable report) {
        loop.execute(() -> {
            if (closed) {
                release(ended);
            } else {
                report.run();
            }
        });
    }

    /** What the JDK calls, on its threads, one call at a time. Puts messages together from their parts. */
    private final class Receiver implements WebSocket.Listener {
        private @Nullable StringBuilder text;
        private @Nullable ByteArrayOutputStream binary;

        @Override
        public void onOpen(WebSocket webSocket) {
            loop.execute(() -> onConnected(webSocket));
            webSocket.request(1);
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            StringBuilder message = text;
            if (message == null) {
                message = new StringBuilder(data.length());
                text = message;
            }
            if (message.length() + data.length() > http.maxMessage()) {
                onTooLarge(webSocket);
                return null;
            }
            message.append(data);
            if (!last) {
                webSocket.request(1);
                return null;
            }
            text = null;
            Bytes wire = Bytes.utf8(message.toString());
            try {
                deliver(webSocket, EnginePacketCodec.V4.decodeText(wire), wire.length());
            } catch (RemoteProtocolException malformed) {
                onEnd(webSocket, () -> listener.failed(new TransportException("server error", malformed)));
            }
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onBinary(WebSocket webSocket, ByteBuffer data, boolean last) {
            ByteArrayOutputStream message = binary;
            if (message == null) {
                message = new ByteArrayOutputStream(data.remaining());
                binary = message;
            }
            if (message.size() + data.remaining() > http.maxMessage()) {
                onTooLarge(webSocket);
                return null;
            }
            byte[] part = new byte[data.remaining()];
            data.get(part);
            message.writeBytes(part);
            if (!last) {
                webSocket.request(1);
                return null;
            }
            binary = null;
            deliver(webSocket, EnginePacket.binary(Bytes.wrap(message.toByteArray())), message.size());
            return null;
        }

        private void deliver(WebSocket from, EnginePacket packet, int length) {
            int cost = length + MESSAGE_COST;
            loop.execute(() -> {
                if (!closed) {
                    onArrival(from);
                    undemanded.add(cost);
                    listener.packet(packet);
                }
            });
            window.delivered(from, cost);
        }

        private void onTooLarge(WebSocket webSocket) {
            text = null;
            binary = null;
            onEnd(
                    webSocket,
                    () -> listener.failed(new TransportException(
                            "websocket error", new ProtocolException("message larger than " + http.maxMessage()))));
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket webSocket, int statusCode, String reason) {
            onEnd(webSocket, () -> listener.closed("websocket connection closed: " + statusCode));
            return null;
        }

        /** A connection that was cut is closed, as with the reference; only a broken rule is an error. */
        @Override
        public void onError(WebSocket webSocket, Throwable error) {
            onEnd(webSocket, () -> {
                if (error instanceof ProtocolException) {
                    listener.failed(new TransportException("websocket error", error));
                } else {
                    listener.closed("websocket connection closed: " + error.getMessage());
                }
            });
        }
    }
}
