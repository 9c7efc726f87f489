package dev.bowline.server;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Payload;
import dev.bowline.server.transport.HttpRequestHead;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a client said when it came: the request that opened the connection, and the {@code auth} payload of
 * the namespace. Immutable.
 */
public final class Handshake {
    private static final DateTimeFormatter JAVASCRIPT_TIME = DateTimeFormatter.ofPattern(
                    "EEE MMM dd yyyy HH:mm:ss 'GMT+0000 (Coordinated Universal Time)'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private static final byte[] NOTHING = {'{', '}'};

    private final HttpRequestHead request;
    private final Instant time;
    private final byte[] auth; // as JSON: a tree of it takes up to thirty times as much
    private final int authBytes;
    private final JsonMapper json;

    private Handshake(HttpRequestHead request, Instant time, byte[] auth, int authBytes, JsonMapper json) {
        this.request = request;
        this.time = time;
        this.auth = auth;
        this.authBytes = authBytes;
        this.json = json;
    }

    /** The handshake of a client that asks for a namespace. */
    Handshake(HttpRequestHead request, Instant time, JsonCodec codec, Payload auth) {
        this(request, time, auth.isAbsent() ? NOTHING : copy(auth.json()), auth.byteLength(), codec.mapper());
    }

    private static byte[] copy(Bytes bytes) {
        return Arrays.copyOfRange(bytes.array(), bytes.offset(), bytes.offset() + bytes.length());
    }

    /** The same without some fields of {@code auth}, which are not the application's. */
    Handshake without(String... fields) {
        ObjectNode rest = json.createObjectNode();
        auth().forEachEntry(rest::set);
        rest.remove(List.of(fields));
        return new Handshake(request, time, json.writeValueAsBytes(rest), authBytes, json);
    }

    /** A handshake that another server wrote; what it left out is empty. */
    static Handshake ofJson(JsonNode node, JsonMapper json) {
        Map<String, String> query = new LinkedHashMap<>();
        node.path("query").forEachEntry((name, value) -> query.put(name, text(value)));
        Map<String, List<String>> headers = new LinkedHashMap<>();
        node.path("headers")
                .forEachEntry((name, value) -> headers.put(
                        name,
                        value.isArray()
                                ? value.valueStream().map(Handshake::text).toList()
                                : List.of(text(value))));
        var request = new HttpRequestHead(
                "GET",
                text(node.path("url")),
                query,
                headers,
                InetSocketAddress.createUnresolved(text(node.path("address")), 0),
                node.path("secure").booleanValue(false),
                "websocket".equals(query.get("transport")));
        JsonNode auth = node.path("auth");
        return new Handshake(
                request,
                Instant.ofEpochMilli(node.path("issued").longValue(0)),
                auth.isObject() ? json.writeValueAsBytes(auth) : NOTHING,
                0,
                json);
    }

    private static String text(JsonNode value) {
        return value.isString() ? value.stringValue() : value.isMissingNode() || value.isNull() ? "" : value.toString();
    }

    /** As Node writes it: what other servers of a cluster, and their tools, read. */
    ObjectNode toJson() {
        ObjectNode node = json.createObjectNode();
        ObjectNode headers = node.putObject("headers");
        request.headers().forEach((name, values) -> headers.put(name, String.join(", ", values)));
        node.put("time", JAVASCRIPT_TIME.format(time));
        node.put("address", addressText());
        node.put("xdomain", crossDomain());
        node.put("secure", secure());
        node.put("issued", time.toEpochMilli());
        node.put("url", url());
        ObjectNode query = node.putObject("query");
        request.query().forEach(query::put);
        node.set("auth", auth());
        return node;
    }

    private String addressText() {
        InetSocketAddress from = address();
        return from.isUnresolved() ? from.getHostString() : from.getAddress().getHostAddress();
    }

    /** The first value of a header of the opening request; the name's case does not matter. */
    public Optional<String> header(String name) {
        return request.header(name.toLowerCase(Locale.ROOT));
    }

    /** The headers of the opening request, by lower-case name. */
    public Map<String, List<String>> headers() {
        return request.headers();
    }

    /** The query of the opening request, {@code EIO}, {@code transport} and {@code t} included. */
    public Map<String, String> query() {
        return request.query();
    }

    /** The raw target of the opening request. */
    public String url() {
        return request.url();
    }

    /** Where the opening request came from; of a socket on another server, its address without a port. */
    public InetSocketAddress address() {
        return request.remoteAddress();
    }

    /** Whether the connection came over TLS. */
    public boolean secure() {
        return request.secure();
    }

    /** Whether a page of some origin made the request. */
    public boolean crossDomain() {
        return request.headers().containsKey("origin");
    }

    /** When the socket came. */
    public Instant time() {
        return time;
    }

    /**
     * The payload of CONNECT, or the query of the namespace from a client of Socket.IO 2: an object, empty if the
     * client sent none. Read anew at each call.
     */
    public JsonNode auth() {
        return json.readTree(auth);
    }

    /** What that payload costs, as its client sent it. */
    int authBytes() {
        return authBytes;
    }

    /**
     * One field of the {@code auth} payload.
     *
     * @return empty if it is missing or null
     * @throws ConnectionRefusedException if it cannot be read as that type, so that a middleware that does
     *     not catch it refuses the client
     */
    public <T> Optional<T> auth(String field, Class<T> type) {
        JsonNode value = auth().path(field);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        try {
            return Optional.of(json.treeToValue(value, type));
        } catch (tools.jackson.core.JacksonException mismatch) {
            throw new ConnectionRefusedException("auth." + field + " is not what is expected");
        }
    }
}
