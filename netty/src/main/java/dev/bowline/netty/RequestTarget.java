package dev.bowline.netty;

import java.util.Optional;

/**
 * What a request asks for, in whichever form the client wrote it: that of the origin ({@code /path?query}), or the
 * absolute one, which names scheme and host too and is to be served alike (RFC 9112, section 3.2.2).
 *
 * @param host the host and port of the absolute form, which then count instead of the {@code Host} header
 * @param path the path with its query; what is in neither form stays as it is
 */
record RequestTarget(Optional<String> host, String path) {
    private static final String[] SCHEMES = {"http://", "https://"};

    static RequestTarget of(String uri) {
        for (String scheme : SCHEMES) {
            if (uri.regionMatches(true, 0, scheme, 0, scheme.length())) {
                return ofAbsolute(uri, scheme.length());
            }
        }
        return new RequestTarget(Optional.empty(), uri);
    }

    private static RequestTarget ofAbsolute(String uri, int start) {
        int end = start;
        while (end < uri.length() && "/?#".indexOf(uri.charAt(end)) < 0) {
            end++;
        }
        if (end == start) {
            return new RequestTarget(Optional.empty(), uri);
        }
        String rest = uri.substring(end);
        return new RequestTarget(Optional.of(uri.substring(start, end)), rest.startsWith("/") ? rest : "/" + rest);
    }
}
