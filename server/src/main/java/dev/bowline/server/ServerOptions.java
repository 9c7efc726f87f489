package dev.bowline.server;

import dev.bowline.adapter.AdapterFactory;
import dev.bowline.adapter.InMemoryAdapter;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.OutboundPolicy;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.engine.ProtocolRevision;
import dev.bowline.core.engine.SessionSettings;
import dev.bowline.core.engine.TransportName;
import dev.bowline.core.packet.PacketDecoder;
import dev.bowline.server.transport.AdmissionLimits;
import dev.bowline.server.transport.ClientBundle;
import dev.bowline.server.transport.Cors;
import dev.bowline.server.transport.EngineServer;
import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.HttpRules;
import dev.bowline.server.transport.PerMessageDeflate;
import dev.bowline.server.transport.Refusal;
import dev.bowline.server.transport.ResponseHeaders;
import dev.bowline.server.transport.SessionCookie;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/**
 * How a {@link SocketIoServer} behaves. Immutable; checked as a whole when it is built. Names and defaults
 * are those of the Socket.IO documentation where it has the option. The file is long because each option has its
 * limits and its rule here.
 */
public final class ServerOptions {
    /** No limit, for those options whose names begin with {@code max} and count something; in configuration {@code unlimited}. */
    public static final int UNLIMITED = Integer.MAX_VALUE;

    /** Of RFC 3986, section 3.3. */
    private static final Pattern PATH = Pattern.compile("(?:[A-Za-z0-9/._~!$&'()*+,;=:@-]++|%[0-9A-Fa-f]{2})*+");

    private final Builder values;

    private ServerOptions(Builder values) {
        this.values = values;
    }

    /** The defaults. */
    public static ServerOptions defaults() {
        return builder().build();
    }

    /** A builder that starts with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Options from configuration: durations in milliseconds, lists separated by commas.
     *
     * @throws IllegalArgumentException if a key is unknown (the message names the nearest known one) or can only be set
     *     in code, or a value breaks a rule
     */
    public static ServerOptions of(Map<String, String> configuration) {
        Builder builder = builder();
        configuration.forEach((name, text) -> Configuration.set(builder, name, text));
        return builder.build();
    }

    SessionSettings session() {
        return new SessionSettings(
                values.pingInterval,
                values.pingTimeout,
                values.upgradeTimeout,
                values.maxHttpBufferSize,
                values.maxQueuedBytes,
                values.outboundPolicy,
                values.maxReadPause);
    }

    EngineServer.Settings engine() {
        String path = values.path.endsWith("/") ? values.path.substring(0, values.path.length() - 1) : values.path;
        return new EngineServer.Settings(
                values.addTrailingSlash ? path + "/" : path,
                values.transports,
                values.allowEIO3 ? EnumSet.allOf(ProtocolRevision.class) : EnumSet.of(ProtocolRevision.V4),
                values.allowUpgrades,
                http(),
                session(),
                new AdmissionLimits(
                        cap(Cap.CONNECTIONS),
                        cap(Cap.CONNECTIONS_PER_ADDRESS),
                        cap(Cap.CONNECTIONS_OUTSIDE),
                        cap(Cap.HANDSHAKES),
                        cap(Cap.HANDSHAKES_PER_ADDRESS),
                        values.limitPrivateAddresses),
                values.maxInboundBytes,
                values.initialPacket.map(text -> PacketGroup.of(EnginePacket.message(text))));
    }

    private HttpRules http() {
        return new HttpRules(
                values.cors,
                values.originCheck,
                values.cookie,
                values.httpCompression ? OptionalInt.of(values.httpCompressionThreshold) : OptionalInt.empty(),
                values.perMessageDeflate,
                values.clientBundle,
                values.headers);
    }

    int cap(Cap cap) {
        return values.caps.getOrDefault(cap, UNLIMITED);
    }

    int maxJsonDepth() {
        return values.maxJsonDepth;
    }

    List<ServerListener> listeners() {
        return values.listeners;
    }

    Duration connectTimeout() {
        return values.connectTimeout;
    }

