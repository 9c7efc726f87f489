package dev.bowline.netty.proxy;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Whom a request came from, as far as those who passed it on are to be believed: from right to left, each trusted
 * proxy names the one before it, and the first who is not trusted is the client (RFC 7239, section 5.2).
 *
 * @param address of the client; port 0 where nobody named it
 * @param secure whether the client came over TLS
 */
public record ForwardedClient(InetSocketAddress address, boolean secure) {
    /** One who passed the request on: what he calls the one before him, and how that one came. */
    private record Hop(String client, Optional<String> proto) {}

    /**
     * The client of a request.
     *
     * @param peer where the TCP connection comes from
     * @param secure whether that came over TLS
     * @param headers of the request, by lower-case name
     */
    public static ForwardedClient of(
            InetSocketAddress peer, boolean secure, Map<String, List<String>> headers, TrustedProxies trusted) {
        if (!trusted.trusts(peer)) {
            return new ForwardedClient(peer, secure);
        }
        List<Hop> hops = trusted.readsForwarded()
                ? forwarded(headers.getOrDefault("forwarded", List.of()))
                : xForwarded(headers);
        InetSocketAddress address = peer;
        boolean wasSecure = secure;
        for (int i = hops.size() - 1; i >= 0 && trusted.trusts(address); i--) {
            Hop hop = hops.get(i);
            wasSecure = hop.proto().map(proto -> isSecure(proto)).orElse(wasSecure);
            Optional<InetSocketAddress> client = node(hop.client());
            if (client.isEmpty()) {
                // Hidden on purpose, or nonsense: nobody farther away can be believed.
                break;
            }
            address = client.get();
        }
        return new ForwardedClient(address, wasSecure);
    }

    private static boolean isSecure(String proto) {
        return proto.equals("https") || proto.equals("wss");
    }

    /** A proxy adds to the list of addresses, but often replaces the protocol; then its word stands for all hops. */
    private static List<Hop> xForwarded(Map<String, List<String>> headers) {
        List<String> clients = elements(headers.getOrDefault("x-forwarded-for", List.of()), ',');
        List<String> protos = elements(headers.getOrDefault("x-forwarded-proto", List.of()), ',');
        List<Hop> hops = new ArrayList<>();
        for (int i = 0; i < clients.size(); i++) {
            Optional<String> proto = protos.isEmpty()
                    ? Optional.empty()
                    : Optional.of(protos.get(protos.size() == clients.size() ? i : protos.size() - 1));
            hops.add(new Hop(clients.get(i), proto.map(name -> name.toLowerCase(Locale.ROOT))));
        }
        if (clients.isEmpty() && !protos.isEmpty()) {
            hops.add(new Hop("", Optional.of(protos.get(protos.size() - 1).toLowerCase(Locale.ROOT))));
        }
        return hops;
    }

    private static List<Hop> forwarded(List<String> values) {
        List<Hop> hops = new ArrayList<>();
        for (String element : elements(values, ',')) {
            String client = "";
            Optional<String> proto = Optional.empty();
            for (String pair : elements(List.of(element), ';')) {
                int equals = pair.indexOf('=');
                String name = equals < 0 ? "" : pair.substring(0, equals).trim().toLowerCase(Locale.ROOT);
                if (name.equals("for")) {
                    client = unquote(pair.substring(equals + 1).trim());
                } else if (name.equals("proto")) {
                    proto = Optional.of(
                            unquote(pair.substring(equals + 1).trim()).toLowerCase(Locale.ROOT));
                }
            }
            hops.add(new Hop(client, proto));
        }
        return hops;
    }

    /** The parts of a list, over all lines of the header; a separator in quotes separates nothing. */
    private static List<String> elements(List<String> values, char separator) {
        List<String> elements = new ArrayList<>();
        for (String value : values) {
            int start = 0;
            boolean quoted = false;
            for (int i = 0; i < value.length(); i++) {
                char c = value.charAt(i);
                if (c == '\\' && quoted) {
                    i++;
                } else if (c == '"') {
                    quoted = !quoted;
                } else if (c == separator && !quoted) {
                    elements.add(value.substring(start, i).trim());
                    start = i + 1;
                }
            }
            elements.add(value.substring(start).trim());
        }
        return elements;
    }

    private static String unquote(String text) {
        return text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"")
                ? text.substring(1, text.length() - 1).replaceAll("\\\\(.)", "$1")
                : text;
    }

    /** A node: an address, of IPv6 in brackets where a port follows it. */
    private static Optional<InetSocketAddress> node(String text) {
        String host = text;
        int port = 0;
        int bracket = text.startsWith("[") ? text.indexOf(']') : -1;
        int colon = bracket < 0 ? text.indexOf(':') : text.indexOf(':', bracket);
        if (bracket >= 0) {
            host = text.substring(1, bracket);
        } else if (colon >= 0 && colon == text.lastIndexOf(':')) {
            host = text.substring(0, colon);
        } else {
            colon = -1;
        }
        if (colon >= 0) {
            String number = text.substring(colon + 1);
            port = number.matches("\\d{1,5}") ? Math.min(Integer.parseInt(number), 65_535) : 0;
        }
        int known = port;
        return TrustedProxies.address(host).map(address -> new InetSocketAddress(address, known));
    }
}
