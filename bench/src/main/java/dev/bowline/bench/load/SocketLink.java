package dev.bowline.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One client over WebSocket: opens the connection, enters the main namespace, answers heartbeats, and hands every other
 * message to its {@link Talk}. Confined to its event loop, except where a method says otherwise.
 */
final class SocketLink extends ChannelInboundHandlerAdapter {
    /** What a client makes of the messages that it gets once it is in. */
    interface Talk {
        /** What is said to be let into the namespace. */
        default ByteBuf request() {
            return ENTER.duplicate();
        }

        /**
         * A message is in {@code in} before the client is in its namespace. To throw is to give the connection up.
         *
         * @return whether it is in now, or will never be
         */
        default boolean entered(SocketLink link, FrameReader frame, ByteBuf in) {
            link.expect(in, "40");
            return true;
        }

        /** A message is in {@code in}, where {@code frame} says. */
        void message(SocketLink link, FrameReader frame, ByteBuf in);

        /** Everything that was received together has been handed over. */
        default void received(SocketLink link) {}
    }

    private enum Phase {
        /** Not connected yet, or waiting for the answer to the request. */
        DIALLING,
        /** Waiting for Engine.IO to open. */
        OPENING,
        /** Moving from polling, waiting for the answer to the probe. */
        PROBING,
        /** Waiting to be let into the namespace. */
        ENTERING,
        READY,
        /** Closed by this side. */
        CUT
    }

    private static final int KEY = 0x3d5a9c71;
    private static final ByteBuf PONG = constant(Frames.text("3", KEY));
    private static final ByteBuf ENTER = constant(Frames.text("40", KEY));
    private static final ByteBuf PROBE = constant(Frames.text("2probe", KEY));
    private static final ByteBuf UPGRADE = constant(Frames.text("5", KEY));
    private static final byte[] END_OF_HEAD = Tags.ascii("\r\n\r\n");

    private final EventLoop loop;
    private final int port;
    private final Tally tally;
    private final Errors errors;
    private final Talk talk;
    private final FrameReader frame = new FrameReader();
    private final CompletableFuture<SocketLink> ready = new CompletableFuture<>();
    private final CompletableFuture<SocketLink> probed = new CompletableFuture<>();

    private @Nullable Channel channel;
    private ByteBuf leftover = Unpooled.EMPTY_BUFFER;
    private Phase phase = Phase.DIALLING;
    private boolean upgrading;
    private long receivedAt;
    private long heartbeats;

    SocketLink(EventLoop loop, int port, Tally tally, Errors errors, Talk talk) {
        this.loop = loop;
        this.port = port;
        this.tally = tally;
        this.errors = errors;
        this.talk = talk;
    }

    static ByteBuf constant(byte[] bytes) {
        return Unpooled.unreleasableBuffer(
                Unpooled.directBuffer(bytes.length).writeBytes(bytes).asReadOnly());
    }

    // ---- For any thread -------------------------------------------------------------------------

    /** Connects directly. Completes, or fails, {@link #ready()}. */
    void dial() {
        dial("");
    }

    /** Connects on behalf of a polling session, up to the answer to the probe. */
    CompletableFuture<SocketLink> probe(String sid) {
        upgrading = true;
        dial("&sid=" + sid);
        return probed;
    }

    private void dial(String more) {
        String request = "GET /socket.io/?EIO=4&transport=websocket" + more + " HTTP/1.1\r\n"
                + "Host: 127.0.0.1:" + port + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        Loops.bootstrap(loop, port, this).connect().addListener((ChannelFutureListener) connected -> {
            if (connected.isSuccess()) {
                connected.channel().writeAndFlush(Unpooled.wrappedBuffer(Tags.ascii(request)));
            } else {
                fail(connected.cause());
            }
        });
    }

    /** Completes when the client is in its namespace. */
    CompletableFuture<SocketLink> ready() {
        return ready;
    }

    EventLoop loop() {
        return loop;
    }

    // ---- On the loop ----------------------------------------------------------------------------

    /** What this loop counts. */
    Tally tally() {
        return tally;
    }

    Errors errors() {
        return errors;
    }

    /** When the messages that are being handed over were received, in nanoseconds. */
    long receivedAt() {
        return receivedAt;
    }

    /** How many pings it was sent. */
    long heartbeats() {
        return heartbeats;
    }

