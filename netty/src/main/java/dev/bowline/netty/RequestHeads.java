package dev.bowline.netty;

import dev.bowline.server.transport.HttpRequestHead;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.ssl.SslHandler;
import java.io.ByteArrayOutputStream;
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
                query(request.uri()),
                headers,
                client.address(),
                client.secure(),
                isUpgrade(request));
    }

    static boolean isUpgrade(HttpRequest request) {
        return request.headers().containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
                && request.headers().contains(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true);
    }

    // ---- The query (URL standard, "application/x-www-form-urlencoded parsing") ------------------

    /** The last value of each parameter, of the first {@value #MAX_PARAMETERS}. */
    static Map<String, String> query(String uri) {
        Map<String, String> query = new HashMap<>();
        int start = uri.indexOf('?') + 1;
        int end = uri.indexOf('#') < 0 ? uri.length() : uri.indexOf('#');
        for (int count = 0; start > 0 && start <= end && count < MAX_PARAMETERS; count++) {
            int ampersand = uri.indexOf('&', start);
            int stop = ampersand < 0 || ampersand > end ? end : ampersand;
            String pair = uri.substring(start, stop);
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                query.put(
                        decode(equals < 0 ? pair : pair.substring(0, equals)),
                        equals < 0 ? "" : decode(pair.substring(equals + 1)));
            }
            start = stop + 1;
        }
        return query;
    }

    /** What is no escape stays as it is, and bytes that are not UTF-8 become U+FFFD, as in a browser. */
    private static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text.replace('+', ' ');
        }
        byte[] in = text.replace('+', ' ').getBytes(StandardCharsets.UTF_8);
        var out = new ByteArrayOutputStream(in.length);
        for (int i = 0; i < in.length; i++) {
            int high = in[i] == '%' && i + 2 < in.length ? Character.digit(in[i + 1], 16) : -1;
            int low = high < 0 ? -1 : Character.digit(in[i + 2], 16);
            if (low < 0) {
                out.write(in[i]);
            } else {
                out.write(high * 16 + low);
                i += 2;
            }
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
