package dev.bowline.bench.load;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * One client says something, all of them hear it, and then it says the next. An item is a delivery. The state is
 * confined to the one event loop.
 */
final class FanOut extends Scenario {
    private static final int AT_ONCE = 64;

    private final List<ByteBuf> requests = new ArrayList<>();
    private final List<Expected> texts = new ArrayList<>();
    private final long[] heard;
    private long round;
    private int missing;
    private long sentAt;
    private boolean going = true;
    private Consumer<ByteBuf> speaker = frame -> {};

    FanOut(Job job, Loops loops) {
        super(job, loops);
        heard = new long[job.clients()];
        var keys = new Random(7);
        for (int slot = 0; slot < Tags.SLOTS; slot++) {
            String text = "42[\"cast\",\"" + Tags.text(0, slot, job.bytes()) + "\"]";
            requests.add(SocketLink.constant(Frames.text(text, keys.nextInt())));
            texts.add(Expected.text(text));
        }
    }

    private SocketLink.Talk talk(int client) {
        return (link, frame, in) -> hear(client, link, frame, in);
    }

    private void hear(int client, SocketLink link, FrameReader frame, ByteBuf in) {
        Expected text = texts.get((int) (round % Tags.SLOTS));
        if (missing == 0 || !text.matches(frame, in)) {
            errors.add("expected " + (missing == 0 ? "nothing" : text.example()) + " and got "
                    + Expected.excerpt(in, frame.start(), frame.length()));
        } else if (heard[client] == round) {
            errors.add("heard twice: " + text.example());
        } else {
            heard[client] = round;
            missing--;
            link.tally().item(link.receivedAt() - sentAt);
            if (missing == 0 && going) {
                speak();
            }
        }
    }

    private void speak() {
        round++;
        missing = job.clients();
        sentAt = System.nanoTime();
        speaker.accept(requests.get((int) (round % Tags.SLOTS)).duplicate());
    }

    @Override
    Outcome play() {
        try (var crowd = new Crowd(job, loops, tallies, errors)) {
            crowd.come(job.clients(), AT_ONCE, this::talk);
            speaker = crowd.links().get(0)::send;
            loops.on(0, () -> {
                speak();
                return true;
            });
            pass(job.settleMillis());
            open();
            pass(job.windowMillis());
            Outcome outcome = closeCounted();
            loops.on(0, () -> going = false);
            settle(lane -> missing);
            return completed(outcome);
        }
    }
}
