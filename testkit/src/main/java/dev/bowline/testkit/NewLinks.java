package dev.bowline.testkit;

import dev.bowline.testkit.Conditions.Change;
import dev.bowline.testkit.FaultProxy.Event;
import dev.bowline.testkit.FaultProxy.Event.Kind;
import dev.bowline.testkit.Switchboard.Admission;

/** The links that clients will open: what is commanded here awaits each of them from its first byte. */
public final class NewLinks extends Faults {
    private final Switchboard board;

    NewLinks(Switchboard board) {
        this.board = board;
    }

    @Override
    void change(Kind kind, String detail, Direction direction, Change change) {
        board.loop().run(() -> {
            board.changeNewLinks(direction, change);
            board.tell(kind, 0, Event.Origin.PROXY, detail + ", new links");
        });
    }

    /** Accepts new links and resets them at once, until healed. */
    public void refuse() {
        admission(Admission.REFUSE);
    }

    /**
     * Closes the listening port, so that the kernel refuses new links, until healed.
     *
     * <p>Healing opens the same port again, and throws {@link java.io.UncheckedIOException} if somebody
     * took it meanwhile.
     */
    public void closePort() {
        admission(Admission.PORT_CLOSED);
    }

    @Override
    void readmit() {
        admission(Admission.ACCEPT);
    }

    private void admission(Admission next) {
        board.loop().run(() -> board.admission(next));
    }
}
