package dev.bowline.server;

import dev.bowline.server.transport.HttpRequestHead;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a client said when it came: the request that opened the connection, and the {@code auth} payload of
 * the namespace. Immutable.
 */
public final class Handshake {
    private final HttpRequestHead request;
    private final Instant time;
    private final JsonNode auth;
    private final JsonMapper json;

    Handshake(HttpRequestHead request, Instant time, JsonNode auth, JsonMapper json) {
        this.request = request;
        this.time = time;
        this.auth = auth;
        this.json = json;
    }

    /** The first value of a header of the opening request; the name's case does not matter. */
    public Optional<String> header(String name) {
        return request.header(name.toLowerCase(java.util.Locale.ROOT));
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

    /** Where the TCP connection came from. */
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
     * client sent none.
     */
    public JsonNode auth() {
        return auth;
    }

    /**
     * One field of the {@code auth} payload.
     *
     * @return empty if it is missing or null
     * @throws ConnectionRefusedException if it cannot be read as that type, so that a middleware that does
     *     not catch it refuses the client
     */
    public <T> Optional<T> auth(String field, Class<T> type) {
        JsonNode value = auth.path(field);
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
