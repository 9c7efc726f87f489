package dev.bowline.testkit;

import dev.bowline.testkit.Conditions.Change;
import dev.bowline.testkit.Shaper.Kind;
import dev.bowline.testkit.Shaper.Slice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a link: what was read from the source and not yet written to the sink.
 *
 * <p>Bytes go hold, slice, bandwidth, delay, black hole. The end of the stream and a reset travel as
 * marks in the same queues, so that a fault keeps them back like bytes. The buffer is bounded: when it
 * is full the source is not read, and feels it. Confined to the proxy's thread, but for the counter.
 */
final class Pipe implements UpgradeRefuser.Output {
    private enum Mode {
        /** Bytes pass, as far as the conditions let them. */
        PASSING,
        /** The link was severed: a buffer of bytes is still taken from the source, and lost. */
        SEVERED,
        /** The proxy has ended the stream itself: what the source still sends is read and dropped. */
        DISCARDING
    }

    private static final byte[] NO_BYTES = {};

    private final Relay relay;
    private final Direction direction;
    private final End source;
    private final End sink;
    private final int bufferBytes;
    private final Shaper shaper;
    private final @Nullable UpgradeRefuser refuser;
    private final Deque<Slice> held = new ArrayDeque<>();
    private final Queue<Slice> waiting = new ArrayDeque<>();
    private final AtomicLong passed = new AtomicLong();

    private Conditions conditions;
    private Mode mode = Mode.PASSING;
    private long arrived;
    private int buffered;
    private boolean ended;
    private boolean writeBlocked;
    private boolean wakePending;
    private long wakeAt;

    Pipe(Relay relay, Direction direction, End source, End sink, Shaper shaper, Conditions conditions) {
        this.relay = relay;
        this.direction = direction;
        this.source = source;
        this.sink = sink;
        this.bufferBytes = relay.bufferBytes();
        this.shaper = shaper;
        this.conditions = conditions;
        this.refuser = direction == Direction.TO_SERVER ? new UpgradeRefuser() : null;
    }

    /** How many bytes reached the sink; for any thread. */
    long passed() {
        return passed.get();
    }

    /** How many bytes wait to be written. */
    long waitingBytes() {
        return mode == Mode.PASSING ? buffered : 0;
    }

    boolean isBlackHole() {
        return conditions.blackHole();
    }

    boolean wantsRead() {
        return !source.inputEnded && (mode == Mode.DISCARDING || buffered < bufferBytes);
    }

    boolean wantsWrite() {
        return writeBlocked && !conditions.blackHole();
    }

    /** Whether nothing can come out of this direction any more. */
    boolean isDrained() {
        return switch (mode) {
            case PASSING -> ended || (sink.gone && source.inputEnded);
            case SEVERED, DISCARDING -> source.inputEnded;
        };
    }

    /** Reads once from the source. */
    void read(ByteBuffer scratch) {
        scratch.clear();
        if (mode != Mode.DISCARDING) {
            scratch.limit(Math.min(scratch.capacity(), bufferBytes - buffered));
        }
        int count;
        try {
            count = source.read(scratch);
        } catch (IOException e) {
            relay.broken(source);
            return;
        }
        if (count < 0) {
            relay.inputEnded(source);
            if (refuser != null) {
                refuser.flush(this);
            }
            mark(Kind.END);
        } else if (count > 0) {
            take(scratch.flip());
        }
        pump();
    }

    private void take(ByteBuffer read) {
        if (mode == Mode.SEVERED) {
            buffered += read.remaining();
        } else if (mode == Mode.PASSING) {
            byte[] bytes = new byte[read.remaining()];
            read.get(bytes);
            if (refuser != null) {
                refuser.accept(bytes, conditions.refuseUpgrades(), this);
            } else {
                pass(bytes);
            }
        }
    }

