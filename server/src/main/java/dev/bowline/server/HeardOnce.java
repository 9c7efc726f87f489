package dev.bowline.server;

import dev.bowline.core.packet.DeliveryId;
import dev.bowline.core.packet.Payload;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The events of one session that its client sends again until they are acknowledged ({@link DeliveryId}): each is
 * handled once, and every further try gets the answer of the first, over whatever connection it comes. Safe for any
 * thread.
 *
 * <p>Such a client has one event under way at a time, so that few have to be remembered; and answers only as long as
 * they are small together: the next try of an event whose answer is not kept is handled again.
 */
final class HeardOnce {
    /** What the answers of one session may have together. */
    static final int MOST_BYTES = 64 * 1024;

    private static final int MOST = 16;
    private static final int COST = 160;

    private static final class Heard {
        private @Nullable SocketSession asking;
        private @Nullable Payload answer;

        Heard(SocketSession asking) {
            this.asking = asking;
        }

        int bytes() {
            return answer == null ? 0 : answer.byteLength();
        }
    }

    // Guarded by itself; the oldest first.
    private final Map<Long, Heard> heard = new LinkedHashMap<>();
    private int bytes;

    // What follows is guarded by this lock, which is taken before that of the log; a socket that leaves holds its own.
    private final Object charging = new Object();
    private @Nullable IntConsumer account;

    /**
     * A try has come. If it is not the first, its socket gets the answer, now or when there is one.
     *
     * @return whether it is the first, so that the event is to be handled
     */
    boolean isFirst(long id, SocketSession socket) {
        Payload answer;
        synchronized (heard) {
            Heard before = heard.get(id);
            if (before == null) {
                heard.put(id, new Heard(socket));
                forgetTheOldest();
                return true;
            }
            answer = before.answer;
            if (answer == null) {
                before.asking = socket;
            }
        }
        if (answer != null) {
            socket.acknowledge(id, answer);
        }
        return false;
    }

    /** The application has answered: whoever tried last is told. */
    void answered(long id, Payload answer, SocketSession socket) {
        SocketSession asking = socket;
        synchronized (heard) {
            Heard first = heard.get(id);
            if (first != null) {
                asking = first.asking;
                first.asking = null;
                first.answer = answer;
                bytes += answer.byteLength();
                forgetTheOldest();
            }
        }
        charge();
        if (asking != null) {
            asking.acknowledge(id, answer);
        }
    }

    /** It was not handled, or the handler failed without an answer: the next try is another chance. */
    void failed(long id) {
        synchronized (heard) {
            Heard first = heard.get(id);
            if (first != null && first.answer == null) {
                heard.remove(id);
            }
        }
        charge();
    }

    /** A socket has gone: its connection is not to be kept for the sake of what it asked. */
    void left(SocketSession socket) {
        synchronized (heard) {
            for (Heard each : heard.values()) {
                if (each.asking == socket) {
                    each.asking = null;
                }
            }
        }
    }

    /** What it costs to keep, in bytes. */
    int cost() {
        synchronized (heard) {
            return bytes + COST * heard.size();
        }
    }

    /** Its socket has gone: whatever it costs from now on is told there, and not under the lock of what was heard. */
    void chargeTo(IntConsumer keeper) {
        synchronized (charging) {
            account = keeper;
        }
        charge();
    }

    private void charge() {
        // What it costs is told in the order in which that was found.
        synchronized (charging) {
            if (account != null) {
                account.accept(cost());
            }
        }
    }

    private void forgetTheOldest() {
        for (Iterator<Heard> oldest = heard.values().iterator();
                (heard.size() > MOST || bytes > MOST_BYTES) && oldest.hasNext(); ) {
            Heard gone = oldest.next();
            if (heard.size() > MOST || gone.answer != null) {
                bytes -= gone.bytes();
                oldest.remove();
            }
        }
    }
}
