package dev.bowline.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Many rooms of fifty. Several conversations at once, each in a room of its own at a time: a member leaves and says
 * something, which the other forty-nine must hear; it joins again and says something, which all fifty must hear; then the
 * conversation goes on in another room. An item is a delivery. The state is confined to the one event loop.
 */
final class Rooms extends Scenario {
    static final int MEMBERS = 50;

    private static final int AT_ONCE = 64;
    private static final int CONVERSATIONS = 16;
    private static final int NUMBER = 5;
    private static final String PREFIX = "42[\"say\",\"";
    private static final int NOBODY = -1;

    private final int groups;
    private final @Nullable Conversation[] inRoom;
    private final boolean[] in;
    private final Random keys = new Random(7);
    private int entered;
    private boolean going = true;
    private long moves;

    Rooms(Job job, Loops loops) {
        super(job, loops);
        if (job.clients() % MEMBERS != 0) {
            throw new IllegalArgumentException("clients must be a multiple of " + MEMBERS + ": " + job.clients());
        }
        groups = job.clients() / MEMBERS;
        inRoom = new Conversation[job.rooms()];
        in = new boolean[job.clients()];
    }

    /** Room r has the clients r mod groups, r mod groups + groups, and so on. */
    private int member(int room, int index) {
        return room % groups + index * groups;
    }

    private static String name(int room) {
        return String.format("r%05d", room);
    }

    /** What one member does in one room after the other. */
    private final class Conversation {
        private final Crowd crowd;
        private final int step;
        private int room;
        private int speaker;
        private int slot;
        private boolean away;
        private Expected text = Expected.text("");
        private long missing;
        private long sentAt;

        Conversation(Crowd crowd, int first, int step) {
            this.crowd = crowd;
            this.step = step;
            this.room = first;
        }

        void begin() {
            inRoom[room] = this;
            move("leave", true);
        }

        private void move(String what, boolean leaving) {
            slot++;
            moves++;
            away = leaving;
            String said = PREFIX + Tags.said(name(room), slot, job.bytes()) + "\"]";
            text = Expected.text(said);
            missing = (1L << MEMBERS) - 1;
            if (leaving) {
                missing &= ~(1L << speaker);
            }
            sentAt = System.nanoTime();
            crowd.links()
                    .get(member(room, speaker))
                    .send(Unpooled.wrappedBuffer(
                            Frames.text("42[\"" + what + "\",\"" + name(room) + "\"]", keys.nextInt()),
                            Frames.text(said, keys.nextInt())));
        }

        void hear(int client, SocketLink link, FrameReader frame, ByteBuf bytes) {
            long bit = 1L << (client / groups);
            if (client % groups != room % groups || !text.matches(frame, bytes)) {
                errors.add("expected " + text.example() + " and got "
                        + Expected.excerpt(bytes, frame.start(), frame.length()));
            } else if ((missing & bit) == 0) {
                errors.add("heard twice, or after leaving: " + text.example());
            } else {
                missing &= ~bit;
                link.tally().item(link.receivedAt() - sentAt);
                if (missing == 0) {
                    next();
                }
            }
        }

        private void next() {
            if (away) {
                move("join", false);
                return;
            }
            if (going) {
                inRoom[room] = null;
                // Its rooms are nobody else's: those whose number leaves the same remainder.
                room = room + step < inRoom.length ? room + step : room % step;
                speaker = (speaker + 1) % MEMBERS;
                begin();
            }
        }
    }

    private SocketLink.Talk talk(int client) {
        return (link, frame, bytes) -> {
            int room = room(bytes, frame);
            Conversation conversation = room >= 0 && room < inRoom.length ? inRoom[room] : null;
            if (conversation != null) {
                conversation.hear(client, link, frame, bytes);
            } else if (room == NOBODY && !in[client] && enteredAll(frame, bytes)) {
                in[client] = true;
                entered++;
            } else {
                errors.add("nothing was due: " + Expected.excerpt(bytes, frame.start(), frame.length()));
            }
        };
    }

    /** The room that a text is for, if it was said in one. */
    private static int room(ByteBuf bytes, FrameReader frame) {
        int at = frame.start() + PREFIX.length();
        if (frame.length() < PREFIX.length() + NUMBER + 1 || bytes.getByte(at) != 'r') {
            return NOBODY;
        }
        int room = 0;
        for (int i = 1; i <= NUMBER; i++) {
            room = room * 10 + bytes.getByte(at + i) - '0';
        }
        return room;
    }

    private boolean enteredAll(FrameReader frame, ByteBuf bytes) {
        return bytes.getByte(frame.start()) == '4' && bytes.getByte(frame.start() + 1) == '3';
    }

    private void joinAll(Crowd crowd) {
        for (int client = 0; client < job.clients(); client++) {
            var names = new StringBuilder("4210[\"joinAll\",[");
            for (int room = client % groups; room < job.rooms(); room += groups) {
                names.append(room == client % groups ? "\"" : ",\"")
                        .append(name(room))
                        .append('"');
            }
            crowd.links()
                    .get(client)
                    .send(Unpooled.wrappedBuffer(Frames.text(names.append("]]").toString(), keys.nextInt())));
        }
    }

    @Override
    Outcome play() {
        try (var crowd = new Crowd(job, loops, tallies, errors)) {
            crowd.come(job.clients(), AT_ONCE, this::talk);
            loops.on(0, () -> {
                joinAll(crowd);
                return true;
            });
            settle(lane -> job.clients() - entered);
            int conversations = Math.min(CONVERSATIONS, job.rooms());
            loops.on(0, () -> {
                for (int i = 0; i < conversations; i++) {
                    new Conversation(crowd, i, conversations).begin();
                }
                return true;
            });
            pass(job.settleMillis());
            open();
            long movesBefore = loops.on(0, () -> moves);
            pass(job.windowMillis());
            Outcome outcome = closeCounted();
            long moved = loops.on(0, () -> moves) - movesBefore;
            figures.put("movesPerSecond", moved * 1e6 / outcome.windowMicros());
            loops.on(0, () -> going = false);
            settle(lane -> missing());
            return completed(outcome);
        }
    }

    private long missing() {
        return Arrays.stream(inRoom)
                .filter(Objects::nonNull)
                .mapToLong(conversation -> Long.bitCount(conversation.missing))
                .sum();
    }
}
