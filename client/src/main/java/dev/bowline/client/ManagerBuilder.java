package dev.bowline.client;

import dev.bowline.core.engine.TransportName;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.PacketDecoder;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The options of a {@link Manager}. Each may be set any number of times, the last one counts; a value that
 * makes no sense is an {@link IllegalArgumentException} at once. Not safe for several threads. The file is long
 * because each option has its limits and its rule here.
 */
public final class ManagerBuilder {
    private final boolean secure;
    private final String authority;
    private final StringBuilder query;
    private String path = "/socket.io";
    private boolean addTrailingSlash = true;
    private List<TransportName> transports = List.of(TransportName.POLLING, TransportName.WEBSOCKET);
    private boolean upgrade = true;
    private boolean rememberUpgrade;
    private boolean tryAllTransports;
    private Reconnection reconnection = Reconnection.defaults();
    private Optional<Duration> connectTimeout = Optional.of(Duration.ofSeconds(20));
    private Duration closeTimeout = Duration.ofSeconds(5);
    private Optional<Duration> ackTimeout = Optional.empty();
    private OptionalInt retries = OptionalInt.empty();
    private @Nullable Supplier<? extends Map<String, ?>> auth;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private boolean cookies;
    private Optional<Duration> requestTimeout = Optional.empty();
    private ManagerOptions.Timestamps timestamps = ManagerOptions.Timestamps.DEFAULT;
    private boolean forceBase64;
    private List<String> subprotocols = List.of();
    private @Nullable Consumer<HttpClient.Builder> customizer;
    private @Nullable HttpClient httpClient;
    private @Nullable ScheduledExecutorService scheduler;
    private @Nullable Executor handlers;
    private JsonCodec codec = new JsonCodec();
    private int maxAttachments = PacketDecoder.DEFAULT_MAX_ATTACHMENTS;
    private int maxMessageBytes = 64 << 20;
    private int maxBufferedPackets = 10_000;
    private long maxBufferedBytes = 16 << 20;
    private RandomGenerator random = new ThreadRandom();

    /** The thread's own generator at each call, so that Managers share neither one nor its lock. */
    private static final class ThreadRandom implements RandomGenerator {
        @Override
        public long nextLong() {
            return ThreadLocalRandom.current().nextLong();
        }
    }

    ManagerBuilder(URI uri) {
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        switch (scheme) {
            case "http", "ws" -> secure = false;
            case "https", "wss" -> secure = true;
            default -> throw new IllegalArgumentException("uri must begin with http, https, ws or wss: " + uri);
        }
        if (uri.getHost() == null) {
            throw new IllegalArgumentException("uri must name a host: " + uri);
        }
        String uriPath = uri.getRawPath() == null ? "" : uri.getRawPath();
        if (!uriPath.isEmpty() && !"/".equals(uriPath)) {
            throw new IllegalArgumentException("uri must not have a path; path(String) sets that of the requests, "
                    + "manager.socket(String) names a namespace: " + uri);
        }
        int standardPort = secure ? 443 : 80;
        this.authority =
                uri.getHost() + (uri.getPort() < 0 || uri.getPort() == standardPort ? "" : ":" + uri.getPort());
        this.query = new StringBuilder(uri.getRawQuery() == null ? "" : uri.getRawQuery());
    }

