package dev.bowline.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What one client sends, and what must come back, both built before the load begins: {@link Tags#SLOTS} units that
 * differ, sent in turn. A unit is what is answered together, one frame or, with an attachment, two.
 */
final class Script {
    /** The lowest id of an acknowledgement, so that all have two digits. */
    private static final int FIRST_ID = 10;

    private final ByteBuf requests;
    private final int unit;
    private final List<List<Expected>> replies;

    private Script(List<byte[]> units, List<List<Expected>> replies) {
        this.unit = units.get(0).length;
        // Twice, so that any run of units is one piece.
        ByteBuf all = Unpooled.directBuffer(unit * units.size() * 2);
        for (int i = 0; i < 2; i++) {
            units.forEach(all::writeBytes);
        }
        this.requests = Unpooled.unreleasableBuffer(all);
        this.replies = List.copyOf(replies);
    }

    static Script echo(int client, int bytes, Random keys) {
        List<byte[]> units = new ArrayList<>();
        List<List<Expected>> replies = new ArrayList<>();
        for (int slot = 0; slot < Tags.SLOTS; slot++) {
            String message = "42[\"echo\",\"" + Tags.text(client, slot, bytes) + "\"]";
            units.add(Frames.text(message, keys.nextInt()));
            replies.add(List.of(Expected.text(message)));
        }
        return new Script(units, replies);
    }

    static Script ask(int client, int bytes, Random keys) {
        List<byte[]> units = new ArrayList<>();
        List<List<Expected>> replies = new ArrayList<>();
        for (int slot = 0; slot < Tags.SLOTS; slot++) {
            String text = Tags.text(client, slot, bytes);
            int id = FIRST_ID + slot;
            units.add(Frames.text("42" + id + "[\"ask\",\"" + text + "\"]", keys.nextInt()));
            replies.add(List.of(Expected.text("43" + id + "[\"" + text + "\"]")));
        }
        return new Script(units, replies);
    }

    static Script binary(int client, int bytes, boolean strayByte, Random keys) {
        List<byte[]> units = new ArrayList<>();
        List<List<Expected>> replies = new ArrayList<>();
        for (int slot = 0; slot < Tags.SLOTS; slot++) {
            byte[] attachment = Tags.ascii(Tags.text(client, slot, bytes));
            String event = "451-[\"bin\",{\"_placeholder\":true,\"num\":0}]";
            byte[] first = Frames.text(event, keys.nextInt());
            byte[] second = Frames.masked(Frames.BINARY, attachment, keys.nextInt());
            byte[] both = new byte[first.length + second.length];
            System.arraycopy(first, 0, both, 0, first.length);
            System.arraycopy(second, 0, both, first.length, second.length);
            units.add(both);
            replies.add(List.of(
                    Expected.text(event, "451-[\"bin\",{\"num\":0,\"_placeholder\":true}]"),
                    Expected.binary(attachment, strayByte)));
        }
        return new Script(units, replies);
    }

    /** A run of units in one piece. */
    ByteBuf units(int first, int count) {
        return requests.slice(first % Tags.SLOTS * unit, count * unit).retain();
    }

    /** How many messages answer a unit. */
    int parts() {
        return replies.get(0).size();
    }

    Expected reply(int slot, int part) {
        return replies.get(slot % Tags.SLOTS).get(part);
    }
}
