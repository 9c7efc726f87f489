package dev.bowline.server.transport;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Which pages of other origins may use the server from a browser, and how (Fetch standard, "CORS protocol"). Immutable.
 *
 * <p>The same origins may open WebSockets, to which browsers do not apply CORS: see {@code originCheck} of the options.
 */
public final class Cors {
    private static final Pattern ORIGIN = Pattern.compile("[a-z][a-z0-9+.-]*://[^/*]+");
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final List<String> HOSTS = List.of("host", "x-forwarded-host");
    private static final List<String> METHODS = List.of("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE");

    private final Optional<Predicate<String>> allowed;
    private final boolean credentials;
    private final List<String> methods;
    private final List<String> allowedHeaders;
    private final List<String> exposedHeaders;
    private final Optional<Duration> maxAge;
    private final int preflightStatus;

    private Cors(
            Optional<Predicate<String>> allowed,
            boolean credentials,
            List<String> methods,
            List<String> allowedHeaders,
            List<String> exposedHeaders,
            Optional<Duration> maxAge,
            int preflightStatus) {
        this.allowed = allowed;
        this.credentials = credentials;
        this.methods = methods;
        this.allowedHeaders = allowedHeaders;
        this.exposedHeaders = exposedHeaders;
        this.maxAge = maxAge;
        this.preflightStatus = preflightStatus;
    }

    private static Cors allowing(Optional<Predicate<String>> allowed) {
        return new Cors(allowed, false, METHODS, List.of(), List.of(), Optional.empty(), 204);
    }

    /**
     * Pages of these origins, each as a browser writes it: {@code https://app.example.com}.
     *
     * @throws IllegalArgumentException if there is none, or one has a path or a wildcard
     */
    public static Cors of(String... origins) {
        Objects.requireNonNull(origins, "cors origins must not be null");
        if (origins.length == 0) {
            throw new IllegalArgumentException("cors must name at least one origin: []");
        }
        for (String origin : origins) {
            Objects.requireNonNull(origin, "cors origin must not be null");
            if (!ORIGIN.matcher(origin).matches()) {
                throw new IllegalArgumentException(
                        "cors origin must be scheme://host[:port], without path or wildcard: " + origin);
            }
        }
        return allowing(Optional.of(List.of(origins)::contains));
    }

    /** Pages of origins that the pattern matches from their first to their last character. */
    public static Cors matching(Pattern origins) {
        Objects.requireNonNull(origins, "cors pattern must not be null");
        return allowing(Optional.of(origin -> origins.matcher(origin).matches()));
    }

    /** Pages of origins that the test says yes to. It runs on an event loop, for each request, and must not block. */
    public static Cors where(Predicate<String> test) {
        Objects.requireNonNull(test, "cors test must not be null");
        return allowing(Optional.of(test));
    }

    /** Pages of any origin, without cookies in what they fetch. Their WebSockets do carry the cookies of the server. */
    public static Cors any() {
        return allowing(Optional.empty());
    }

    /**
     * The same, with cookies.
     *
     * @throws IllegalArgumentException if any origin is allowed: every page in the world could then act for the user
     *     who looks at it
     */
    public Cors withCredentials() {
        if (allowed.isEmpty()) {
            throw new IllegalArgumentException(
                    "cors credentials must go with named origins, or with Cors.where(...): any origin is allowed");
        }
        return new Cors(allowed, true, methods, allowedHeaders, exposedHeaders, maxAge, preflightStatus);
    }

    /** The same, with these methods in the answer to a preflight. Default GET, HEAD, PUT, PATCH, POST, DELETE. */
    public Cors withMethods(String... values) {
        return new Cors(
                allowed,
                credentials,
                tokens("methods", values),
                allowedHeaders,
                exposedHeaders,
                maxAge,
                preflightStatus);
    }

    /** The same, with these request headers in the answer to a preflight. Default: those that it asks for. */
    public Cors withAllowedHeaders(String... names) {
        return new Cors(
                allowed,
                credentials,
                methods,
                tokens("allowedHeaders", names),
                exposedHeaders,
                maxAge,
                preflightStatus);
    }

