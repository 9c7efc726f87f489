package dev.bowline.client;

import java.net.http.WebSocket;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much of what came was handed to the loop and not yet processed. Who receives asks for the next message as long
 * as there is room, since asking from elsewhere leaves moments in which the JDK does not see the connection end.
 *
 * <p>Safe for the receiving thread and the loop.
 */
final class ReadWindow {
    /** How many bytes may wait, beyond one message. */
    private static final long MOST_BYTES = 1 << 20;

    private final AtomicLong waiting = new AtomicLong();
    private final AtomicBoolean shut = new AtomicBoolean();

    /** A message was handed to the loop. On the receiving thread. */
    void delivered(WebSocket from, int cost) {
        if (waiting.addAndGet(cost) <= MOST_BYTES) {
            from.request(1);
            return;
        }
        shut.set(true);
        open(from, MOST_BYTES);
    }

    /** A message was processed; says whether that is why the next one was asked for. On the loop. */
    boolean processed(WebSocket from, int cost) {
        waiting.addAndGet(-cost);
        return open(from, MOST_BYTES / 2);
    }

    private boolean open(WebSocket from, long limit) {
        boolean opened = waiting.get() <= limit && shut.compareAndSet(true, false);
        if (opened) {
            from.request(1);
        }
        return opened;
    }
}
