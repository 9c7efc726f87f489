package dev.bowline.client;

import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Finds out about the end of a connection that the JDK has lost (see {@link HttpTransports}): at its next quiet moment
 * the connection is asked whether it lives, by a ping (RFC 6455, section 5.5.2).
 *
 * <p>Nothing follows from an answer that does not come, which is the heartbeat's to judge. But to write to a peer that
 * has gone fails, on the third time at the latest: the first makes the peer's host say so, at the second the JDK hears
 * it, and tells of it at the third. Confined to the loop.
 */
final class UnseenEnd {
    /** How long nothing must have come, and how long it is from one question to the next. */
    private static final Duration QUIET = Duration.ofSeconds(1);

    private static final int QUESTIONS = 3;

    private final Loop loop;
    private final Consumer<Throwable> found;
    private long arrived;
    private boolean suspected;
    private boolean stopped;

    UnseenEnd(Loop loop, Consumer<Throwable> found) {
        this.loop = loop;
        this.found = found;
    }

    void onArrival() {
        arrived++;
    }

    /** The connection may have ended unseen. */
    void suspect(WebSocket open) {
        if (suspected) {
            return;
        }
        suspected = true;
        long before = arrived;
        loop.schedule(QUIET, () -> {
            suspected = false;
            if (arrived == before) {
                ask(open, QUESTIONS);
            } else if (!stopped) {
                suspect(open);
            }
        });
    }

    private void ask(WebSocket open, int times) {
        if (stopped || times == 0) {
            return;
        }
        var unused = open.sendPing(ByteBuffer.allocate(0))
                .whenComplete((same, failure) -> loop.execute(() -> {
                    if (failure == null) {
                        loop.schedule(QUIET, () -> ask(open, times - 1));
                    } else {
                        found.accept(failure);
                    }
                }));
    }

    /** From here on nothing is asked. */
    void stop() {
        stopped = true;
    }
}