    Duration ackTimeout() {
        return values.ackTimeout;
    }

    int maxAttachments() {
        return values.maxAttachments;
    }

    long maxQueuedBytes() {
        return values.maxQueuedBytes;
    }

    OutboundPolicy outboundPolicy() {
        return values.outboundPolicy;
    }

    int maxQueuedEvents() {
        return values.maxQueuedEvents;
    }

    long maxAnswerBytes() {
        return values.maxAnswerBytes;
    }

    int maxDynamicNamespaces() {
        return values.maxDynamicNamespaces;
    }

    boolean cleanupEmptyChildNamespaces() {
        return values.cleanupEmptyChildNamespaces;
    }

    Optional<Function<HttpRequestHead, String>> generateId() {
        return values.generateId;
    }

    Optional<ResponseHeaders> initialHeaders() {
        return values.initialHeaders;
    }

    Optional<Recovery> recovery() {
        return values.recovery;
    }

    /** Empty where it is a single server's. */
    Optional<AdapterFactory> adapter() {
        return values.adapter;
    }

    Optional<Function<HttpRequestHead, Optional<Refusal>>> allowRequest() {
        return values.allowRequest;
    }

    Dispatch dispatch() {
        return values.dispatch;
    }

    Optional<JsonMapper> jsonMapper() {
        return values.jsonMapper;
    }

    /** Collects options. Not safe for several threads. */
    public static final class Builder implements Cloneable {
        private String path = "/socket.io";
        private boolean addTrailingSlash = true;
        private Duration pingInterval = Duration.ofSeconds(25);
        private Duration pingTimeout = Duration.ofSeconds(20);
        private Duration upgradeTimeout = Duration.ofSeconds(10);
        private Duration connectTimeout = Duration.ofSeconds(45);
        private Duration ackTimeout = Duration.ofSeconds(30);
        private int maxHttpBufferSize = 1_000_000;
        private long maxQueuedBytes = 1 << 20;
        private OutboundPolicy outboundPolicy = OutboundPolicy.CLOSE;
        private int maxQueuedEvents = 1_000;
        private Duration maxReadPause = Duration.ofMinutes(5);
        private int maxAttachments = 10;
        private int maxJsonDepth = PacketDecoder.DEFAULT_MAX_DEPTH;
        Map<Cap, Integer> caps = Cap.defaults();
        private boolean limitPrivateAddresses;
        private List<ServerListener> listeners = List.of();
        private long maxInboundBytes = Runtime.getRuntime().maxMemory() / 4;
        private long maxAnswerBytes = 16 << 20;
        private int maxDynamicNamespaces = 10_000;
        private boolean cleanupEmptyChildNamespaces;
        private Optional<AdapterFactory> adapter = Optional.empty();
        private Optional<Recovery> recovery = Optional.empty();
        private Optional<String> initialPacket = Optional.empty();
        private Optional<ResponseHeaders> initialHeaders = Optional.empty();
        private Optional<ResponseHeaders> headers = Optional.empty();
        private Optional<Function<HttpRequestHead, String>> generateId = Optional.empty();
        private List<TransportName> transports = List.of(TransportName.POLLING, TransportName.WEBSOCKET);
        private boolean allowUpgrades = true;
        private boolean allowEIO3;
        private Optional<Cors> cors = Optional.empty();
        private boolean originCheck = true;
        private Optional<SessionCookie> cookie = Optional.empty();
        private boolean httpCompression = true;
        private int httpCompressionThreshold = 1024;
        private Optional<PerMessageDeflate> perMessageDeflate = Optional.empty();
        private Optional<ClientBundle> clientBundle = Optional.empty();
        private Optional<Function<HttpRequestHead, Optional<Refusal>>> allowRequest = Optional.empty();
        private Dispatch dispatch = Dispatch.onOwnThreads();
        private Optional<JsonMapper> jsonMapper = Optional.empty();

        private Builder() {}

        /**
         * The path under which clients find the server: it begins with a slash, holds no query, and is escaped as in a
         * URL. Default {@code /socket.io}.
         */
        public Builder path(String value) {
            path = notNull("path", value);
            return this;
        }

