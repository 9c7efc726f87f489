package dev.bowline.netty.proxy;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The reverse proxies whose word on a client's address is taken, by network: {@code 10.0.0.0/8}, {@code ::1}. Nobody
 * else's is: whoever connects directly can write what he likes into such a header. Immutable.
 *
 * <p>Read is one kind of header, never both: a proxy replaces or extends the kind that it knows, and passes the other
 * one on as the client wrote it.
 */
public final class TrustedProxies {
    private static final int MAX_BITS = 128;

    private record Network(InetAddress base, int bits) {
        boolean contains(byte[] address) {
            byte[] prefix = base.getAddress();
            if (address.length != prefix.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit += Byte.SIZE) {
                int mask = 0xFF << Math.max(0, Byte.SIZE - (bits - bit));
                if (((address[bit / Byte.SIZE] ^ prefix[bit / Byte.SIZE]) & mask & 0xFF) != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    private final List<Network> networks;
    private final boolean rfc7239;

    private TrustedProxies(List<Network> networks, boolean rfc7239) {
        this.networks = networks;
        this.rfc7239 = rfc7239;
    }

    /** None: nobody is believed. */
    public static TrustedProxies none() {
        return new TrustedProxies(List.of(), false);
    }

    /**
     * Proxies that send {@code X-Forwarded-For} and {@code X-Forwarded-Proto}.
     *
     * @param networks addresses, or networks as {@code address/bits}, IPv4 or IPv6
     * @throws IllegalArgumentException if one is neither; names are not resolved
     */
    public static TrustedProxies of(String... networks) {
        return new TrustedProxies(
                Arrays.stream(networks).map(TrustedProxies::network).toList(), false);
    }

    /** The same proxies, where they send {@code Forwarded} (RFC 7239) instead. */
    public TrustedProxies withForwardedHeader() {
        return new TrustedProxies(networks, true);
    }

    private static Network network(String text) {
        int slash = text.indexOf('/');
        InetAddress address = address(slash < 0 ? text : text.substring(0, slash))
                .orElseThrow(() -> new IllegalArgumentException(
                        "trustedProxies must be addresses or networks, such as 10.0.0.0/8: " + text));
        int most = address.getAddress().length * Byte.SIZE;
        int bits = slash < 0 ? most : bits(text.substring(slash + 1));
        if (bits > most) {
            throw new IllegalArgumentException(
                    "trustedProxies must have at most " + most + " bits after the slash: " + text);
        }
        return new Network(address, bits);
    }

    private static int bits(String text) {
        return text.matches("\\d{1,3}") ? Integer.parseInt(text) : MAX_BITS + 1;
    }

    /** The address that a literal names, if it is one. */
    static Optional<InetAddress> address(String literal) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(literal);
        if (bytes == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }

    boolean readsForwarded() {
        return rfc7239;
    }

    boolean trusts(InetSocketAddress peer) {
        if (networks.isEmpty() || peer.isUnresolved()) {
            return false;
        }
        byte[] address = peer.getAddress().getAddress();
        return networks.stream().anyMatch(network -> network.contains(address));
    }
}
