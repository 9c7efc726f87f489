package dev.bowline.testkit;

import dev.bowline.testkit.FaultProxy.Event;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One of the two sockets of a link. Confined to the proxy's thread. */
final class End {
    final Event.Origin origin;

    @Nullable
    SocketChannel channel;

    @Nullable
    SelectionKey key;

    boolean connected;

    /** Whether all that this end sent was read. */
    boolean inputEnded;

    /** Whether nothing can be written to this end any more. */
    boolean gone;

    End(Event.Origin origin) {
        this.origin = origin;
    }

    boolean isWritable() {
        return connected && !gone;
    }

    int read(ByteBuffer into) throws IOException {
        return channel == null ? 0 : channel.read(into);
    }

    int write(ByteBuffer from) throws IOException {
        return channel == null ? 0 : channel.write(from);
    }

    /** Sends a FIN behind what was written. */
    void finish() {
        if (channel != null && connected) {
            try {
                channel.shutdownOutput();
            } catch (IOException e) {
                gone = true;
            }
        }
    }

    void close(boolean reset) {
        gone = true;
        inputEnded = true;
        if (channel != null) {
            ProxyLoop.close(channel, reset);
        }
    }
}
