package dev.bowline.bench.jmh;

import dev.bowline.adapter.AnswerListener;
import dev.bowline.adapter.Receiver;
import dev.bowline.adapter.SocketDetails;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.Packet;
import java.util.concurrent.Executor;

/** A receiver that has more to do already than anyone owes it. */
record SilentReceiver(String id) implements Receiver {
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
