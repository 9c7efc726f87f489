package dev.bowline.testkit;

import dev.bowline.testkit.Conditions.Change;
import dev.bowline.testkit.FaultProxy.Event;
import dev.bowline.testkit.FaultProxy.Event.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The listening port, the links that it brought, and what awaits new ones.
 *
 * <p>Confined to the proxy's thread, but for what its comment says otherwise of. Events are collected
 * during a turn and told at its end, so that a listener may command the proxy without meeting it
 * halfway through something.
 */
final class Switchboard implements ProxyLoop.Ready {
    /** What happens to a new link. */
    enum Admission {
        /** It is let in. */
        ACCEPT,
        /** It is accepted and reset at once. */
        REFUSE,
        /** The port is closed, so that the kernel refuses it. */
        PORT_CLOSED
    }

    private static final int BACKLOG = 4096;
    private static final long ACCEPT_PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

    // Final.
    private final ProxyLoop loop;
    private final long seed;
    private final int bufferBytes;

    // For any thread.
    private final List<Consumer<Event>> listeners = new CopyOnWriteArrayList<>();
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicLong toServer = new AtomicLong();
    private final AtomicLong toClient = new AtomicLong();

    // Confined to the thread, after start.
    private final Map<Integer, Link> links = new LinkedHashMap<>();
    private final Queue<Event> events = new ArrayDeque<>();
    private Supplier<InetSocketAddress> target;
    private InetSocketAddress bind;
    private Admission admission = Admission.ACCEPT;
    private Conditions newToServer = Conditions.HEALTHY;
    private Conditions newToClient = Conditions.HEALTHY;
    private @Nullable ServerSocketChannel listening;

    Switchboard(Supplier<InetSocketAddress> target, InetSocketAddress bind, long seed, int bufferBytes)
            throws IOException {
        this.loop = new ProxyLoop(this::tellEvents, this::closeAll);
        this.target = target;
        this.bind = bind;
        this.seed = seed;
        this.bufferBytes = bufferBytes;
    }

    /** Binds the port, starts the thread, and says where it listens. */
    InetSocketAddress start() throws IOException {
        try {
            listen();
        } catch (IOException | RuntimeException e) {
            loop.start("fault-proxy");
            loop.stop();
            throw e;
        }
        InetSocketAddress address = bind;
        loop.start("fault-proxy-" + address.getPort());
        return address;
    }

    private void listen() throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(bind, BACKLOG);
            bind = (InetSocketAddress) channel.getLocalAddress();
            loop.register(channel, this).interestOps(SelectionKey.OP_ACCEPT);
            listening = channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public void ready(SelectionKey key) {
        ServerSocketChannel channel = listening;
        if (channel == null || !key.isValid()) {
            return;
        }
        try {
            for (SocketChannel next = channel.accept(); next != null; next = channel.accept()) {
                admit(next);
            }
        } catch (IOException e) {
            // Out of file descriptors, most likely: others may be given back before the next try.
            tell(Kind.ACCEPT_FAILED, 0, Event.Origin.PROXY, String.valueOf(e));
            key.interestOps(0);
            loop.at(loop.now() + ACCEPT_PAUSE, () -> {
                if (key.isValid()) {
                    key.interestOps(SelectionKey.OP_ACCEPT);
                }
            });
        }
    }

    private void admit(SocketChannel accepted) {
        if (admission != Admission.ACCEPT) {
            ProxyLoop.close(accepted, true);
            tell(Kind.LINK_REFUSED, 0, Event.Origin.PROXY, "");
            return;
        }
        int number = opened.incrementAndGet();
        Link link = new Link(this, number, newToServer, newToClient);
        links.put(number, link);
        open.incrementAndGet();
        tell(Kind.LINK_OPENED, number, Event.Origin.CLIENT, "");
        try {
            accepted.setOption(StandardSocketOptions.TCP_NODELAY, true);
            link.relay().start(accepted);
        } catch (IOException e) {
            ProxyLoop.close(accepted, true);
            link.relay().reset();
        }
    }

    void admission(Admission next) {
        if (admission == next) {
            return;
        }
        if (next == Admission.PORT_CLOSED) {
            if (listening != null) {
                ProxyLoop.close(listening, false);
                listening = null;
            }
            tell(Kind.PORT_CLOSED, 0, Event.Origin.PROXY, "");
        } else if (admission == Admission.PORT_CLOSED) {
            try {
                listen();
            } catch (IOException e) {
                throw new UncheckedIOException("port " + bind.getPort() + " cannot be opened again", e);
            }
            tell(Kind.PORT_OPENED, 0, Event.Origin.PROXY, "");
        }
        admission = next;
    }

    void changeNewLinks(Direction direction, Change change) {
        if (direction.covers(Direction.TO_SERVER)) {
            newToServer = change.apply(newToServer, 0);
        }
        if (direction.covers(Direction.TO_CLIENT)) {
            newToClient = change.apply(newToClient, 0);
        }
    }

    void changeTarget(Supplier<InetSocketAddress> next) {
        target = next;
        tell(Kind.RETARGETED, 0, Event.Origin.PROXY, "");
    }

    InetSocketAddress target() {
        return FaultProxy.requireResolved(Objects.requireNonNull(target.get(), "target"));
    }

    /** The open links, in the order in which they opened. */
    List<Link> links() {
        return List.copyOf(links.values());
    }

    Optional<Link> link(int number) {
        return Optional.ofNullable(links.get(number));
    }

    void closed(Link link, Event.Origin origin) {
        if (links.remove(link.number()) != null) {
            open.decrementAndGet();
            tell(Kind.LINK_CLOSED, link.number(), origin, "");
        }
    }

    void tell(Kind kind, int link, Event.Origin origin, String detail) {
        events.add(new Event(System.nanoTime(), kind, link, origin, detail));
    }

    private void tellEvents() {
        for (Event event = events.poll(); event != null; event = events.poll()) {
            for (Consumer<Event> listener : listeners) {
                try {
                    listener.accept(event);
                } catch (RuntimeException e) {
                    Thread thread = Thread.currentThread();
                    thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
                }
            }
        }
    }

    private void closeAll() {
        if (listening != null) {
            ProxyLoop.close(listening, false);
        }
        Collection<Link> rest = links();
        rest.forEach(link -> link.relay().reset());
        tellEvents();
    }

    void count(Direction direction, int bytes) {
        (direction == Direction.TO_SERVER ? toServer : toClient).addAndGet(bytes);
    }

    ProxyLoop loop() {
        return loop;
    }

    long seed() {
        return seed;
    }

    int bufferBytes() {
        return bufferBytes;
    }

    /** For any thread. */
    void listener(Consumer<Event> listener) {
        listeners.add(listener);
    }

    /** For any thread. */
    int opened() {
        return opened.get();
    }

    /** For any thread. */
    int open() {
        return open.get();
    }

    /** For any thread. */
    long bytes(Direction direction) {
        return (direction.covers(Direction.TO_SERVER) ? toServer.get() : 0)
                + (direction.covers(Direction.TO_CLIENT) ? toClient.get() : 0);
    }
}
