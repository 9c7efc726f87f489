package dev.bowline.server.transport;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The cookie that a polling handshake sets, so that a load balancer can send the session's requests to the same server.
 * Its value is the session's id, which is a secret. Immutable.
 *
 * <p>{@code HttpOnly} and {@code SameSite=Lax} unless told otherwise; {@code Secure} by itself where the client came
 * over TLS, also to a trusted proxy, and always with {@code SameSite=None}, which browsers refuse otherwise.
 */
public final class SessionCookie {
    /** With which requests of other sites a browser sends the cookie (RFC 6265bis, section 5.4.7). */
    public enum SameSite {
        /** With none. */
        STRICT,
        /** When the user follows a link. */
        LAX,
        /** With all. */
        NONE
    }

    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Pattern ATTRIBUTE = Pattern.compile("[\\x20-\\x3A\\x3C-\\x7E]+");
    private static final Pattern DOMAIN = Pattern.compile("[A-Za-z0-9.-]+");

    private final String name;
    private final String path;
    private final Optional<String> domain;
    private final Optional<Duration> maxAge;
    private final boolean httpOnly;
    private final SameSite sameSite;

    private SessionCookie(
            String name,
            String path,
            Optional<String> domain,
            Optional<Duration> maxAge,
            boolean httpOnly,
            SameSite sameSite) {
        this.name = name;
        this.path = path;
        this.domain = domain;
        this.maxAge = maxAge;
        this.httpOnly = httpOnly;
        this.sameSite = sameSite;
    }

    /** A cookie of that name; Socket.IO's is {@code io}. */
    public static SessionCookie named(String name) {
        require(NAME.matcher(name).matches(), "name must be a token of HTTP", name);
        return new SessionCookie(name, "/", Optional.empty(), Optional.empty(), true, SameSite.LAX);
    }

    /** The same, for requests under this path only. Default {@code /}. */
    public SessionCookie withPath(String value) {
        require(value.startsWith("/") && ATTRIBUTE.matcher(value).matches(), "path must begin with a slash", value);
        return new SessionCookie(name, value, domain, maxAge, httpOnly, sameSite);
    }

    /** The same, for this domain and those below it. Default: the host of the request only. */
    public SessionCookie withDomain(String value) {
        require(DOMAIN.matcher(value).matches(), "domain must be a name", value);
        return new SessionCookie(name, path, Optional.of(value), maxAge, httpOnly, sameSite);
    }

    /** The same, kept so long, in whole seconds. Default: until the browser ends. */
    public SessionCookie withMaxAge(Duration value) {
        require(
                value.toSeconds() > 0 && value.equals(Duration.ofSeconds(value.toSeconds())),
                "maxAge must be positive whole seconds",
                value);
        return new SessionCookie(name, path, domain, Optional.of(value), httpOnly, sameSite);
    }

    /** The same, readable by scripts of the page, which then know the session's id. */
    public SessionCookie withoutHttpOnly() {
        return new SessionCookie(name, path, domain, maxAge, false, sameSite);
    }

    /** The same, sent with other requests. Default {@link SameSite#LAX}. */
    public SessionCookie withSameSite(SameSite value) {
        return new SessionCookie(name, path, domain, maxAge, httpOnly, value);
    }

    private static void require(boolean holds, String rule, Object value) {
        if (!holds) {
            throw new IllegalArgumentException("cookie " + rule + ": " + value);
        }
    }

    /** The value of the {@code Set-Cookie} header that answers the handshake. */
    public String header(String sid, HttpRequestHead handshake) {
        StringBuilder header = new StringBuilder(name).append('=').append(sid);
        maxAge.ifPresent(age -> header.append("; Max-Age=").append(age.toSeconds()));
        domain.ifPresent(value -> header.append("; Domain=").append(value));
        header.append("; Path=").append(path);
        if (httpOnly) {
            header.append("; HttpOnly");
        }
        if (handshake.secure() || sameSite == SameSite.NONE) {
            header.append("; Secure");
        }
        String word = sameSite.name();
        return header.append("; SameSite=")
                .append(word.charAt(0))
                .append(word.substring(1).toLowerCase(Locale.ROOT))
                .toString();
    }
}