        /** Whether the path ends with a slash whatever {@link #path} says. Default true. */
        public Builder addTrailingSlash(boolean value) {
            addTrailingSlash = value;
            return this;
        }

        /** The quiet time before the server pings. Default 25 s; whole milliseconds. */
        public Builder pingInterval(Duration value) {
            pingInterval = notNull("pingInterval", value);
            return this;
        }

        /** The time that a client has for its pong. Default 20 s; whole milliseconds. */
        public Builder pingTimeout(Duration value) {
            pingTimeout = notNull("pingTimeout", value);
            return this;
        }

        /** The time that a WebSocket has to take a polling session over. Default 10 s. */
        public Builder upgradeTimeout(Duration value) {
            upgradeTimeout = notNull("upgradeTimeout", value);
            return this;
        }

        /** The time that a connection has to enter its first namespace; then it is closed. Default 45 s. */
        public Builder connectTimeout(Duration value) {
            connectTimeout = notNull("connectTimeout", value);
            return this;
        }

        /** How long an acknowledgement is awaited where the emit does not say. Default 30 s. */
        public Builder ackTimeout(Duration value) {
            ackTimeout = notNull("ackTimeout", value);
            return this;
        }

        /** The largest body and the largest frame that is taken, in bytes. Default 1,000,000. */
        public Builder maxHttpBufferSize(int value) {
            maxHttpBufferSize = value;
            return this;
        }

        /**
         * How many bytes may wait for one client to read them, beyond one message; then {@link #outboundPolicy} says what
         * happens. As many of one socket's events may wait for its handlers; then the server stops
         * reading from that client until half of them are done. Default 1 MiB.
         */
        public Builder maxQueuedBytes(long value) {
            maxQueuedBytes = value;
            return this;
        }

        /** What happens when more than {@link #maxQueuedBytes} wait for a client. Default {@link OutboundPolicy#CLOSE}. */
        public Builder outboundPolicy(OutboundPolicy value) {
            outboundPolicy = notNull("outboundPolicy", value);
            return this;
        }

        /**
         * How many events of one socket may wait for its handlers; then the server stops reading from that client
         * until half of them are done. Default 1,000.
         */
        public Builder maxQueuedEvents(int value) {
            maxQueuedEvents = value;
            return this;
        }

        /**
         * How long the server may read nothing from a client because its handlers are behind; then the connection is closed
         * with {@code ping timeout}, since for all the server knows the client has long gone. Default 5 min.
         */
        public Builder maxReadPause(Duration value) {
            maxReadPause = notNull("maxReadPause", value);
            return this;
        }

        /** How deep arrays and objects may stand in each other in a packet from a client, from 1 to 1,000. Default 128. */
        public Builder maxJsonDepth(int value) {
            maxJsonDepth = value;
            return this;
        }

        /**
         * How many clients may be connected, or {@link #UNLIMITED}; then handshakes are answered with 503 and a
         * {@code Retry-After}. Default 100,000.
         */
        public Builder maxConnections(int value) {
            return cap(Cap.CONNECTIONS, value);
        }

        /**
         * How many clients of one address may be connected, or {@link #UNLIMITED}; an IPv6 address counts as its /64. Then
         * its handshakes are answered with 429. Default 2,000. See {@link #limitPrivateAddresses}.
         */
        public Builder maxConnectionsPerAddress(int value) {
            return cap(Cap.CONNECTIONS_PER_ADDRESS, value);
        }

        /**
         * How many clients may be connected that have never joined a namespace, or {@link #UNLIMITED}; then handshakes are
         * answered with 503. Those about whom the application has not decided yet count even if they have gone. Default
         * 10,000.
         */
        public Builder maxConnectionsOutside(int value) {
            return cap(Cap.CONNECTIONS_OUTSIDE, value);
        }

        /**
         * How many handshakes there may be in a second, or {@link #UNLIMITED}; further ones are answered with 429. Default
         * 5,000.
         */
        public Builder maxHandshakesPerSecond(int value) {
            return cap(Cap.HANDSHAKES, value);
        }

