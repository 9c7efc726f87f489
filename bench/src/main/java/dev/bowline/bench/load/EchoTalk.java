package dev.bowline.bench.load;

import io.netty.buffer.ByteBuf;

/**
 * A client that keeps a number of units on their way, and sends the next one when one is answered. Whatever comes must
 * be the answer to the oldest of them. Confined to its link's event loop.
 */
final class EchoTalk implements SocketLink.Talk {
    private final Script script;
    private final long[] sentAt = new long[Tags.SLOTS];

    private int sent;
    private int answered;
    private int part;
    private int due;
    private boolean going;

    EchoTalk(Script script) {
        this.script = script;
    }

    /** Keeps this many on their way, from now on. */
    void begin(SocketLink link, int inFlight) {
        going = true;
        send(link, inFlight, System.nanoTime());
    }

    /** Sends one, and nothing when it is answered; has no effect while one is on its way. */
    void once(SocketLink link) {
        if (outstanding() == 0) {
            send(link, 1, System.nanoTime());
        }
    }

    /** Sends no more. */
    void end() {
        going = false;
    }

    /** How many units are not answered yet. */
    int outstanding() {
        return sent - answered;
    }

    private void send(SocketLink link, int count, long now) {
        for (int i = 0; i < count; i++) {
            sentAt[(sent + i) % Tags.SLOTS] = now;
        }
        link.send(script.units(sent, count));
        sent += count;
    }

    @Override
    public void message(SocketLink link, FrameReader frame, ByteBuf in) {
        if (outstanding() == 0) {
            link.errors().add("nothing was due: " + Expected.excerpt(in, frame.start(), frame.length()));
            return;
        }
        Expected reply = script.reply(answered, part);
        boolean right = reply.matches(frame, in);
        if (!right) {
            link.errors()
                    .add("expected " + reply.example() + " and got "
                            + Expected.excerpt(in, frame.start(), frame.length()));
        }
        part++;
        if (part == script.parts()) {
            part = 0;
            if (right) {
                link.tally().item(link.receivedAt() - sentAt[answered % Tags.SLOTS]);
            }
            answered++;
            if (going) {
                due++;
            }
        }
    }

    @Override
    public void received(SocketLink link) {
        if (due > 0) {
            send(link, due, link.receivedAt());
            due = 0;
        }
    }
}
