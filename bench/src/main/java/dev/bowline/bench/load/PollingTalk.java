package dev.bowline.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A client over long-polling, with a connection for polls and one for posts: says something, and says the next when it
 * has come back and the post is answered. Confined to its event loop, except {@link #come}.
 */
final class PollingTalk {
    private static final Pattern SID = Pattern.compile("\"sid\":\"([^\"]+)\"");
    private static final byte SEPARATOR = 0x1e;
    private static final Expected ACCEPTED = Expected.text("ok");

    private final EventLoop loop;
    private final int client;
    private final Job job;
    private final Tally tally;
    private final Errors errors;
    private final HttpLink polls;
    private final HttpLink posts;
    private final CompletableFuture<PollingTalk> ready = new CompletableFuture<>();
    private final List<ByteBuf> requests = new ArrayList<>();
    private final List<Expected> texts = new ArrayList<>();

    private ByteBuf poll;
    private ByteBuf pong;
    private String query = "";
    private int slot;
    private long sentAt;
    private boolean outstanding;
    private boolean pongDue;
    private boolean going;

    PollingTalk(EventLoop loop, int client, Job job, Tally tally, Errors errors) {
        this.loop = loop;
        this.client = client;
        this.job = job;
        this.tally = tally;
        this.errors = errors;
        this.polls = new HttpLink(loop, job.port(), this::fail);
        this.posts = new HttpLink(loop, job.port(), this::fail);
        this.poll = HttpLink.get(job.port(), "");
        this.pong = poll;
    }

    /** Opens the session; completes when the client is in its namespace. For any thread. */
    CompletableFuture<PollingTalk> come() {
        loop.execute(() -> polls.request(poll, this::opened));
        return ready;
    }

    private void opened(ByteBuf body) {
        Matcher found = SID.matcher(body.toString(StandardCharsets.US_ASCII));
        if (!found.find()) {
            fail(new IllegalStateException("no session is opened"));
            return;
        }
        query = "&sid=" + found.group(1);
        poll = HttpLink.get(job.port(), query);
        pong = HttpLink.post(job.port(), query, "3");
        for (int i = 0; i < Tags.SLOTS; i++) {
            String text = "42[\"echo\",\"" + Tags.text(client, i, job.bytes()) + "\"]";
            requests.add(HttpLink.post(job.port(), query, text));
            texts.add(Expected.text(text));
        }
        posts.request(HttpLink.post(job.port(), query, "40"), accepted -> enter());
    }

    private void enter() {
        polls.request(poll, body -> {
            if (body.toString(StandardCharsets.US_ASCII).contains("40{")) {
                polls.request(poll, this::polled);
                ready.complete(this);
            } else {
                enter();
            }
        });
    }

    void begin() {
        going = true;
        speak();
    }

    void end() {
        going = false;
    }

    int outstanding() {
        return outstanding || posts.busy() ? 1 : 0;
    }

    void cut() {
        polls.cut();
        posts.cut();
    }

    private void speak() {
        if (posts.busy()) {
            return;
        }
        if (pongDue) {
            pongDue = false;
            posts.request(pong, this::posted);
        } else if (going && !outstanding) {
            outstanding = true;
            slot = (slot + 1) % Tags.SLOTS;
            sentAt = System.nanoTime();
            posts.request(requests.get(slot), this::posted);
        }
    }

    private void posted(ByteBuf body) {
        if (!ACCEPTED.matches(body, 0, body.readableBytes())) {
            errors.add("a post is answered with " + Expected.excerpt(body, 0, body.readableBytes()));
        }
        speak();
    }

    private void polled(ByteBuf body) {
        int start = 0;
        while (start < body.writerIndex()) {
            int end = body.indexOf(start, body.writerIndex(), SEPARATOR);
            int stop = end < 0 ? body.writerIndex() : end;
            packet(body, start, stop - start);
            start = stop + 1;
        }
        polls.request(poll, this::polled);
        speak();
    }

    private void packet(ByteBuf body, int start, int length) {
        if (length == 1 && body.getByte(start) == '2') {
            pongDue = true;
        } else if (outstanding && texts.get(slot).matches(body, start, length)) {
            outstanding = false;
            tally.item(System.nanoTime() - sentAt);
        } else {
            errors.add("expected " + (outstanding ? texts.get(slot).example() : "nothing") + " and got "
                    + Expected.excerpt(body, start, length));
        }
    }

    private void fail(Throwable cause) {
        if (!ready.completeExceptionally(cause)) {
            errors.add("a polling client was lost: " + cause.getMessage());
        }
        cut();
    }
}
