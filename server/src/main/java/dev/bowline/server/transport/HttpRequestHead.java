package dev.bowline.server.transport;

import dev.bowline.core.engine.EnginePacketCodec;
import dev.bowline.core.engine.ProtocolRevision;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A request as the server judges it: everything but the body.
 *
 * @param method the HTTP method, in capitals
 * @param url the raw path and query of the request target
 * @param query the decoded query; the last of repeated parameters wins
 * @param headers by lower-case name
 * @param remoteAddress where the TCP connection comes from
 * @param secure whether it came over TLS
 * @param upgrade whether it asks for WebSocket
 */
public record HttpRequestHead(
        String method,
        String url,
        Map<String, String> query,
        Map<String, List<String>> headers,
        InetSocketAddress remoteAddress,
        boolean secure,
        boolean upgrade) {
    public HttpRequestHead {
        query = Map.copyOf(query);
        headers = headers.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, header -> List.copyOf(header.getValue())));
    }

    /** The revision of Engine.IO that the client speaks. */
    public ProtocolRevision revision() {
        return ProtocolRevision.of(query.getOrDefault("EIO", ""));
    }

    /** How packets travel over the transport that this request opens. */
    public EnginePacketCodec codec() {
        return EnginePacketCodec.of(revision(), !query.getOrDefault("b64", "").isEmpty());
    }

    /** The first value of a header, its name in lower case. */
    public Optional<String> header(String name) {
        return headers.getOrDefault(name, List.of()).stream().findFirst();
    }
}
