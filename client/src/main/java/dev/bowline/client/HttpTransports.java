package dev.bowline.client;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.TransportName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The transports of one Manager, on the JDK's HttpClient: its addresses, headers and cookies, and the
 * client itself, which is made on first use.
 *
 * <p>A client of the application's own is used and never closed. Ours is replaced when its pooled
 * connections may be dead: they would cost every later attempt a time-out of its own. Confined to the
 * loop.
 */
final class HttpTransports implements Transport.Factory {
    private static final System.Logger LOG = System.getLogger(HttpTransports.class.getName());
    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
    private static final int STAMP_LENGTH = 8;
    private static final long MOST_MILLIS_TO_END = 1000;

    /**
     * From 21 on a client can be told to end. On 17 it ends, with its one thread and its idle connections,
     * once the garbage collector finds it unreachable.
     */
    private static final boolean CAN_END = Runtime.version().feature() >= 21;

    private final ManagerOptions options;
    private final Loop loop;
    private final Executor threads;
    private final RandomGenerator random;
    private final @Nullable CookieManager cookies;
    private @Nullable HttpClient client;

    /** Whether the client may have idle connections: those of WebSockets are not kept. */
    private boolean pooling;

    /** Clients that were told to end and may still have something in flight; from Java 21 on, which says when it has. */
    private final List<HttpClient> ending = new ArrayList<>();

    private final CompletableFuture<List<HttpClient>> ended = new CompletableFuture<>();

    HttpTransports(ManagerOptions options, Loop loop, Executor threads) {
        this.options = options;
        this.loop = loop;
        this.threads = threads;
        this.random = options.random();
        this.cookies = options.cookies() ? new CookieManager() : null;
    }

    @Override
    public Transport polling(Transport.Listener listener) {
        return new PollingTransport(this, loop, listener);
    }

    @Override
    public Transport webSocket(String sid, Transport.Listener listener) {
        return new WebSocketTransport(this, loop, sid, listener);
    }

    /** The largest message or answer that is taken, in bytes. */
    int maxMessage() {
        return options.maxMessageBytes();
    }

    /** Whether a WebSocket may end without a word at any time, and not only at its beginning. */
    boolean mayMissEnd() {
        return options.httpClient() != null;
    }

