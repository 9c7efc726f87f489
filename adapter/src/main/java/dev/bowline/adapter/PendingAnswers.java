package dev.bowline.adapter;

import dev.bowline.core.packet.Payload;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The answers to one broadcast that this node's sockets still owe: it passes them on, at most one of each socket, and
 * gives up whoever has not answered in time. Safe for any thread.
 */
final class PendingAnswers implements AnswerListener {
    private final long ackId;
    private final AnswerListener listener;
    private final Map<String, Receiver> owing = new ConcurrentHashMap<>();
    private volatile @Nullable Future<?> timer;

    PendingAnswers(long ackId, AnswerListener listener) {
        this.ackId = ackId;
        this.listener = listener;
    }

    /** Says who is asked. Nobody can have answered yet, although some may have left. */
    void begin(Collection<Receiver> receivers, ScheduledExecutorService clock, Duration timeout) {
        receivers.forEach(receiver -> owing.put(receiver.id(), receiver));
        asked(Set.copyOf(owing.keySet()));
        receivers.forEach(receiver -> receiver.expect(ackId, this));
        if (!owing.isEmpty()) {
            timer = clock.schedule(this::timedOut, timeout.toNanos(), TimeUnit.NANOSECONDS);
            stopIfOver();
        }
    }

    @Override
    public void asked(Set<String> ids) {
        listener.asked(ids);
    }

    @Override
    public void answered(String id, Payload args) {
        if (owing.remove(id) != null) {
            listener.answered(id, args);
            stopIfOver();
        }
    }

    @Override
    public void silent(String id) {
        if (owing.remove(id) != null) {
            listener.silent(id);
            stopIfOver();
        }
    }

    private void timedOut() {
        owing.forEach((id, receiver) -> {
            receiver.forget(ackId);
            silent(id);
        });
    }

    private void stopIfOver() {
        Future<?> set = timer;
        if (set != null && owing.isEmpty()) {
            set.cancel(false);
        }
    }
}
