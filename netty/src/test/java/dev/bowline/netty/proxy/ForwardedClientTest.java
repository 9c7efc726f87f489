package dev.bowline.netty.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose word on a client's address is taken, and what is made of it. */
class ForwardedClientTest {
    private static final TrustedProxies PROXIES = TrustedProxies.of("10.0.0.0/8", "fd00::/16", "127.0.0.1");

    private static ForwardedClient client(String peer, TrustedProxies trusted, String... headers) {
        Map<String, List<String>> byName = new HashMap<>();
        for (String header : headers) {
            String[] pair = header.split(": ", 2);
            byName.merge(pair[0], List.of(pair[1]), (a, b) -> List.of(a.get(0), b.get(0)));
        }
        return ForwardedClient.of(
                new InetSocketAddress(TrustedProxies.address(peer).orElseThrow(), 1000), false, byName, trusted);
    }

    private static String text(ForwardedClient client) {
        InetSocketAddress address = client.address();
        return address.getAddress().getHostAddress() + " " + address.getPort() + (client.secure() ? " secure" : "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "10.1.1.1 | 203.0.113.9                     | -           | 203.0.113.9 0",
                "10.1.1.1 | 203.0.113.9                     | https       | 203.0.113.9 0 secure",
                "10.1.1.1 | 203.0.113.9:4711                | HTTPS       | 203.0.113.9 4711 secure",
                "10.1.1.1 | 1.2.3.4, 203.0.113.9            | -           | 203.0.113.9 0",
                "10.1.1.1 | 1.2.3.4, 203.0.113.9, 10.2.2.2  | https       | 203.0.113.9 0 secure",
                "10.1.1.1 | 1.2.3.4, 203.0.113.9, 10.2.2.2  | https, http, https | 203.0.113.9 0",
                "10.1.1.1 | 10.3.3.3, 10.2.2.2              | -           | 10.3.3.3 0",
                "10.1.1.1 | 2001:db8::7                     | -           | 2001:db8:0:0:0:0:0:7 0",
                "10.1.1.1 | [2001:db8::7]:99                | -           | 2001:db8:0:0:0:0:0:7 99",
                "10.1.1.1 | ::ffff:203.0.113.9              | -           | 203.0.113.9 0",
                "10.1.1.1 | 203.0.113.9, unknown            | -           | 10.1.1.1 1000",
                "10.1.1.1 | 203.0.113.9, evil.example.com, 10.2.2.2 | -   | 10.2.2.2 0",
                "10.1.1.1 | 203.0.113.9, dead.beef          | -           | 10.1.1.1 1000",
                "10.1.1.1 | -                               | https       | 10.1.1.1 1000 secure",
                "10.1.1.1 | -                               | -           | 10.1.1.1 1000",
                "fd00::1  | 203.0.113.9                     | wss         | 203.0.113.9 0 secure",
                "fd01::1  | 203.0.113.9                     | https       | fd01:0:0:0:0:0:0:1 1000",
                "11.1.1.1 | 203.0.113.9                     | https       | 11.1.1.1 1000",
                "127.0.0.2| 203.0.113.9                     | https       | 127.0.0.2 1000"
            })
    void readsXForwardedFromTheRight(String peer, String forwardedFor, String proto, String expected) {
        String[] headers = java.util.stream.Stream.of(
                        forwardedFor == null ? "" : "x-forwarded-for: " + forwardedFor,
                        proto == null ? "" : "x-forwarded-proto: " + proto)
                .filter(header -> !header.isEmpty())
                .toArray(String[]::new);
        assertThat(text(client(peer, PROXIES, headers))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "for=203.0.113.9                                          | 203.0.113.9 0",
                "for=203.0.113.9;proto=https;by=10.1.1.1                  | 203.0.113.9 0 secure",
                "For=\"[2001:db8::7]:4711\";Proto=\"https\"               | 2001:db8:0:0:0:0:0:7 4711 secure",
                "for=1.2.3.4;proto=https, for=203.0.113.9;proto=http      | 203.0.113.9 0",
                "for=203.0.113.9;proto=https, for=10.2.2.2;proto=http     | 203.0.113.9 0 secure",
                "for=\"1.2.3.4, for=9.9.9.9\", for=203.0.113.9            | 203.0.113.9 0",
                "for=203.0.113.9, for=_hidden;proto=https                 | 10.1.1.1 1000 secure",
                "for=unknown                                              | 10.1.1.1 1000",
                "by=10.1.1.1                                              | 10.1.1.1 1000",
                ";;,,=                                                    | 10.1.1.1 1000"
            })
    void readsForwardedFromTheRight(String header, String expected) {
        assertThat(text(client("10.1.1.1", PROXIES.withForwardedHeader(), "forwarded: " + header)))
                .isEqualTo(expected);
    }

    @Test
    void readsOneKindOfHeaderOnly() {
        String[] both = {"x-forwarded-for: 1.1.1.1", "forwarded: for=2.2.2.2"};
        assertThat(text(client("10.1.1.1", PROXIES, both))).isEqualTo("1.1.1.1 0");
        assertThat(text(client("10.1.1.1", PROXIES.withForwardedHeader(), both)))
                .isEqualTo("2.2.2.2 0");
    }

    @Test
    void readsAllLinesOfTheHeader() {
        assertThat(text(client("10.1.1.1", PROXIES, "x-forwarded-for: 1.1.1.1", "x-forwarded-for: 2.2.2.2, 10.9.9.9")))
                .isEqualTo("2.2.2.2 0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "example.com", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8/8", "*"})
    void refusesWhatIsNoNetwork(String network) {
        assertThatThrownBy(() -> TrustedProxies.of(network))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("trustedProxies must")
                .hasMessageEndingWith(": " + network);
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0/0, 9.9.9.9, true",
        "10.0.0.0/9, 10.128.0.1, false",
        "10.0.0.0/9, 10.127.9.9, true",
        "::/0, 9.9.9.9, false",
        "2001:db8::/33, 2001:db8:8000::1, false"
    })
    void comparesBits(String network, String address, boolean expected) {
        assertThat(TrustedProxies.of(network)
                        .trusts(new InetSocketAddress(
                                TrustedProxies.address(address).orElseThrow(), 1)))
                .isEqualTo(expected);
    }
}
