package dev.bowline.server;

import dev.bowline.adapter.RoomListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Passes what an adapter says of its rooms on to the application's listeners, in its order, but not under the
 * adapter's lock and not on its thread. Costs nothing while nobody listens. Safe for any thread.
 */
final class RoomEvents implements RoomListener {
    static final int MAX_WAITING = 100_000;

    private static final System.Logger LOG = System.getLogger(RoomEvents.class.getName());

    private final List<RoomListener> listeners = new CopyOnWriteArrayList<>();
    private final SerialExecutor inOrder;
    private final AtomicLong missed = new AtomicLong();

    RoomEvents(Executor threads) {
        this.inOrder = new SerialExecutor(threads);
    }

    void add(RoomListener listener) {
        listeners.add(listener);
    }

    @Override
    public void created(String room) {
        tell(listener -> listener.created(room));
    }

    @Override
    public void joined(String room, String id) {
        tell(listener -> listener.joined(room, id));
    }

    @Override
    public void left(String room, String id) {
        tell(listener -> listener.left(room, id));
    }

    @Override
    public void deleted(String room) {
        tell(listener -> listener.deleted(room));
    }

    private void tell(Consumer<RoomListener> change) {
        if (listeners.isEmpty()) {
            return;
        }
        long lost = missed.getAndSet(0);
        if (!inOrder.offer(() -> tellAll(change, lost), MAX_WAITING)) {
            missed.addAndGet(lost + 1);
        }
    }

    private void tellAll(Consumer<RoomListener> change, long lost) {
        for (RoomListener listener : listeners) {
            if (lost > 0) {
                guarded(listener, told -> told.missed(lost));
            }
            guarded(listener, change);
        }
    }

    private static void guarded(RoomListener listener, Consumer<RoomListener> change) {
        try {
            change.accept(listener);
        } catch (Exception | Error failure) { // the next listener is not to blame
            LOG.log(System.Logger.Level.WARNING, "A listener of rooms failed", failure);
        }
    }
}