        /** The same for those of one address. Default 500. See {@link #limitPrivateAddresses}. */
        public Builder maxHandshakesPerSecondPerAddress(int value) {
            return cap(Cap.HANDSHAKES_PER_ADDRESS, value);
        }

        /**
         * Whether what is limited by address is so too for loopback, private and link-local addresses. Default false: such
         * a one is mostly that of a proxy, which all clients share unless the proxy has been named as trusted.
         */
        public Builder limitPrivateAddresses(boolean value) {
            limitPrivateAddresses = value;
            return this;
        }

        /**
         * How many namespaces one connection may be in or ask to enter at a time, or {@link #UNLIMITED}; further ones are
         * refused with {@code Too many namespaces}. Default 100.
         */
        public Builder maxNamespacesPerConnection(int value) {
            return cap(Cap.NAMESPACES, value);
        }

        /**
         * How many bytes of JSON the {@code auth} payloads of one connection may have together, in all namespaces that it
         * is in or asks to enter, or {@link #UNLIMITED}; a further one is refused with {@code Too large auth}. A socket
         * keeps its own for as long as it lives. Default 64 KiB.
         */
        public Builder maxAuthBytes(int value) {
            return cap(Cap.AUTH_BYTES, value);
        }

        /**
         * How many rooms a socket may be in besides its own, or {@link #UNLIMITED}; joining another one throws. Default
         * 1,000.
         */
        public Builder maxRoomsPerSocket(int value) {
            return cap(Cap.ROOMS, value);
        }

        /** How many characters the name of a room may have, or {@link #UNLIMITED}; joining a longer one throws. Default 1,024. */
        public Builder maxRoomNameLength(int value) {
            return cap(Cap.ROOM_NAME, value);
        }

        /**
         * How many acknowledgements of one socket may be awaited, or {@link #UNLIMITED}; a further emit that awaits one
         * fails. Default 10,000.
         */
        public Builder maxPendingAcks(int value) {
            return cap(Cap.PENDING_ACKS, value);
        }

        /**
         * How many handlers and middlewares may be at work at a time, or {@link #UNLIMITED}, where each has a thread of
         * the system: on Java before 21, and {@link Dispatch#onOwnThreads}. Further ones wait until one is done, in the
         * order in which they came. As many threads again complete what the application awaits. Default 1,000.
         */
        public Builder maxHandlerThreads(int value) {
            return cap(Cap.HANDLER_THREADS, value);
        }

        private Builder cap(Cap cap, int value) {
            caps.put(cap, cap.check(value));
            return this;
        }

        /** The largest number of binary values in one packet that is taken; JavaScript peers take 10. Default 10. */
        public Builder maxAttachments(int value) {
            maxAttachments = value;
            return this;
        }

        /**
         * How many bytes may be held of what clients sent, all of them together: messages and bodies of which parts are
         * missing, packets that wait for attachments, events and CONNECTs that wait for handlers and middlewares. Beyond,
         * those clients are closed that have held something for the longest time. Default a quarter of the memory that
         * the JVM may use; what Netty may use outside of the heap should not be less than twice this.
         */
        public Builder maxInboundBytes(long value) {
            maxInboundBytes = value;
            return this;
        }

        /**
         * How many bytes the answers to one broadcast may have together. Whoever answers beyond counts as silent.
         * Default 16 MiB.
         */
        public Builder maxAnswerBytes(long value) {
            maxAnswerBytes = value;
            return this;
        }

        /**
         * How many namespaces clients may cause to exist through the server's parent namespaces. Beyond, a client that
         * asks for another one is told {@code Invalid namespace}. Default 10,000.
         */
        public Builder maxDynamicNamespaces(int value) {
            maxDynamicNamespaces = value;
            return this;
        }

        /**
         * Whether a namespace that clients caused to exist is forgotten when its last socket leaves, or when nobody is
         * let in; it is made anew when a client asks for it again. Default false.
         */
        public Builder cleanupEmptyChildNamespaces(boolean value) {
            cleanupEmptyChildNamespaces = value;
            return this;
        }

