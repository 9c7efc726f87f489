package dev.bowline.client;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.PollingPayload;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * HTTP long-polling: one GET that waits for the server, and beside it one POST at a time
 * (engine.io-protocol, "HTTP long-polling"). Confined to the loop.
 */
final class PollingTransport implements Transport {
    private static final int LONGEST_EXCERPT = 4096;
    private static final int OK = 200;

    private final HttpTransports http;
    private final Executor loop;
    private final Listener listener;

    private String sid = "";
    private boolean closed;
    private @Nullable CompletableFuture<HttpResponse<Bytes>> get;
    private @Nullable CompletableFuture<HttpResponse<Bytes>> post;

    PollingTransport(HttpTransports http, Executor loop, Listener listener) {
        this.http = http;
        this.loop = loop;
        this.listener = listener;
    }

    @Override
    public void named(String newSid) {
        this.sid = newSid;
    }

    @Override
    public void open() {
        // The first poll is the handshake.
    }

    @Override
    public void poll() {
        get = http.send(http.poll(sid));
        await(get, "xhr poll error", response -> listener.payload(response.body()));
    }

    @Override
    public void write(List<EnginePacket> packets) {
        Bytes body = PollingPayload.encode(packets);
        HttpRequest request = http.request(sid)
                .header("Content-Type", "text/plain;charset=UTF-8")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body.array(), body.offset(), body.length()))
                .build();
        post = http.send(request);
        await(post, "xhr post error", response -> listener.written());
    }

    private void await(
            CompletableFuture<HttpResponse<Bytes>> sent, String fault, Consumer<HttpResponse<Bytes>> accepted) {
        var unused = sent.whenComplete((response, failure) -> loop.execute(() -> {
            if (closed) {
                return;
            }
            if (failure != null) {
                listener.failed(new TransportException(fault, HttpTransports.unwrap(failure)));
            } else if (response.statusCode() != OK) {
                listener.failed(new TransportException(fault, response.statusCode(), excerpt(response.body()), null));
            } else {
                accepted.accept(response);
            }
        }));
    }

    private static String excerpt(Bytes body) {
        return body.slice(0, Math.min(body.length(), LONGEST_EXCERPT)).utf8();
    }

    @Override
    public void demand() {
        // Each poll asks for one answer.
    }

    @Override
    public CompletableFuture<Void> close() {
        closed = true;
        cancel(get);
        cancel(post);
        return CompletableFuture.completedFuture(null);
    }

    private static void cancel(@Nullable CompletableFuture<?> request) {
        if (request != null) {
            request.cancel(true);
        }
    }
}
