package dev.bowline.server;

import dev.bowline.core.packet.JsonCodec;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The answer to an event that its client sends again until it comes. Safe for any thread. */
final class RetriedAck implements Ack {
    private final HeardOnce heardOnce;
    private final long id;
    private final SocketSession socket;
    private final JsonCodec codec;
    private final AtomicBoolean sent = new AtomicBoolean();

    RetriedAck(HeardOnce heardOnce, long id, SocketSession socket, JsonCodec codec) {
        this.heardOnce = heardOnce;
        this.id = id;
        this.socket = socket;
        this.codec = codec;
    }

    @Override
    public void send(@Nullable Object... args) {
        var answer = codec.write(args);
        if (sent.compareAndSet(false, true)) {
            heardOnce.answered(id, answer, socket);
        }
    }

    /** There will be no answer: the next try is handled anew. */
    void failed() {
        heardOnce.failed(id);
    }
}