    /** A request of the polling transport. */
    HttpRequest.Builder request(String sid) {
        String query = query(TransportName.POLLING)
                + (options.forceBase64() && sid.isEmpty() ? "&b64=1" : "")
                + (options.timestamps().inPolling() ? timestamp() : "")
                + (sid.isEmpty() ? "" : "&sid=" + sid);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(options.secure() ? "https" : "http", query))
                .version(HttpClient.Version.HTTP_1_1)
                .header("Accept", "*/*")
                .header("Accept-Encoding", BoundedBody.ENCODINGS);
        options.requestTimeout().ifPresent(request::timeout);
        options.headers().forEach(request::setHeader);
        return request;
    }

    /**
     * A poll of a session, which is not sent again by itself: what a first one was answered with may have been lost with
     * its link, and nobody would be told. An HttpClient of the application's that follows redirects, or authenticates, has
     * to send some twice, and is let do so.
     */
    HttpRequest poll(String sid) {
        HttpRequest.Builder request = request(sid);
        boolean once = !sid.isEmpty()
                && client().followRedirects() == HttpClient.Redirect.NEVER
                && client().authenticator().isEmpty();
        return once
                ? request.method("GET", new OneTry()).build()
                : request.GET().build();
    }

    CompletableFuture<HttpResponse<Bytes>> send(HttpRequest request) {
        pooling = true;
        return client().sendAsync(request, response -> new BoundedBody(maxMessage(), response.headers()));
    }

    CompletableFuture<WebSocket> connect(String sid, WebSocket.Listener receiver) {
        WebSocket.Builder builder = client().newWebSocketBuilder();
        options.connectTimeout().ifPresent(builder::connectTimeout);
        options.headers().forEach(builder::header);
        List<String> subprotocols = options.subprotocols();
        if (!subprotocols.isEmpty()) {
            builder.subprotocols(
                    subprotocols.get(0),
                    subprotocols.subList(1, subprotocols.size()).toArray(String[]::new));
        }
        String query = query(TransportName.WEBSOCKET)
                + (sid.isEmpty() ? "" : "&sid=" + sid)
                + (options.timestamps().inWebSocket() ? timestamp() : "")
                + (options.forceBase64() ? "&b64=1" : "");
        return builder.buildAsync(uri(options.secure() ? "wss" : "ws", query), receiver);
    }

    /** A WebSocket was refused: the answer was one of HTTP, whose connection may be kept. */
    void refused() {
        pooling = true;
    }

    /** Whether binary messages travel as text. */
    boolean forceBase64() {
        return options.forceBase64();
    }

    private String query(TransportName transport) {
        String own = options.query();
        return (own.isEmpty() ? "" : own + "&") + "EIO=4&transport=" + transport.text();
    }

    private URI uri(String scheme, String query) {
        return URI.create(scheme + "://" + options.authority() + options.path() + "?" + query);
    }

    /** Keeps caches between client and server from answering. */
    private String timestamp() {
        StringBuilder stamp =
                new StringBuilder("&").append(options.timestamps().param()).append('=');
        for (int i = 0; i < STAMP_LENGTH; i++) {
            stamp.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return stamp.toString();
    }

    private HttpClient client() {
        if (options.httpClient() != null) {
            return options.httpClient();
        }
        if (client == null) {
            // Without the version it would ask for an upgrade to HTTP/2 in clear, which some servers take
            // for a WebSocket.
            HttpClient.Builder builder =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(this::execute);
            options.connectTimeout().ifPresent(builder::connectTimeout);
            if (cookies != null) {
                builder.cookieHandler(cookies);
            }
            options.customizer().accept(builder);
            client = builder.build();
        }
        return client;
    }

    /**
     * What the HttpClient has to do elsewhere than on the loop, where looking up a name would block, but otherwise
     * where it is.
     *
     * <p>Its WebSocket loses the end of a connection that its selector finds while another thread hands the message
     * before over: nobody is told of it (JDK 17 to 25). Where the selector hands over itself, which it does not before
     * the WebSocket has found its feet, it looks for the end afterwards.
     */
    private void execute(Runnable task) {
        if (loop.isHere()) {
            threads.execute(task);
        } else {
            task.run();
        }
    }

    /** Replaces the client, if it may have idle connections. What is in flight may still end. */
    @Override
    public void renew() {
        HttpClient replaced = client;
        if (replaced != null && pooling) {
            client = null;
            pooling = false;
            ending.removeIf(HttpTransports::hasEnded);
            if (CAN_END) {
                ending.add(replaced);
                tell(replaced, "shutdown");
            }
        }
    }

    @Override
    public void close() {
        if (client != null && CAN_END) {
            ending.add(client);
        }
        client = null;
        ending.forEach(each -> tell(each, "shutdownNow"));
        ended.complete(List.copyOf(ending));
    }

    @Override
    public void awaitEnd() {
        try {
            for (HttpClient each : ended.get(MOST_MILLIS_TO_END, TimeUnit.MILLISECONDS)) {
                HttpClient.class.getMethod("awaitTermination", Duration.class).invoke(each, Duration.ofSeconds(1));
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | ReflectiveOperationException e) {
            LOG.log(System.Logger.Level.DEBUG, "an HttpClient does not end", e);
        }
    }

    private static boolean hasEnded(HttpClient told) {
        return Boolean.TRUE.equals(tell(told, "isTerminated"));
    }

    private static @Nullable Object tell(HttpClient told, String method) {
        try {
            return HttpClient.class.getMethod(method).invoke(told);
        } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
            LOG.log(System.Logger.Level.DEBUG, "the HttpClient could not be told to " + method, e);
            return null;
        }
    }

    static Throwable unwrap(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /**
     * No body, of which the JDK's HttpClient asks anew whenever it sends a request: it does so by itself when a link ends
     * before a GET is answered, and has no other way to say that it must not.
     */
    private static final class OneTry implements HttpRequest.BodyPublisher {
        private final AtomicBoolean tried = new AtomicBoolean();

        @Override
        public long contentLength() {
            if (tried.getAndSet(true)) {
                throw new UncheckedIOException(new IOException("the link ended before the answer"));
            }
            return 0;
        }

        @Override
        public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
            HttpRequest.BodyPublishers.noBody().subscribe(subscriber);
        }
    }

    /** The headers as the JDK takes them, tried once so that a forbidden one is found when options are set. */
    static void check(Map<String, String> headers) {
        HttpRequest.Builder probe = HttpRequest.newBuilder(URI.create("http://localhost/"));
        headers.forEach((name, value) -> {
            probe.header(name, value);
            if (name.regionMatches(true, 0, "Sec-WebSocket-", 0, "Sec-WebSocket-".length())) {
                throw new IllegalArgumentException("restricted header name: \"" + name + "\"");
            }
        });
    }
}
