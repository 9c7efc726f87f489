package dev.bowline.server.transport;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the engine wants of whoever speaks HTTP for it. Immutable.
 *
 * @param cors which other origins may use it, if any
 * @param originCheck whether a browser's WebSocket must come from the same host or an origin that {@code cors} allows
 * @param cookie what a polling handshake sets, if anything
 * @param compressionThreshold the size from which the answer to a poll is compressed, in bytes; empty for never
 * @param perMessageDeflate how WebSocket messages are compressed, if they are
 * @param clientBundle the client's scripts that are served, if any
 * @param ownHeaders what the application adds to every answer
 */
public record HttpRules(
        Optional<Cors> cors,
        boolean originCheck,
        Optional<SessionCookie> cookie,
        OptionalInt compressionThreshold,
        Optional<PerMessageDeflate> perMessageDeflate,
        Optional<ClientBundle> clientBundle,
        Optional<ResponseHeaders> ownHeaders) {
    /** The headers that every answer to the request carries, in pairs of name and value. */
    public List<Map.Entry<String, String>> headers(HttpRequestHead request) {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        cors.ifPresent(rules -> headers.addAll(rules.headers(request)));
        ownHeaders.ifPresent(own -> headers.addAll(own.of(request)));
        return headers;
    }

    /**
     * Whether a request to upgrade may be served: pages of other origins may not open a WebSocket, which would carry
     * the user's cookies, unless they are allowed to. Who is no browser says no origin.
     */
    boolean allowsUpgrade(HttpRequestHead request) {
        Optional<String> origin = request.header("origin");
        return !originCheck
                || origin.isEmpty()
                || Cors.isSameHost(origin.get(), request)
                || cors.map(rules -> rules.allows(origin.get())).orElse(false);
    }
}