    /** Adds a parameter to every request's query, after those of the URI. The server's handshake shows it. */
    public ManagerBuilder query(String name, String value) {
        if (query.length() > 0) {
            query.append('&');
        }
        query.append(URLEncoder.encode(name, StandardCharsets.UTF_8))
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8));
        return this;
    }

    /** The path of the requests, by default {@code /socket.io/}; a slash is added to its end, see {@link #addTrailingSlash}. */
    public ManagerBuilder path(String newPath) {
        if (!newPath.startsWith("/") || newPath.indexOf('?') >= 0 || newPath.indexOf('#') >= 0) {
            throw new IllegalArgumentException("path must begin with a slash and hold neither ? nor #: " + newPath);
        }
        URI.create("http://localhost" + newPath);
        this.path = newPath.endsWith("/") ? newPath.substring(0, newPath.length() - 1) : newPath;
        return this;
    }

    /** Whether the path ends with a slash, which servers usually want; by default yes. */
    public ManagerBuilder addTrailingSlash(boolean newAddTrailingSlash) {
        this.addTrailingSlash = newAddTrailingSlash;
        return this;
    }

    /** The transports that may be used, the one to begin with first; by default polling, then WebSocket. */
    public ManagerBuilder transports(TransportName... newTransports) {
        List<TransportName> list = List.of(newTransports);
        if (list.isEmpty() || list.stream().distinct().count() != list.size()) {
            throw new IllegalArgumentException("transports must be one or more, each once: " + list);
        }
        this.transports = list;
        return this;
    }

    /** Whether to move from polling to WebSocket where both sides can; by default yes. */
    public ManagerBuilder upgrade(boolean newUpgrade) {
        this.upgrade = newUpgrade;
        return this;
    }

    /** Whether a Manager that has once reached WebSocket begins with it from then on; by default no. */
    public ManagerBuilder rememberUpgrade(boolean newRememberUpgrade) {
        this.rememberUpgrade = newRememberUpgrade;
        return this;
    }

    /** Whether an attempt that fails goes on with the next transport before it counts as failed; by default no. */
    public ManagerBuilder tryAllTransports(boolean newTryAllTransports) {
        this.tryAllTransports = newTryAllTransports;
        return this;
    }

    /** Whether and when a lost connection is tried again. */
    public ManagerBuilder reconnection(Reconnection newReconnection) {
        this.reconnection = Objects.requireNonNull(newReconnection, "reconnection");
        return this;
    }

    /** How long an attempt to connect may take, up to the handshake; by default 20 s. */
    public ManagerBuilder connectTimeout(Duration newTimeout) {
        this.connectTimeout = Optional.of(positive("connectTimeout", newTimeout));
        return this;
    }

    /** Lets an attempt to connect take as long as the network lets it. */
    public ManagerBuilder noConnectTimeout() {
        this.connectTimeout = Optional.empty();
        return this;
    }

    /** How long a connection that is given up may take to write what was emitted before; by default 5 s. */
    public ManagerBuilder closeTimeout(Duration newTimeout) {
        this.closeTimeout = positive("closeTimeout", newTimeout);
        return this;
    }

    /** How long to wait for an acknowledgement where {@link Socket#timeout} does not say; by default for ever. */
    public ManagerBuilder ackTimeout(Duration newTimeout) {
        this.ackTimeout = Optional.of(positive("ackTimeout", newTimeout));
        return this;
    }

    /**
     * How often an event that is not acknowledged is sent again, by default not at all; {@link #ackTimeout}, which it
     * needs, is then the time of each try. With it every event that is not {@linkplain Socket#droppable droppable}
     * asks for an acknowledgement, which the server has to give; the next one is sent when it has come, or when all
     * tries are used up. So events arrive in order, and at least once unless they are given up, which {@link
     * Socket#onDeliveryFailed} tells.
     */
    public ManagerBuilder retries(int newRetries) {
        this.retries = OptionalInt.of(atLeastOne("retries", newRetries));
        return this;
    }

    /** What each Socket shows the server when it connects: an object in JSON. */
    public ManagerBuilder auth(Map<String, ?> newAuth) {
        Map<String, Object> copy = new LinkedHashMap<>(newAuth);
        return auth(() -> copy);
    }

    /**
     * The same, asked for anew at each attempt, on the handlers' executor: it may block, and a failure ends
     * the attempt of that Socket.
     */
    public ManagerBuilder auth(Supplier<? extends Map<String, ?>> newAuth) {
        this.auth = Objects.requireNonNull(newAuth, "auth");
        return this;
    }

    /** Adds a header to every request, the one of the WebSocket included. */
    public ManagerBuilder header(String name, String value) {
        HttpTransports.check(Map.of(name, value));
        headers.put(name, value);
        return this;
    }

    /** Whether cookies that the server sets are kept and sent back, as sticky sessions need it; by default no. */
    public ManagerBuilder cookies(boolean newCookies) {
        this.cookies = newCookies;
        return this;
    }

    /**
     * How long a request of long-polling may take, up to the head of its answer; by default as long as the heartbeat
     * lets it. It must be longer than {@code pingInterval}, for which a server lets a poll wait.
     */
    public ManagerBuilder requestTimeout(Duration newTimeout) {
        this.requestTimeout = Optional.of(positive("requestTimeout", newTimeout));
        return this;
    }

    /**
     * Whether each request carries a parameter that none before had, so that no cache answers it. By default those of
     * long-polling do and that of the WebSocket does not.
     */
    public ManagerBuilder timestampRequests(boolean newTimestampRequests) {
        this.timestamps = new ManagerOptions.Timestamps(timestamps.param(), newTimestampRequests, newTimestampRequests);
        return this;
    }

    /** The name of that parameter, by default {@code t}: letters, digits, {@code _} and {@code -}. */
    public ManagerBuilder timestampParam(String newName) {
        if (!newName.matches("[\\w-]+")) {
            throw new IllegalArgumentException("timestampParam must be letters, digits, _ and -: " + newName);
        }
        this.timestamps = new ManagerOptions.Timestamps(newName, timestamps.inPolling(), timestamps.inWebSocket());
        return this;
    }

    /** Whether binary values travel as base64 over WebSocket too, for what lets only text through; by default no. */
    public ManagerBuilder forceBase64(boolean newForceBase64) {
        this.forceBase64 = newForceBase64;
        return this;
    }

    /** The subprotocols that the WebSocket asks for, the one that is liked best first; by default none. */
    public ManagerBuilder subprotocols(String... newSubprotocols) {
        List<String> list = List.of(newSubprotocols);
        if (list.stream().anyMatch(name -> !name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+"))
                || list.stream().distinct().count() != list.size()) {
            throw new IllegalArgumentException("subprotocols must be tokens, each once: " + list);
        }
        this.subprotocols = list;
        return this;
    }

    /** Has the last word on the HttpClient: TLS, proxy, authenticator. Called whenever one is made. */
    public ManagerBuilder customizeHttpClient(Consumer<HttpClient.Builder> newCustomizer) {
        this.customizer = Objects.requireNonNull(newCustomizer, "customizer");
        return this;
    }

    /**
     * An HttpClient of the application's own, which it may share and which it closes. Otherwise the Manager makes one,
     * and after a loss a new one if it has sent anything but WebSockets, since links that are kept may be dead without a
     * word. On Java 17 a replaced one keeps its one thread until the garbage collector finds it; from 21 on it is ended.
     *
     * <p>The JDK's WebSocket may lose the end of a connection that comes right behind a message. The Manager's own
     * client is set up so that it hardly can; with one of yours, the Manager sends a WebSocket ping in the first
     * quiet second after messages, and so finds out.
     */
    public ManagerBuilder httpClient(HttpClient newClient) {
        this.httpClient = Objects.requireNonNull(newClient, "httpClient");
        return this;
    }

    /** A scheduler of the application's own, which it may share and which it shuts down. */
    public ManagerBuilder scheduler(ScheduledExecutorService newScheduler) {
        this.scheduler = Objects.requireNonNull(newScheduler, "scheduler");
        return this;
    }

    /**
     * Where handlers run, in order; by default on virtual threads where the JDK has them, otherwise on
     * daemon threads. It must not reject, and it needs more threads than handlers that wait for each other.
     */
    public ManagerBuilder handlerExecutor(Executor newHandlers) {
        this.handlers = Objects.requireNonNull(newHandlers, "handlerExecutor");
        return this;
    }

    /** The mapper between arguments and JSON; by default one that writes as JavaScript does. */
    public ManagerBuilder jsonMapper(JsonMapper mapper) {
        this.codec = new JsonCodec(mapper);
        return this;
    }

    /** The most binary values that one packet of the server may hold; by default 10, as in the reference. */
    public ManagerBuilder maxAttachments(int newMax) {
        this.maxAttachments = atLeastOne("maxAttachments", newMax);
        return this;
    }

    /** The largest message, or answer to a poll, that is taken, in bytes; by default 64 MiB. Beyond it the connection is closed. */
    public ManagerBuilder maxMessageBytes(int newMax) {
        this.maxMessageBytes = atLeastOne("maxMessageBytes", newMax);
        return this;
    }

    /**
     * How many packets may wait for each Socket to be connected or, with {@link #retries}, to be acknowledged; by
     * default 10,000. Beyond it {@code emit} throws.
     */
    public ManagerBuilder maxBufferedPackets(int newMax) {
        this.maxBufferedPackets = atLeastOne("maxBufferedPackets", newMax);
        return this;
    }

    /**
     * How many bytes of packets may wait to be written or, with {@link #retries}, to be acknowledged, for all
     * Sockets together; by default 16 MiB. Beyond it {@code emit} throws. As many may wait for handlers before no
     * more is read.
     */
    public ManagerBuilder maxBufferedBytes(long newMax) {
        if (newMax < 1) {
            throw new IllegalArgumentException("maxBufferedBytes must be at least 1: " + newMax);
        }
        this.maxBufferedBytes = newMax;
        return this;
    }

    /** Where the jitter comes from. */
    ManagerBuilder random(RandomGenerator newRandom) {
        this.random = newRandom;
        return this;
    }

    /** The Manager. It connects when a Socket does, or on {@link Manager#connect}. */
    public Manager build() {
        return new Manager(options());
    }

    ManagerOptions options() {
        if (httpClient != null && (cookies || customizer != null)) {
            throw new IllegalArgumentException(
                    "httpClient must come alone: " + (cookies ? "cookies" : "customizeHttpClient") + " is set too");
        }
        if (transports.size() == 1 && tryAllTransports) {
            throw new IllegalArgumentException("tryAllTransports needs more than one transport: " + transports);
        }
        if (retries.isPresent() && ackTimeout.isEmpty()) {
            throw new IllegalArgumentException("retries needs an ackTimeout: " + retries.getAsInt());
        }
        return new ManagerOptions(
                secure,
                authority,
                addTrailingSlash ? path + "/" : path,
                query.toString(),
                transports,
                upgrade,
                rememberUpgrade,
                tryAllTransports,
                reconnection,
                connectTimeout,
                closeTimeout,
                ackTimeout,
                retries,
                auth,
                Map.copyOf(headers),
                cookies,
                requestTimeout,
                timestamps,
                forceBase64,
                subprotocols,
                customizer == null ? builder -> {} : customizer,
                httpClient,
                scheduler,
                handlers,
                codec,
                maxAttachments,
                maxMessageBytes,
                maxBufferedPackets,
                maxBufferedBytes,
                random);
    }

    private static Duration positive(String option, Duration value) {
        if (value.isZero() || value.isNegative() || value.compareTo(Duration.ofDays(365)) > 0) {
            throw new IllegalArgumentException(option + " must be more than zero and at most 365 days: " + value);
        }
        return value;
    }

    private static int atLeastOne(String option, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(option + " must be at least 1: " + value);
        }
        return value;
    }
}
