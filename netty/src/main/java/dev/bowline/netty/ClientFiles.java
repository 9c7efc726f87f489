package dev.bowline.netty;

import dev.bowline.core.engine.Bytes;
import dev.bowline.server.transport.ClientBundle;
import dev.bowline.server.transport.HttpRequestHead;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Answers requests for the scripts of the JavaScript client (RFC 9110, section 13.1.2, and RFC 9111). */
final class ClientFiles {
    private ClientFiles() {}

    /** The file that a request is for: a name directly under the path. */
    static Optional<ClientBundle.File> find(Optional<ClientBundle> bundle, HttpRequestHead head, String path) {
        if (bundle.isEmpty() || !(head.method().equals("GET") || head.method().equals("HEAD"))) {
            return Optional.empty();
        }
        int query = head.url().indexOf('?');
        String directory = path.endsWith("/") ? path : path + "/";
        String target = query < 0 ? head.url() : head.url().substring(0, query);
        return target.startsWith(directory)
                ? bundle.get().file(target.substring(directory.length()))
                : Optional.empty();
    }

    static void answer(ClientBundle.File file, HttpExchange exchange) {
        boolean gzip = ContentCoding.acceptedBy(exchange.head())
                .filter(coding -> coding == ContentCoding.GZIP)
                .isPresent();
        // Each form has its own tag, because a tag stands for bytes.
        String etag = "\"" + file.etag() + (gzip ? "-gzip" : "") + "\"";
        var headers = exchange.headers();
        headers.add(Map.entry(HttpHeaderNames.CACHE_CONTROL.toString(), "public, max-age=0"));
        headers.add(Map.entry(HttpHeaderNames.ETAG.toString(), etag));
        headers.add(Map.entry(HttpHeaderNames.VARY.toString(), "Accept-Encoding"));
        if (isKnown(etag, exchange.head())) {
            exchange.answer(HttpResponseStatus.NOT_MODIFIED, "", Bytes.EMPTY);
            return;
        }
        if (gzip) {
            headers.add(Map.entry(HttpHeaderNames.CONTENT_ENCODING.toString(), ContentCoding.GZIP.token()));
        }
        exchange.answer(HttpResponseStatus.OK, file.contentType(), gzip ? file.gzipped() : file.plain());
    }

    private static boolean isKnown(String etag, HttpRequestHead head) {
        return head.headers().getOrDefault("if-none-match", List.of()).stream()
                .flatMap(line -> Arrays.stream(line.split(",", -1)))
                .map(String::trim)
                .anyMatch(tag -> tag.equals("*") || tag.equals(etag) || tag.equals("W/" + etag));
    }
}