    @Override
    public void pass(byte[] bytes) {
        if (mode == Mode.PASSING) {
            admit(new Slice(Kind.BYTES, bytes, 0, bytes.length, arrived));
            arrived += bytes.length;
            buffered += bytes.length;
        }
    }

    @Override
    public void refuse() {
        mark(Kind.REFUSED_UPGRADE);
    }

    /** Puts a mark behind all that arrived. */
    void mark(Kind kind) {
        if (mode == Mode.PASSING) {
            admit(new Slice(kind, NO_BYTES, 0, 0, arrived));
        }
    }

    /** The hold stage: lets a slice on to the shaper, or keeps it or its rest back. */
    private void admit(Slice slice) {
        long room = conditions.holdAt() - slice.position;
        if (!held.isEmpty() || room <= 0) {
            held.add(slice);
        } else if (slice.length() > room) {
            int cut = slice.from + (int) room;
            shape(new Slice(slice.kind, slice.bytes, slice.from, cut, slice.position));
            held.add(new Slice(slice.kind, slice.bytes, cut, slice.to, conditions.holdAt()));
        } else {
            shape(slice);
        }
    }

    private void shape(Slice slice) {
        shaper.shape(slice, conditions, relay.now(), waiting::add);
    }

    /** Applies a command. What waits for a delay or for bandwidth that is healed is scheduled anew. */
    void change(Change change) {
        Conditions before = conditions;
        conditions = change.apply(before, arrived);
        if ((before.delays() && !conditions.delays()) || (before.limits() && !conditions.limits())) {
            List<Slice> again = List.copyOf(waiting);
            waiting.clear();
            shaper.restart(relay.now());
            again.forEach(this::shape);
        }
        if (refuser != null && !conditions.refuseUpgrades()) {
            refuser.flush(this);
        }
        if (conditions.holdAt() > before.holdAt()) {
            List<Slice> again = List.copyOf(held);
            held.clear();
            again.forEach(this::admit);
        }
        pump();
    }

    /** Loses what waits and all that comes. */
    void sever() {
        lose(Mode.SEVERED);
    }

    /** Loses what waits, and reads on until the source ends. */
    void discard() {
        lose(Mode.DISCARDING);
    }

    private void lose(Mode next) {
        mode = next;
        held.clear();
        waiting.clear();
        buffered = 0;
        writeBlocked = false;
    }

    /** Writes what is due. */
    void pump() {
        writeBlocked = false;
        while (!conditions.blackHole() && !writeBlocked && sink.isWritable()) {
            Slice next = waiting.peek();
            if (next == null) {
                break;
            }
            if (next.due - relay.now() > 0) {
                wake(next.due);
                break;
            }
            deliver(next);
        }
        endIfNobodyIsLeft();
        relay.refresh();
    }

    private void deliver(Slice slice) {
        switch (slice.kind) {
            case BYTES -> write(slice);
            case END -> {
                waiting.remove();
                ended = true;
                sink.finish();
            }
            case RESET -> relay.reset();
            case REFUSED_UPGRADE -> {
                waiting.remove();
                relay.refuseUpgrade();
            }
        }
    }

    private void write(Slice slice) {
        int count;
        try {
            count = sink.write(ByteBuffer.wrap(slice.bytes, slice.from, slice.length()));
        } catch (IOException e) {
            relay.broken(sink);
            return;
        }
        slice.from += count;
        buffered -= count;
        passed.addAndGet(count);
        relay.count(direction, count);
        if (slice.length() == 0) {
            waiting.remove();
        } else {
            writeBlocked = true;
        }
    }

    /** When both ends are gone, whatever waits has nobody to go to. */
    private void endIfNobodyIsLeft() {
        if (source.gone && sink.gone) {
            relay.reset();
        }
    }

    private void wake(long due) {
        if (!wakePending || due - wakeAt < 0) {
            wakePending = true;
            wakeAt = due;
            relay.at(due, () -> {
                wakePending = false;
                pump();
            });
        }
    }
}
