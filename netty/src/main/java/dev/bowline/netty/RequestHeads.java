package dev.bowline.netty;

import dev.bowline.netty.proxy.ForwardedClient;
import dev.bowline.netty.proxy.TrustedProxies;
import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.QueryString;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AsciiString;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads requests of Netty's into what the server judges. */
final class RequestHeads {
    /** A session keeps the head of its handshake, and a short field takes far more memory than it is long. */
    private static final int MAX_FIELDS = 100;

    /** Names that nearly every client sends, of which each connection need not keep a copy. */
    private static final Map<String, String> COMMON_NAMES = Stream.of(
                    HttpHeaderNames.ACCEPT,
                    HttpHeaderNames.ACCEPT_ENCODING,
                    HttpHeaderNames.ACCEPT_LANGUAGE,
                    HttpHeaderNames.AUTHORIZATION,
                    HttpHeaderNames.CACHE_CONTROL,
                    HttpHeaderNames.CONNECTION,
                    HttpHeaderNames.CONTENT_LENGTH,
                    HttpHeaderNames.CONTENT_TYPE,
                    HttpHeaderNames.COOKIE,
                    HttpHeaderNames.HOST,
                    HttpHeaderNames.ORIGIN,
                    HttpHeaderNames.PRAGMA,
                    HttpHeaderNames.REFERER,
                    HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS,
                    HttpHeaderNames.SEC_WEBSOCKET_KEY,
                    HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL,
                    HttpHeaderNames.SEC_WEBSOCKET_VERSION,
                    HttpHeaderNames.UPGRADE,
                    HttpHeaderNames.USER_AGENT,
                    HttpHeaderNames.VIA)
            .map(AsciiString::toString)
            .collect(Collectors.toUnmodifiableMap(name -> name, name -> name));

    private RequestHeads() {}

    static HttpRequestHead of(Channel channel, HttpRequest request, TrustedProxies trusted) {
        Map<String, List<String>> headers = new HashMap<>();
        for (Map.Entry<String, String> header : request.headers()) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            headers.computeIfAbsent(COMMON_NAMES.getOrDefault(name, name), same -> new ArrayList<>())
                    .add(header.getValue());
        }
        RequestTarget target = RequestTarget.of(request.uri());
        target.host().ifPresent(host -> headers.put("host", List.of(host)));
        InetSocketAddress peer =
                channel.remoteAddress() instanceof InetSocketAddress address ? address : new InetSocketAddress(0);
        var client = ForwardedClient.of(peer, channel.pipeline().get(SslHandler.class) != null, headers, trusted);
        return new HttpRequestHead(
                request.method().name(),
                target.path(),
                QueryString.parametersOf(target.path()),
                headers,
                client.address(),
                client.secure(),
                isUpgrade(request));
    }

    /** What to answer to a request that was decoded, but must not be served (RFC 9112, sections 3.2 and 6.1). */
    static Optional<HttpResponseStatus> faultOf(HttpRequest request) {
        HttpHeaders headers = request.headers();
        if (headers.size() > MAX_FIELDS) {
            return Optional.of(HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE);
        }
        int hosts = headers.getAll(HttpHeaderNames.HOST).size();
        boolean needsHost = request.protocolVersion().compareTo(HttpVersion.HTTP_1_1) >= 0;
        List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        boolean isCoded = codings.size() > 1
                || codings.stream().anyMatch(coding -> !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding));
        if (hosts > 1 || (needsHost && hosts == 0) || isCoded) {
            return Optional.of(HttpResponseStatus.BAD_REQUEST);
        }
        return Optional.empty();
    }

    static boolean isUpgrade(HttpRequest request) {
        return request.headers().containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
                && request.headers().contains(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true);
    }
}
