package dev.bowline.testkit;

import dev.bowline.testkit.Conditions.Change;
import dev.bowline.testkit.FaultProxy.Event;
import dev.bowline.testkit.FaultProxy.Event.Kind;
import java.util.function.Consumer;

/** One client's connection through a {@link FaultProxy}, with the proxy's own connection to the target. */
public final class Link extends Faults {
    private final Switchboard board;
    private final int number;
    private final Relay relay;

    Link(Switchboard board, int number, Conditions toServer, Conditions toClient) {
        this.board = board;
        this.number = number;
        this.relay = new Relay(board, number, this, toServer, toClient);
    }

    /** Its number: 1 for the first that the proxy accepted, 2 for the next. */
    public int number() {
        return number;
    }

    /** Whether the link is still there: a link ends when both directions have, or with a reset. */
    public boolean isOpen() {
        return board.loop().ask(() -> board.link(number).isPresent());
    }

    /** How many bytes the proxy has handed on in a direction, or in both. */
    public long bytes(Direction direction) {
        return (direction.covers(Direction.TO_SERVER)
                        ? relay.pipe(Direction.TO_SERVER).passed()
                        : 0)
                + (direction.covers(Direction.TO_CLIENT)
                        ? relay.pipe(Direction.TO_CLIENT).passed()
                        : 0);
    }

    /**
     * How many bytes the proxy has taken in a direction, or in both, and not handed on yet, because of a
     * fault or a slow receiver.
     */
    public long waitingBytes(Direction direction) {
        return board.loop()
                .ask(() -> (direction.covers(Direction.TO_SERVER)
                                ? relay.pipe(Direction.TO_SERVER).waitingBytes()
                                : 0)
                        + (direction.covers(Direction.TO_CLIENT)
                                ? relay.pipe(Direction.TO_CLIENT).waitingBytes()
                                : 0));
    }

    /**
     * Kills the link without telling either end, as a NAT does that forgot it: what is under way is lost,
     * and nothing passes ever again, neither bytes nor an end, also after {@link #heal()}.
     *
     * <p>Each end can still send a buffer of bytes before the proxy ceases to read. The link is taken down
     * when both ends have ended it by themselves, or with the proxy.
     */
    public void sever() {
        command(Kind.SEVERED, Relay::sever);
    }

    /** Resets both ends at once (RST). What is under way is lost. */
    public void reset() {
        command(Kind.RESET, resetting -> {
            resetting.byProxy();
            resetting.reset();
        });
    }

    /**
     * Resets the client's end, and tells the server nothing, as when a phone changes networks: the client
     * knows at once that it must come back, and the server holds a ghost until it notices by itself.
     */
    public void resetClient() {
        command(Kind.RESET, Relay::resetClient);
    }

    /**
     * Ends both streams at once (FIN). What is under way is lost, and what the ends still send is dropped.
     * The link is taken down when both ends have ended it too.
     */
    public void finish() {
        command(Kind.FINISHED, Relay::finish);
    }

    private void command(Kind kind, Consumer<Relay> command) {
        board.loop().run(() -> {
            if (board.link(number).isPresent()) {
                board.tell(kind, number, Event.Origin.PROXY, "");
                command.accept(relay);
            }
        });
    }

    @Override
    void change(Kind kind, String detail, Direction direction, Change change) {
        board.loop().run(() -> {
            if (board.link(number).isPresent()) {
                board.tell(kind, number, Event.Origin.PROXY, detail);
                relay.change(direction, change);
            }
        });
    }

    Relay relay() {
        return relay;
    }

    @Override
    public String toString() {
        return "link " + number;
    }
}
