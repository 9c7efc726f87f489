package dev.bowline.server;

import dev.bowline.adapter.FreshReason;
import java.util.Optional;

/**
 * What became of a client's wish to come back to its session.
 *
 * @param reason why it is new instead; empty if it has come back
 * @param replayed how many events it was sent that it had missed
 */
public record RecoveryOutcome(Optional<FreshReason> reason, int replayed) {
    /** A client that is new. */
    static RecoveryOutcome fresh(FreshReason reason) {
        return new RecoveryOutcome(Optional.of(reason), 0);
    }

    /** A client that has come back. */
    static RecoveryOutcome recovered(int replayed) {
        return new RecoveryOutcome(Optional.empty(), replayed);
    }

    /** Whether it has its id, its rooms, its data and every event. */
    public boolean isRecovered() {
        return reason.isEmpty();
    }

    @Override
    public String toString() {
        return reason.map(why -> "fresh(" + why + ")").orElse("recovered");
    }
}
