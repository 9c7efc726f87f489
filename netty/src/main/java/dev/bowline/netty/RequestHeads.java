package dev.bowline.netty;

import dev.bowline.server.transport.HttpRequestHead;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads requests of Netty's into what the server judges. */
final class RequestHeads {
    private static final int MAX_PARAMETERS = 1024;

    private RequestHeads() {}

    static HttpRequestHead of(Channel channel, HttpRequest request) {
        Map<String, List<String>> headers = new HashMap<>();
        for (Map.Entry<String, String> header : request.headers()) {
            headers.computeIfAbsent(header.getKey().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                    .add(header.getValue());
        }
        return new HttpRequestHead(
                request.method().name(),
                request.uri(),
                query(request.uri()),
                headers,
                channel.remoteAddress() instanceof InetSocketAddress address ? address : new InetSocketAddress(0),
                channel.pipeline().get(SslHandler.class) != null,
                isUpgrade(request));
    }

    /** The last value of each parameter. */
    private static Map<String, String> query(String uri) {
        Map<String, String> query = new HashMap<>();
        try {
            new QueryStringDecoder(uri, StandardCharsets.UTF_8, true, MAX_PARAMETERS, true)
                    .parameters()
                    .forEach((name, values) -> query.put(name, values.get(values.size() - 1)));
        } catch (IllegalArgumentException badEscape) {
            return Map.of();
        }
        return query;
    }

    private static boolean isUpgrade(HttpRequest request) {
        return request.headers().containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
                && request.headers().contains(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true);
    }
}
