package dev.bowline.server.transport;

import dev.bowline.core.engine.EnginePacket;
import java.util.List;

/** A GET of a polling session, which waits for something to answer. Its methods may be called from any thread. */
public interface Poll {
    /** Answers 200 with the packets. */
    void answer(List<EnginePacket> packets);

    /** Answers 400: another poll is held already. */
    void overlap();

    /** Answers that the request does not fit its session. */
    void refuse(Refusal refusal);
}
