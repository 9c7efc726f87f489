package dev.bowline.server.transport;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts who comes in and who is there, in all and by address. Safe for any thread.
 *
 * <p>An IPv6 address counts as its /64, which one customer has for himself. Addresses that are not of the Internet
 * (loopback, private, link-local) are not counted by themselves unless asked for: behind a proxy that nobody has named
 * as trusted, such a one is everybody's.
 */
final class Turnstile {
    private static final long SECOND = 1_000_000_000;
    private static final int IPV6_PREFIX_BYTES = 8;
    private static final int UNIQUE_LOCAL_MASK = 0xfe;
    private static final int UNIQUE_LOCAL = 0xfc;

    /** Of how many addresses the handshakes are remembered; within a second there are rarely as many. */
    private static final int MOST_ADDRESSES = 100_000;

    /** What an address is counted by; two of one /64 are equal. */
    private record Origin(String key) {}

    /** As many tokens as handshakes are allowed in a second; each costs one, and they come back with time. */
    private record Bucket(double tokens, long at) {
        Bucket refilled(int rate, long now) {
            return new Bucket(Math.min(rate, tokens + (double) rate * (now - at) / SECOND), now);
        }
    }

    private final AdmissionLimits limits;
    private final LongSupplier clock;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger outside = new AtomicInteger();
    private final AtomicInteger judged = new AtomicInteger();
    private final Map<Origin, Integer> connectionsByOrigin = new ConcurrentHashMap<>();
    private final Map<Origin, Bucket> handshakesByOrigin = new ConcurrentHashMap<>();
    private final AtomicReference<Bucket> handshakes;
    private final AtomicLong sweptAt;

    Turnstile(AdmissionLimits limits, LongSupplier clock) {
        this.limits = limits;
        this.clock = clock;
        long now = clock.getAsLong();
        this.handshakes = new AtomicReference<>(new Bucket(limits.handshakes(), now));
        this.sweptAt = new AtomicLong(now);
    }

    // ---- Who comes ------------------------------------------------------------------------------

    /**
     * Counts a handshake; says why it is refused, if one of the limits is reached. The address's own limits come first:
     * what they refuse must cost the others nothing.
     */
    Optional<Refusal> knock(InetSocketAddress address) {
        long now = clock.getAsLong();
        @Nullable Origin origin = originOf(address);
        if (origin != null && !take(origin, now)) {
            return Optional.of(Refusal.TOO_MANY_HANDSHAKES);
        }
        if (origin != null && connectionsByOrigin.getOrDefault(origin, 0) >= limits.connectionsPerAddress()) {
            return Optional.of(Refusal.TOO_MANY_CONNECTIONS);
        }
        if (!take(handshakes, limits.handshakes(), now)) {
            return Optional.of(Refusal.TOO_MANY_HANDSHAKES);
        }
        if (connections.get() >= limits.connections() || outside.get() + judged.get() >= limits.outside()) {
            return Optional.of(Refusal.SERVER_FULL);
        }
        return Optional.empty();
    }

    /** The application is asked about a handshake, which counts as outside until {@link #decided}. */
    void asked() {
        judged.incrementAndGet();
    }

    /** The application has said what it thinks of one. */
    void decided() {
        judged.decrementAndGet();
    }

    private static boolean take(AtomicReference<Bucket> bucket, int rate, long now) {
        if (rate == Integer.MAX_VALUE) {
            return true;
        }
        Bucket before = bucket.getAndUpdate(old -> spent(old, rate, now));
        return before.refilled(rate, now).tokens() >= 1;
    }

    private boolean take(Origin origin, long now) {
        int rate = limits.handshakesPerAddress();
        if (rate == Integer.MAX_VALUE) {
            return true;
        }
        sweep(now);
        if (handshakesByOrigin.size() >= MOST_ADDRESSES) {
            return true;
        }
        var allowed = new boolean[1];
        handshakesByOrigin.compute(origin, (key, old) -> {
            Bucket before = old == null ? new Bucket(rate, now) : old.refilled(rate, now);
            allowed[0] = before.tokens() >= 1;
            return spent(before, rate, now);
        });
        return allowed[0];
    }

    private static Bucket spent(Bucket bucket, int rate, long now) {
        Bucket refilled = bucket.refilled(rate, now);
        return refilled.tokens() >= 1 ? new Bucket(refilled.tokens() - 1, now) : refilled;
    }

    /** After a second without a handshake an address has all its tokens again: it need not be remembered. */
    private void sweep(long now) {
        long last = sweptAt.get();
        if (now - last >= SECOND && sweptAt.compareAndSet(last, now)) {
            handshakesByOrigin.values().removeIf(bucket -> now - bucket.at() >= SECOND);
        }
    }

    // ---- Who is there ---------------------------------------------------------------------------

    /** A session opens; says whether there is room for it. If so, {@link #leave} follows. */
    boolean enter(InetSocketAddress address) {
        Origin origin = originOf(address);
        if (origin != null && !count(origin)) {
            return false;
        }
        // Never beyond the limit, not even for a moment, in which somebody else would be refused for whom there is
        // room.
        if (connections.getAndUpdate(count -> Math.min(limits.connections(), count + 1)) >= limits.connections()) {
            if (origin != null) {
                forget(origin);
            }
            return false;
        }
        outside.incrementAndGet();
        return true;
    }

    /** A session has joined its first namespace, or closes without. */
    void noLongerOutside() {
        outside.decrementAndGet();
    }

    /** A session has closed. */
    void leave(InetSocketAddress address) {
        connections.decrementAndGet();
        Origin origin = originOf(address);
        if (origin != null) {
            forget(origin);
        }
    }

    private boolean count(Origin origin) {
        var counted = new boolean[1];
        connectionsByOrigin.compute(origin, (key, count) -> {
            int before = count == null ? 0 : count;
            counted[0] = before < limits.connectionsPerAddress();
            return counted[0] ? Integer.valueOf(before + 1) : count;
        });
        return counted[0];
    }

    private void forget(Origin origin) {
        connectionsByOrigin.computeIfPresent(origin, (key, count) -> count == 1 ? null : count - 1);
    }

    /** How many sessions have not joined a namespace. */
    int outside() {
        return outside.get();
    }

    /** How many addresses sessions come from, as far as they are counted. */
    int origins() {
        return connectionsByOrigin.size();
    }

    private @Nullable Origin originOf(InetSocketAddress socketAddress) {
        InetAddress address = socketAddress.getAddress();
        if (address == null || (!limits.privateAddresses() && isPrivate(address))) {
            return null;
        }
        if (address instanceof Inet6Address) {
            return new Origin(Arrays.toString(Arrays.copyOf(address.getAddress(), IPV6_PREFIX_BYTES)));
        }
        return new Origin(address.getHostAddress());
    }

    private static boolean isPrivate(InetAddress address) {
        return address.isLoopbackAddress()
                || address.isSiteLocalAddress()
                || address.isLinkLocalAddress()
                || address.isAnyLocalAddress()
                || (address instanceof Inet6Address && (address.getAddress()[0] & UNIQUE_LOCAL_MASK) == UNIQUE_LOCAL);
    }
}
