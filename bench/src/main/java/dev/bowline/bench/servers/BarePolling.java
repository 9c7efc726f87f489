package dev.bowline.bench.servers;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A long-polling client: what it posts is what its next poll gets. Belongs to the one event loop; see
 * {@link BareTarget}.
 */
final class BarePolling {
    private static final Map<String, BarePolling> SESSIONS = new HashMap<>();
    private static final String SID = "sid=";
    private static final int ID_LENGTH = 20;
    private static final ByteBuf CONNECT = Unpooled.unreleasableBuffer(
            Unpooled.copiedBuffer("40{\"sid\":\"bbbbbbbbbbbbbbbbbbbb\"}", StandardCharsets.US_ASCII));

    private static long opened;

    private final String id;
    private Optional<Channel> waiting = Optional.empty();
    private ByteBuf outbound = Unpooled.EMPTY_BUFFER;

    private BarePolling(String id) {
        this.id = id;
    }

    /** The session that a request names. */
    static Optional<BarePolling> find(String uri) {
        int at = uri.indexOf(SID);
        return at < 0
                ? Optional.empty()
                : Optional.ofNullable(SESSIONS.get(uri.substring(at + SID.length(), at + SID.length() + ID_LENGTH)));
    }

    /** Opens a session, and returns what its client is told. */
    static ByteBuf open() {
        String id = String.format("p%019d", opened++);
        SESSIONS.put(id, new BarePolling(id));
        return Unpooled.copiedBuffer(
                "0{\"sid\":\"" + id + "\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,"
                        + "\"pingTimeout\":20000,\"maxPayload\":1000000}",
                StandardCharsets.US_ASCII);
    }

    void poll(Channel channel) {
        waiting = Optional.of(channel);
        flush();
    }

    /** One of its connections has gone, and it with it. */
    void forget() {
        SESSIONS.remove(id);
    }

    /** A piece of a body; a wish to connect is answered, anything else sent back. */
    void post(ByteBuf piece, boolean last) {
        boolean connect = piece.readableBytes() == 2 && piece.getByte(piece.readerIndex() + 1) == '0';
        boolean pong = piece.readableBytes() == 1;
        if (connect) {
            outbound = CONNECT.duplicate();
        } else if (!pong && piece.isReadable()) {
            outbound = outbound.isReadable()
                    ? Unpooled.wrappedBuffer(outbound, piece.retainedDuplicate())
                    : piece.retainedDuplicate();
        }
        if (last) {
            flush();
        }
    }

    private void flush() {
        if (waiting.isPresent() && outbound.isReadable()) {
            Channel channel = waiting.get();
            ByteBuf body = outbound;
            waiting = Optional.empty();
            outbound = Unpooled.EMPTY_BUFFER;
            BareHttp.answer(channel, body);
        }
    }
}
