package dev.bowline.server;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Those who watch the server, if anyone does: where there is nobody there is no such object, so that being watched
 * costs a comparison with null. Safe for any thread.
 */
final class Observers {
    private static final System.Logger LOG = System.getLogger(Observers.class.getName());

    private final List<ServerListener> listeners;
    private final AtomicLong connections = new AtomicLong();
    private final AtomicBoolean failed = new AtomicBoolean();

    private Observers(List<ServerListener> listeners) {
        this.listeners = List.copyOf(listeners);
    }

    /** Null if there are none. */
    static @Nullable Observers of(List<ServerListener> listeners) {
        return listeners.isEmpty() ? null : new Observers(listeners);
    }

    long nextConnection() {
        return connections.incrementAndGet();
    }

    /** What happens to watchers is not what happens to the server. */
    void tell(Consumer<ServerListener> news) {
        for (ServerListener listener : listeners) {
            try {
                news.accept(listener);
            } catch (Throwable failure) { // whatever it is: the next one is not to blame, and the server even less
                if (failed.compareAndSet(false, true)) {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "A listener of the server failed; further failures are not logged",
                            failure);
                }
            }
        }
    }

    /** So much time has passed since an instant of {@code System.nanoTime}. */
    static Duration since(long instant) {
        return Duration.ofNanos(System.nanoTime() - instant);
    }
}