    /** The same, with answers whose headers of these names a page may read. Default none. */
    public Cors withExposedHeaders(String... names) {
        return new Cors(
                allowed,
                credentials,
                methods,
                allowedHeaders,
                tokens("exposedHeaders", names),
                maxAge,
                preflightStatus);
    }

    /** The same, with preflights that a browser may remember so long, in whole seconds. Default: it is not told. */
    public Cors withMaxAge(Duration value) {
        if (value.isNegative() || !value.equals(Duration.ofSeconds(value.toSeconds()))) {
            throw new IllegalArgumentException("cors maxAge must be whole seconds, and not negative: " + value);
        }
        return new Cors(
                allowed, credentials, methods, allowedHeaders, exposedHeaders, Optional.of(value), preflightStatus);
    }

    /** The same, with this status of the answer to a preflight. Default 204. */
    public Cors withPreflightStatus(int status) {
        if (status < 200 || status > 299) {
            throw new IllegalArgumentException("cors preflightStatus must be between 200 and 299: " + status);
        }
        return new Cors(allowed, credentials, methods, allowedHeaders, exposedHeaders, maxAge, status);
    }

    private static List<String> tokens(String what, String... values) {
        for (String value : values) {
            if (!TOKEN.matcher(value).matches()) {
                throw new IllegalArgumentException("cors " + what + " must be names of HTTP: " + value);
            }
        }
        return List.of(values);
    }

    // ---- What a request is answered -------------------------------------------------------------

    /** Whether pages of an origin are welcome. */
    public boolean allows(String origin) {
        return allowed.map(test -> test.test(origin)).orElse(true);
    }

    /** The status of the answer to a preflight. */
    public int preflightStatus() {
        return preflightStatus;
    }

    /** The headers that every answer to this request carries, in pairs of name and value. */
    public List<Map.Entry<String, String>> headers(HttpRequestHead request) {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        if (allowed.isEmpty()) {
            headers.add(Map.entry("Access-Control-Allow-Origin", "*"));
        } else {
            headers.add(Map.entry("Vary", "Origin"));
            Optional<String> origin = request.header("origin").filter(this::allows);
            if (origin.isEmpty()) {
                return headers;
            }
            headers.add(Map.entry("Access-Control-Allow-Origin", origin.get()));
        }
        if (credentials) {
            headers.add(Map.entry("Access-Control-Allow-Credentials", "true"));
        }
        if (!exposedHeaders.isEmpty()) {
            headers.add(Map.entry("Access-Control-Expose-Headers", String.join(",", exposedHeaders)));
        }
        return headers;
    }

    /** The further headers of the answer to a preflight. */
    public List<Map.Entry<String, String>> preflightHeaders(HttpRequestHead request) {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        headers.add(Map.entry("Access-Control-Allow-Methods", String.join(",", methods)));
        if (!allowedHeaders.isEmpty()) {
            headers.add(Map.entry("Access-Control-Allow-Headers", String.join(",", allowedHeaders)));
        } else {
            request.header("access-control-request-headers").ifPresent(wanted -> {
                headers.add(Map.entry("Access-Control-Allow-Headers", wanted));
                headers.add(Map.entry("Vary", "Access-Control-Request-Headers"));
            });
        }
        maxAge.ifPresent(age -> headers.add(Map.entry("Access-Control-Max-Age", String.valueOf(age.toSeconds()))));
        return headers;
    }

    /**
     * Whether a page of the request's origin comes from the host that the request is for. Scheme and port are not
     * compared: behind a proxy that speaks TLS for the server they differ, and cookies do not know ports either. What a
     * proxy says the host was counts too, whoever says it: a page cannot put such a header on a WebSocket.
     */
    static boolean isSameHost(String origin, HttpRequestHead request) {
        int scheme = origin.indexOf("://");
        return scheme > 0
                && HOSTS.stream()
                        .flatMap(name -> request.headers().getOrDefault(name, List.of()).stream())
                        .flatMap(line -> Arrays.stream(line.split(",", -1)))
                        .anyMatch(host -> hostname(host.trim()).equals(hostname(origin.substring(scheme + 3))));
    }

    private static String hostname(String authority) {
        int end = authority.startsWith("[") ? authority.indexOf(']') + 1 : authority.indexOf(':');
        return (end <= 0 ? authority : authority.substring(0, end)).toLowerCase(Locale.ROOT);
    }
}
