package dev.bowline.server.transport;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Which pages of other origins may use the server from a browser (Fetch standard, "CORS protocol").
 *
 * @param allowed says of an {@code Origin} header whether it is welcome
 * @param credentials whether such pages may send cookies
 */
public record Cors(Predicate<String> allowed, boolean credentials) {
    private static final String METHODS = "GET,HEAD,PUT,PATCH,POST,DELETE";

    /** Pages of these origins, each as a browser writes it: {@code https://app.example.com}. */
    public static Cors of(String... origins) {
        List<String> list = List.of(origins);
        for (String origin : list) {
            if (!origin.matches("[a-z][a-z0-9+.-]*://[^/*]+")) {
                throw new IllegalArgumentException(
                        "cors origin must be scheme://host[:port], without path or wildcard: " + origin);
            }
        }
        return new Cors(list::contains, false);
    }

    /** Pages of any origin, without cookies. */
    public static Cors any() {
        return new Cors(origin -> true, false);
    }

    /** The same, with cookies. */
    public Cors withCredentials() {
        return new Cors(allowed, true);
    }

    /** The headers that every answer to this request carries, in pairs of name and value. */
    public List<Map.Entry<String, String>> headers(HttpRequestHead request) {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        headers.add(Map.entry("Vary", "Origin"));
        request.header("origin").filter(allowed).ifPresent(origin -> {
            headers.add(Map.entry("Access-Control-Allow-Origin", origin));
            if (credentials) {
                headers.add(Map.entry("Access-Control-Allow-Credentials", "true"));
            }
        });
        return headers;
    }

    /** The further headers of the answer to a preflight. */
    public List<Map.Entry<String, String>> preflightHeaders(HttpRequestHead request) {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        headers.add(Map.entry("Access-Control-Allow-Methods", METHODS));
        request.header("access-control-request-headers").ifPresent(wanted -> {
            headers.add(Map.entry("Access-Control-Allow-Headers", wanted));
            headers.add(Map.entry("Vary", "Access-Control-Request-Headers"));
        });
        return headers;
    }
}
