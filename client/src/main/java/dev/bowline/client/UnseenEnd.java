package dev.bowline.client;

import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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
    private boolean waiting;
    private boolean asking;
    private boolean again;
    private boolean stopped;
    private Loop.@Nullable Timer timer;

    UnseenEnd(Loop loop, Consumer<Throwable> found) {
        this.loop = loop;
        this.found = found;
    }

    void onArrival() {
        arrived++;
    }

    /** The connection may have ended unseen. */
    void suspect(WebSocket open) {
        if (asking) {
            again = true;
        } else if (!waiting) {
            waiting = true;
            awaitQuiet(open);
        }
    }

    private void awaitQuiet(WebSocket open) {
        long before = arrived;
        timer = loop.schedule(QUIET, () -> {
            if (arrived != before) {
                awaitQuiet(open);
                return;
            }
            waiting = false;
            asking = true;
            ask(open, QUESTIONS);
        });
    }

    /** One question at a time: the JDK takes a second ping behind one that cannot leave for an error. */
    private void ask(WebSocket open, int times) {
        if (times == 0) {
            asking = false;
            if (again) {
                again = false;
                suspect(open);
            }
            return;
        }
        var unused = open.sendPing(ByteBuffer.allocate(0))
                .whenComplete((same, failure) -> loop.execute(() -> {
                    if (stopped) {
                        return;
                    }
                    if (failure == null) {
                        timer = loop.schedule(QUIET, () -> ask(open, times - 1));
                    } else {
                        found.accept(failure);
                    }
                }));
    }

    /** From here on nothing is asked. */
    void stop() {
        stopped = true;
        if (timer != null) {
            timer.cancel();
        }
    }
}
