package dev.bowline.bench.load;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The way of a browser: a session begins with long-polling, enters its namespace, and moves to a WebSocket while a poll
 * waits, which the server ends. Confined to the link's event loop after {@link #begin}.
 */
final class Upgrade {
    private static final Pattern SID = Pattern.compile("\"sid\":\"([^\"]+)\"");
    /** How long a poll may stay unanswered after the probe; a server that leaves it open loses it. */
    private static final long POLL_MILLIS = 1_000;

    private final SocketLink link;
    private final int port;
    private final HttpLink polls;
    private final HttpLink posts;
    private String query = "";
    private boolean probed;
    private boolean taken;

    Upgrade(SocketLink link, int port) {
        this.link = link;
        this.port = port;
        this.polls = new HttpLink(link.loop(), port, this::fail);
        this.posts = new HttpLink(link.loop(), port, this::fail);
    }

    /** Completes the link's {@code ready}. For any thread. */
    void begin() {
        link.loop().execute(() -> polls.request(HttpLink.get(port, ""), this::opened));
    }

    private void opened(ByteBuf body) {
        Matcher found = SID.matcher(body.toString(StandardCharsets.US_ASCII));
        if (!found.find()) {
            fail(new IllegalStateException("no session is opened"));
            return;
        }
        String sid = found.group(1);
        query = "&sid=" + sid;
        posts.request(HttpLink.post(port, query, "40"), accepted -> poll(sid));
    }

    private void poll(String sid) {
        polls.request(HttpLink.get(port, query), body -> {
            if (!body.toString(StandardCharsets.US_ASCII).contains("40{")) {
                poll(sid);
                return;
            }
            polls.request(HttpLink.get(port, query), nothing -> drained());
            link.probe(sid).whenComplete((done, failure) -> {
                if (failure != null) {
                    fail(failure);
                    return;
                }
                probed = true;
                link.loop().schedule(this::takeOver, POLL_MILLIS, TimeUnit.MILLISECONDS);
                if (!polls.busy()) {
                    takeOver();
                }
            });
        });
    }

    private void drained() {
        if (probed) {
            takeOver();
        }
    }

    private void takeOver() {
        if (!taken) {
            taken = true;
            link.takeOver();
            // Not before the server has read that polling is over: it would take the reset for a loss.
            link.loop().schedule(this::leave, POLL_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void leave() {
        polls.cut();
        posts.cut();
    }

    private void fail(Throwable cause) {
        if (!taken) {
            taken = true;
            link.ready().completeExceptionally(cause);
            leave();
        }
    }
}
