package dev.bowline.adapter;

import dev.bowline.core.packet.Payload;
import java.util.Set;

/**
 * Hears who answers a broadcast: first, once, who was asked, then of each of them once either an answer or that
 * none will come. Called from any thread, event loops among them, so it must return at once; answers of two
 * sockets may come at the same time.
 */
public interface AnswerListener {
    /** These sockets are about to receive the broadcast; nobody is, if the set is empty. */
    void asked(Set<String> ids);

    /**
     * A socket answered.
     *
     * @param args the arguments of its acknowledgement
     */
    void answered(String id, Payload args);

    /** A socket will not answer: it has left, or its time is over. */
    void silent(String id);
}
