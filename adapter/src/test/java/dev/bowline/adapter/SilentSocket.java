package dev.bowline.adapter;

import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.Packet;
import java.util.concurrent.Executor;

/** A socket that nothing reaches. */
final class SilentSocket implements Receiver {
    private final String id;

    SilentSocket(String id) {
        this.id = id;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public boolean enqueue(Packet packet, PacketGroup encoded) {
        return false;
    }

    @Override
    public Executor loop() {
        return Runnable::run;
    }

    @Override
    public void drain() {}

    @Override
    public void expect(long ackId, AnswerListener listener) {}

    @Override
    public void forget(long ackId) {}

    @Override
    public void disconnect(boolean closeConnection) {}

    @Override
    public SocketDetails details() {
        throw new UnsupportedOperationException("nobody asks");
    }
}