        /** What makes the adapter of each namespace. Default {@link InMemoryAdapter}, for a single server. */
        public Builder adapter(AdapterFactory value) {
            adapter = Optional.of(notNull("adapter", value));
            return this;
        }

        /**
         * Keeps the sessions of clients that are away, so that they come back with everything they missed. Default: not
         * kept; a client that comes back is new.
         */
        public Builder recovery(Recovery value) {
            recovery = Optional.of(notNull("recovery", value));
            return this;
        }

        /**
         * A text that every connection is sent right behind its handshake, as a message of Engine.IO; what a Socket.IO
         * client makes of it is between you and it. Default none.
         */
        public Builder initialPacket(String value) {
            initialPacket = Optional.of(notNull("initialPacket", value));
            return this;
        }

        /**
         * Headers of the answer to each handshake that is let in, by name. Runs off the event loop; may block. Default
         * none.
         */
        public Builder initialHeaders(Function<HttpRequestHead, Map<String, String>> value) {
            initialHeaders = Optional.of(new ResponseHeaders(notNull("initialHeaders", value)));
            return this;
        }

        /**
         * Headers of the answer to every request, by name. Runs on the event loop when the request comes, so it must
         * not block. Default none.
         */
        public Builder headers(Function<HttpRequestHead, Map<String, String>> value) {
            headers = Optional.of(new ResponseHeaders(notNull("headers", value)));
            return this;
        }

        /**
         * What makes the ids of connections: 20 to 64 characters of {@code A-Za-z0-9_-}, none of a connection that is
         * open, or the client is refused. The id is a secret, which who knows it needs no other to take the connection
         * over: nobody must be able to guess it. Runs off the event loop; may block. Default 120 random bits.
         */
        public Builder generateId(Function<HttpRequestHead, String> value) {
            generateId = Optional.of(notNull("generateId", value));
            return this;
        }

        /** The enabled transports; upgrades are announced in this order. Default polling, websocket. */
        public Builder transports(TransportName... values) {
            for (TransportName value : notNull("transports", values)) {
                notNull("transports", value);
            }
            transports = List.of(values);
            return this;
        }

        /** Whether a polling client is told that it may move to WebSocket. Default true. */
        public Builder allowUpgrades(boolean value) {
            allowUpgrades = value;
            return this;
        }

        /**
         * Whether clients of Socket.IO 2, which speak Engine.IO v3, may come too. Such a client is in the main
         * namespace without asking, as soon as its middlewares accept; elsewhere the query of the namespace is its
         * {@code auth}. Default false.
         */
        public Builder allowEIO3(boolean value) {
            allowEIO3 = value;
            return this;
        }

        /** Which pages of other origins may use the server. Default none. */
        public Builder cors(Cors value) {
            cors = Optional.of(notNull("cors", value));
            return this;
        }

        /**
         * Whether a WebSocket that a browser opens must come from a page of the same host, whatever its scheme and
         * port, or of an origin that {@code cors} allows. Browsers do not apply CORS to WebSockets, and send cookies
         * with them: without the check any page could act for the user who looks at it. Default true.
         */
        public Builder originCheck(boolean value) {
            originCheck = value;
            return this;
        }

        /** The cookie that a polling handshake sets, for load balancers. Default none. */
        public Builder cookie(SessionCookie value) {
            cookie = Optional.of(notNull("cookie", value));
            return this;
        }

        /** Whether answers to polls are compressed with gzip or deflate where the client accepts it. Default true. */
        public Builder httpCompression(boolean value) {
            httpCompression = value;
            return this;
        }

        /** The size from which the answer to a poll is compressed, in bytes. Default 1,024. */
        public Builder httpCompressionThreshold(int value) {
            httpCompressionThreshold = value;
            return this;
        }

        /** How WebSocket messages are compressed where the client offers it. Default: they are not. */
        public Builder perMessageDeflate(PerMessageDeflate value) {
            perMessageDeflate = Optional.of(notNull("perMessageDeflate", value));
            return this;
        }

        /** The scripts of the JavaScript client to serve under the path. Default none. */
        public Builder clientBundle(ClientBundle value) {
            clientBundle = Optional.of(notNull("clientBundle", value));
            return this;
        }

