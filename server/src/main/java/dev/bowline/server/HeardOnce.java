package dev.bowline.server;

import dev.bowline.core.packet.DeliveryId;
import dev.bowline.core.packet.Payload;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The events of one session that its client sends again until they are acknowledged ({@link DeliveryId}): each is
 * handled once, and every further try gets the answer of the first, over whatever connection it comes. Safe for any
 * thread.
 *
 * <p>Such a client has one event under way at a time, so that few have to be remembered.
 */
final class HeardOnce {
    private static final int MOST = 16;

    private static final class Heard {
        private SocketSession asking;
        private @Nullable Payload answer;

        Heard(SocketSession asking) {
            this.asking = asking;
        }
    }

    // Guarded by itself.
    private final Map<Long, Heard> heard = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Heard> eldest) {
            return size() > MOST;
        }
    };

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
                return true;
            }
            before.asking = socket;
            answer = before.answer;
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
                first.answer = answer;
                asking = first.asking;
            }
        }
        asking.acknowledge(id, answer);
    }

    /** It was not handled, or the handler failed without an answer: the next try is another chance. */
    void failed(long id) {
        synchronized (heard) {
            Heard first = heard.get(id);
            if (first != null && first.answer == null) {
                heard.remove(id);
            }
        }
    }
}