    /** Sends a frame, or several. */
    void send(ByteBuf frames) {
        Channel open = channel;
        if (open != null) {
            open.writeAndFlush(frames, open.voidPromise());
        } else {
            frames.release();
        }
    }

    /** The polling session has no more to say: takes it over. */
    void takeOver() {
        phase = Phase.READY;
        send(UPGRADE.duplicate());
        ready.complete(this);
    }

    /** Ends the connection with a reset, without a word. */
    void cut() {
        phase = Phase.CUT;
        Channel open = channel;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        channel = context.channel();
        if (phase == Phase.CUT) {
            context.close();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = joined((ByteBuf) message);
        receivedAt = System.nanoTime();
        int index = in.readerIndex();
        try {
            if (phase == Phase.DIALLING) {
                index = head(in);
            }
            while (phase != Phase.DIALLING && frame.read(in, index)) {
                frame(in);
                index = frame.end();
            }
            if (phase == Phase.READY) {
                talk.received(this);
            }
            leftover = index < in.writerIndex() ? in.copy(index, in.writerIndex() - index) : Unpooled.EMPTY_BUFFER;
        } finally {
            in.release();
        }
    }

    private ByteBuf joined(ByteBuf received) {
        if (!leftover.isReadable()) {
            return received;
        }
        ByteBuf before = leftover;
        leftover = Unpooled.EMPTY_BUFFER;
        ByteBuf all = received.alloc().directBuffer(before.readableBytes() + received.readableBytes());
        all.writeBytes(before).writeBytes(received);
        before.release();
        received.release();
        return all;
    }

    /** Reads the answer to the request; returns where the frames begin, or where it began if it is not all there. */
    private int head(ByteBuf in) {
        int end = HttpReader.find(in, in.readerIndex(), END_OF_HEAD);
        if (end < 0) {
            return in.readerIndex();
        }
        String status = in.toString(in.readerIndex(), 12, StandardCharsets.US_ASCII);
        if (!status.endsWith(" 101")) {
            fail(new IOException("the server answers " + status + " to a WebSocket"));
            return in.writerIndex();
        }
        phase = upgrading ? Phase.PROBING : Phase.OPENING;
        if (upgrading) {
            send(PROBE.duplicate());
        }
        return end + END_OF_HEAD.length;
    }

    private void frame(ByteBuf in) {
        if (!frame.whole()) {
            errors.add("a frame in pieces, or with an extension");
            return;
        }
        switch (frame.opcode()) {
            case Frames.TEXT -> {
                if (frame.length() == 1 && in.getByte(frame.start()) == '2') {
                    heartbeats++;
                    send(PONG.duplicate());
                } else {
                    message(in);
                }
            }
            case Frames.BINARY -> message(in);
            case Frames.PING -> send(Unpooled.wrappedBuffer(Frames.masked(Frames.PONG, new byte[0], KEY)));
            case Frames.PONG -> {}
            default -> fail(new IOException("the server closes with opcode " + frame.opcode()));
        }
    }

    private void message(ByteBuf in) {
        switch (phase) {
            case READY -> talk.message(this, frame, in);
            case OPENING -> {
                phase = Phase.ENTERING;
                send(talk.request());
            }
            case PROBING -> {
                expect(in, "3probe");
                probed.complete(this);
            }
            case ENTERING -> {
                if (talk.entered(this, frame, in) && phase == Phase.ENTERING) {
                    phase = Phase.READY;
                    ready.complete(this);
                }
            }
            case DIALLING, CUT -> {}
        }
    }

    private void expect(ByteBuf in, String beginning) {
        int length = Math.min(beginning.length(), frame.length());
        String text = in.toString(frame.start(), length, StandardCharsets.US_ASCII);
        if (!text.equals(beginning)) {
            fail(new IOException("expected " + beginning + ", and not " + text));
        }
    }

    private void fail(Throwable cause) {
        if (phase == Phase.READY) {
            errors.add("a connection was lost: " + cause.getMessage());
        }
        ready.completeExceptionally(cause);
        probed.completeExceptionally(cause);
        cut();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (phase != Phase.CUT) {
            fail(new IOException("closed by the server in phase " + phase));
        }
        leftover.release();
        leftover = Unpooled.EMPTY_BUFFER;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        fail(cause);
    }
}
