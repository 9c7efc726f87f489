package dev.bowline.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy that misbehaves on command while traffic flows: it cuts, resets, delays, throttles, slices,
 * keeps back and refuses, so that a test can see what both ends make of it.
 *
 * <pre>{@code
 * try (FaultProxy proxy = FaultProxy.to(server.address()).start()) {
 *   client.connect(proxy.uri());
 *   proxy.all().blackHole(Direction.BOTH);
 *   ...
 *   proxy.all().heal();
 * }
 * }</pre>
 *
 * <p>Safe for any thread. One daemon thread does the work, with hundreds of links at little cost. The
 * {@linkplain #seed() seed} decides all that is left to chance; a link's share of it depends on the
 * link's number, that is, on the order in which links were accepted. What the faults mean is said in
 * {@link Faults}. The file is long because the options and the events of a proxy are part of it.
 */
public final class FaultProxy implements AutoCloseable {
    /**
     * Something that happened at the proxy.
     *
     * @param nanoTime when, by {@link System#nanoTime}
     * @param kind what
     * @param link the number of the link, or 0 if it concerns several or none
     * @param origin who did it
     * @param detail more of it in words, possibly none
     */
    public record Event(long nanoTime, Kind kind, int link, Origin origin, String detail) {
        /** What can happen. */
        public enum Kind {
            /** A client opened a link. */
            LINK_OPENED,
            /** An end finished its stream or was reset, and the proxy saw it. */
            LINK_ENDED,
            /** A link is gone; its origin is the end that ended first. Comes once for each link. */
            LINK_CLOSED,
            /** A new link was accepted and reset. */
            LINK_REFUSED,
            /** A WebSocket upgrade was answered with 400. */
            UPGRADE_REFUSED,
            /** The target did not accept a connection. */
            TARGET_UNREACHABLE,
            /** The operating system did not let the proxy accept a link; it tries again. */
            ACCEPT_FAILED,
            /** A black hole was commanded. */
            CUT,
            /** Links were commanded to be severed. */
            SEVERED,
            /** Another fault was commanded. */
            CHANGED,
            /** Faults were healed. */
            HEALED,
            /** Links were commanded to be reset. */
            RESET,
            /** Links were commanded to be finished. */
            FINISHED,
            /** The listening port was closed. */
            PORT_CLOSED,
            /** The listening port was opened again. */
            PORT_OPENED,
            /** The proxy got another target. */
            RETARGETED
        }

        /** Who can do it. */
        public enum Origin {
            /** The end that connected to the proxy. */
            CLIENT,
            /** The target. */
            SERVER,
            /** The proxy, on command. */
            PROXY
        }
    }

    private final Builder options;

    // Guarded by this; the board also read without.
    private volatile @Nullable Switchboard board;
    private volatile @Nullable InetSocketAddress address;
    private boolean closed;

    private FaultProxy(Builder options) {
        this.options = options;
    }

    /** A proxy before that target, with defaults otherwise, not started. */
    public static FaultProxy to(InetSocketAddress target) {
        return builder().target(target).build();
    }

    /** Options of a proxy. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Binds the port and lets links in.
     *
     * @return this
     * @throws UncheckedIOException if the port cannot be bound
     * @throws IllegalStateException if it was started or closed before
     */
    public synchronized FaultProxy start() {
        if (closed || board != null) {
            throw new IllegalStateException("the proxy was " + (closed ? "closed" : "started") + " before");
        }
        try {
            InetSocketAddress bind = new InetSocketAddress(options.bindAddress, options.listenPort);
            Supplier<InetSocketAddress> target = Objects.requireNonNull(options.target);
            Switchboard starting = new Switchboard(target, bind, seed(), options.bufferBytes);
            address = starting.start();
            board = starting;
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException("listenPort must be free: " + options.listenPort, e);
        }
    }

    private Switchboard board() {
        Switchboard started = board;
        if (started == null) {
            throw new IllegalStateException("the proxy was not started");
        }
        return started;
    }

    /** Where it listens; stays the same when the port is closed and opened again. */
    public InetSocketAddress address() {
        board();
        return Objects.requireNonNull(address);
    }

    /** The port on which it listens. */
    public int port() {
        return address().getPort();
    }

    /** Where it listens, as {@code http://127.0.0.1:port}. */
    public URI uri() {
        InetAddress host = address().getAddress();
        String literal = host.isAnyLocalAddress() ? "127.0.0.1" : host.getHostAddress();
        return URI.create(
                "http://" + (host instanceof Inet6Address && !host.isAnyLocalAddress() ? "[" + literal + "]" : literal)
                        + ":" + port());
    }

    /** What decides all that is left to chance. */
    public long seed() {
        return Objects.requireNonNull(options.seed);
    }

    /**
     * Sends new links to another target, for instance a server that restarted on another port.
     *
     * @throws IllegalArgumentException if the address is not resolved
     */
    public void retarget(InetSocketAddress target) {
        requireResolved(target);
        Switchboard started = board();
        started.loop().run(() -> started.changeTarget(() -> target));
    }

    /** The links that are open, and the links to come. */
    public LinkGroup all() {
        return new LinkGroup(board(), true);
    }

    /** The links that are open when a command comes. */
    public LinkGroup existing() {
        return new LinkGroup(board(), false);
    }

    /** The links to come. */
    public NewLinks newLinks() {
        return new NewLinks(board());
    }

    /** The links that are open, in the order in which they opened. */
    public List<Link> links() {
        Switchboard started = board();
        return started.loop().ask(started::links);
    }

    /**
     * An open link.
     *
     * @param number 1 for the first that was ever accepted, 2 for the next
     * @throws IllegalArgumentException if no such link is open
     */
    public Link link(int number) {
        Switchboard started = board();
        return started.loop()
                .ask(() -> started.link(number))
                .orElseThrow(() -> new IllegalArgumentException("number must be that of an open link: " + number));
    }

    /** How many links are open. */
    public int openLinks() {
        return board().open();
    }

    /** How many links were opened so far. */
    public int openedLinks() {
        return board().opened();
    }

    /** How many bytes all links together were handed in a direction, or in both. */
    public long bytes(Direction direction) {
        return board().bytes(direction);
    }

    /**
     * Tells a listener of all that happens from now on, in order, on the proxy's thread: it must not block.
     * It may command the proxy. A {@link Recorder} is a good listener.
     */
    public void onEvent(Consumer<? super Event> listener) {
        Objects.requireNonNull(listener, "listener");
        board().listener(listener::accept);
    }

    /**
     * Resets the links that are open and gives back port, sockets and thread, before it returns. Does
     * nothing the second time.
     */
    @Override
    public void close() {
        Switchboard started;
        synchronized (this) {
            closed = true;
            started = board;
        }
        if (started != null) {
            started.loop().stop();
        }
    }

    static InetSocketAddress requireResolved(InetSocketAddress target) {
        if (target.isUnresolved()) {
            throw new IllegalArgumentException("target must be resolved: " + target);
        }
        return target;
    }

    /** Options of a proxy; each can be set once, and {@code target} must be. */
    public static final class Builder {
        private static final int DEFAULT_BUFFER_BYTES = 256 * 1024;

        private @Nullable Supplier<InetSocketAddress> target;
        private @Nullable Long seed;
        private int listenPort = -1;
        private @Nullable InetAddress bindAddress;
        private int bufferBytes;

        private Builder() {}

        /** Where links are sent. */
        public Builder target(InetSocketAddress address) {
            requireResolved(address);
            return target(() -> address);
        }

        /**
         * Who says where links are sent. Asked on the proxy's thread for each new link, so that it must not
         * block; if it throws, the link is reset.
         */
        public Builder target(Supplier<InetSocketAddress> addresses) {
            requireUnset("target", target);
            target = addresses;
            return this;
        }

        /** What decides all that is left to chance; drawn if it is not set. */
        public Builder seed(long value) {
            requireUnset("seed", seed);
            seed = value;
            return this;
        }

        /** The port to listen on; 0, the default, lets the system choose. */
        public Builder listenPort(int port) {
            requireUnset("listenPort", listenPort < 0 ? null : listenPort);
            if (port < 0 || port > 65535) {
                throw new IllegalArgumentException("listenPort must be between 0 and 65535: " + port);
            }
            listenPort = port;
            return this;
        }

        /** The address to listen on; 127.0.0.1 by default. */
        public Builder bindAddress(InetAddress local) {
            requireUnset("bindAddress", bindAddress);
            bindAddress = local;
            return this;
        }

        /** How many bytes each direction of a link may keep; 256 KiB by default. */
        public Builder bufferBytes(int bytes) {
            requireUnset("bufferBytes", bufferBytes == 0 ? null : bufferBytes);
            if (bytes <= 0) {
                throw new IllegalArgumentException("bufferBytes must be positive: " + bytes);
            }
            bufferBytes = bytes;
            return this;
        }

        /**
         * The proxy, not started.
         *
         * @throws IllegalStateException if the target was not set
         */
        public FaultProxy build() {
            if (target == null) {
                throw new IllegalStateException("target must be set");
            }
            Builder sealed = new Builder();
            sealed.target = target;
            sealed.seed = seed != null ? seed : Long.valueOf(new SplittableRandom().nextLong(Integer.MAX_VALUE));
            sealed.listenPort = Math.max(listenPort, 0);
            sealed.bindAddress = bindAddress != null ? bindAddress : loopback();
            sealed.bufferBytes = bufferBytes > 0 ? bufferBytes : DEFAULT_BUFFER_BYTES;
            return new FaultProxy(sealed);
        }

        /** The loopback address of IPv4, also where the JVM prefers IPv6. */
        private static InetAddress loopback() {
            try {
                return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static void requireUnset(String option, @Nullable Object before) {
            if (before != null) {
                throw new IllegalStateException(option + " must not be set twice");
            }
        }
    }
}
