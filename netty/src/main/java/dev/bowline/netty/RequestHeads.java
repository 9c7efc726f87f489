package dev.bowline.netty;

import dev.bowline.netty.proxy.ForwardedClient;
import dev.bowline.netty.proxy.TrustedProxies;
import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.QueryString;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads requests of Netty's into what the server judges. */
final class RequestHeads {
    private RequestHeads() {}

    static HttpRequestHead of(Channel channel, HttpRequest request, TrustedProxies trusted) {
        Map<String, List<String>> headers = new HashMap<>();
        for (Map.Entry<String, String> header : request.headers()) {
            headers.computeIfAbsent(header.getKey().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                    .add(header.getValue());
        }
        InetSocketAddress peer =
                channel.remoteAddress() instanceof InetSocketAddress address ? address : new InetSocketAddress(0);
        var client = ForwardedClient.of(peer, channel.pipeline().get(SslHandler.class) != null, headers, trusted);
        return new HttpRequestHead(
                request.method().name(),
                request.uri(),
                QueryString.parametersOf(request.uri()),
                headers,
                client.address(),
                client.secure(),
                isUpgrade(request));
    }

    static boolean isUpgrade(HttpRequest request) {
        return request.headers().containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
                && request.headers().contains(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true);
    }
}
