package dev.bowline.testkit;

import dev.bowline.testkit.Conditions.Change;
import dev.bowline.testkit.FaultProxy.Event;
import dev.bowline.testkit.FaultProxy.Event.Kind;
import dev.bowline.testkit.Switchboard.Admission;
import java.util.function.Consumer;

/** The links that are open when a command comes, and, in {@link FaultProxy#all()}, the new ones as well. */
public final class LinkGroup extends Faults {
    private final Switchboard board;
    private final boolean withNew;

    LinkGroup(Switchboard board, boolean withNew) {
        this.board = board;
        this.withNew = withNew;
    }

    @Override
    void change(Kind kind, String detail, Direction direction, Change change) {
        board.loop().run(() -> {
            if (withNew) {
                board.changeNewLinks(direction, change);
            }
            board.tell(kind, 0, Event.Origin.PROXY, detail + (withNew ? ", all links" : ", existing links"));
            board.links().forEach(link -> link.relay().change(direction, change));
        });
    }

    @Override
    void readmit() {
        if (withNew) {
            board.loop().run(() -> board.admission(Admission.ACCEPT));
        }
    }

    /** Severs each open link; see {@link Link#sever}. New links are not concerned. */
    public void sever() {
        each(Kind.SEVERED, Relay::sever);
    }

    /** Resets each open link; see {@link Link#reset}. New links are not concerned. */
    public void reset() {
        each(Kind.RESET, relay -> {
            relay.byProxy();
            relay.reset();
        });
    }

    /** Resets the client's end of each open link; see {@link Link#resetClient}. New links are not concerned. */
    public void resetClients() {
        each(Kind.RESET, Relay::resetClient);
    }

    /** Finishes each open link; see {@link Link#finish}. New links are not concerned. */
    public void finish() {
        each(Kind.FINISHED, Relay::finish);
    }

    private void each(Kind kind, Consumer<Relay> command) {
        board.loop().run(() -> {
            board.tell(kind, 0, Event.Origin.PROXY, "existing links");
            board.links().forEach(link -> command.accept(link.relay()));
        });
    }
}