        /**
         * The application's verdict on each handshake, before anything is opened: why it is refused, or empty. Runs
         * off the event loop; may block. Default: all are welcome.
         */
        public Builder allowRequest(Function<HttpRequestHead, Optional<Refusal>> value) {
            allowRequest = Optional.of(notNull("allowRequest", value));
            return this;
        }

        /** Adds one who watches the server; several may. Default none, which costs nothing. */
        public Builder listener(ServerListener value) {
            listeners = new ArrayList<>(listeners);
            listeners.add(notNull("listener", value));
            return this;
        }

        /** Where handlers run. Default {@link Dispatch#onOwnThreads}. */
        public Builder dispatch(Dispatch value) {
            dispatch = notNull("dispatch", value);
            return this;
        }

        /** What reads and writes the arguments of events. Default: as {@code JsonCodec} describes. */
        public Builder jsonMapper(JsonMapper value) {
            jsonMapper = Optional.of(notNull("jsonMapper", value));
            return this;
        }

        /**
         * The options.
         *
         * @throws IllegalArgumentException if one breaks its rule; the message names option, rule and value
         */
        public ServerOptions build() {
            require(path.startsWith("/"), "path must begin with a slash", path);
            require(
                    PATH.matcher(path).matches(),
                    "path must be that of a URL, without a query, and escaped where needed",
                    path);
            millis("pingInterval", pingInterval);
            millis("pingTimeout", pingTimeout);
            millis("upgradeTimeout", upgradeTimeout);
            millis("connectTimeout", connectTimeout);
            millis("ackTimeout", ackTimeout);
            millis("maxReadPause", maxReadPause);
            require(
                    maxJsonDepth >= 1 && maxJsonDepth <= PacketDecoder.MOST_DEPTH,
                    "maxJsonDepth must be from 1 to " + PacketDecoder.MOST_DEPTH,
                    maxJsonDepth);
            require(maxHttpBufferSize > 0, "maxHttpBufferSize must be positive", maxHttpBufferSize);
            require(maxQueuedBytes > 0, "maxQueuedBytes must be positive", maxQueuedBytes);
            require(maxQueuedEvents > 0, "maxQueuedEvents must be positive", maxQueuedEvents);
            require(maxAttachments >= 0, "maxAttachments must not be negative", maxAttachments);
            require(maxInboundBytes > 0, "maxInboundBytes must be positive", maxInboundBytes);
            require(maxAnswerBytes > 0, "maxAnswerBytes must be positive", maxAnswerBytes);
            require(maxDynamicNamespaces >= 0, "maxDynamicNamespaces must not be negative", maxDynamicNamespaces);
            require(
                    httpCompressionThreshold >= 0,
                    "httpCompressionThreshold must not be negative",
                    httpCompressionThreshold);
            require(!transports.isEmpty(), "transports must not be empty", transports);
            require(
                    EnumSet.copyOf(transports).size() == transports.size(),
                    "transports must not name one twice",
                    transports);
            return new ServerOptions(copy());
        }

        private Builder copy() {
            try {
                Builder copy = (Builder) clone();
                copy.listeners = List.copyOf(listeners);
                copy.caps = new EnumMap<>(caps);
                return copy;
            } catch (CloneNotSupportedException impossible) {
                throw new AssertionError(impossible);
            }
        }

        private static <T> T notNull(String option, T value) {
            return Objects.requireNonNull(value, () -> option + " must not be null");
        }

        private static void millis(String option, Duration value) {
            require(
                    value.compareTo(Duration.ofMillis(1)) >= 0
                            && value.compareTo(Duration.ofMillis(Integer.MAX_VALUE)) <= 0,
                    option + " must be between 1 ms and 2^31-1 ms",
                    value);
            require(value.equals(Duration.ofMillis(value.toMillis())), option + " must be whole milliseconds", value);
        }

        private static void require(boolean holds, String rule, Object value) {
            if (!holds) {
                throw new IllegalArgumentException(rule + ": " + value);
            }
        }
    }
}
