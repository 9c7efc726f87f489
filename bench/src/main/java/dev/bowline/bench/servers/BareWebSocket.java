package dev.bowline.bench.servers;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** A WebSocket that answers by looking at a few bytes of what it gets. */
final class BareWebSocket extends ChannelInboundHandlerAdapter {
    private static final ByteBuf OPEN = constant("0{\"sid\":\"aaaaaaaaaaaaaaaaaaaa\",\"upgrades\":[],"
            + "\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}");
    private static final ByteBuf CONNECT = constant("40{\"sid\":\"bbbbbbbbbbbbbbbbbbbb\"}");
    private static final ByteBuf PING = constant("2");
    /** Of {@code 42["join","}, {@code 42["cast","} and their like: where the name of the event begins. */
    private static final int NAME = 4;

    private final BareAudience audience;
    private final Duration pingInterval;
    private final Set<String> rooms = new HashSet<>();
    private Optional<Future<?>> pings = Optional.empty();

    BareWebSocket(BareAudience audience, Duration pingInterval) {
        this.audience = audience;
        this.pingInterval = pingInterval;
    }

    private static ByteBuf constant(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return Unpooled.unreleasableBuffer(Unpooled.directBuffer(bytes.length).writeBytes(bytes));
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        context.writeAndFlush(new TextWebSocketFrame(OPEN.duplicate()));
        pings = Optional.of(context.executor()
                .scheduleAtFixedRate(
                        () -> context.writeAndFlush(new TextWebSocketFrame(PING.duplicate())),
                        pingInterval.toMillis(),
                        pingInterval.toMillis(),
                        TimeUnit.MILLISECONDS));
        audience.add(context.channel());
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        pings.ifPresent(timer -> timer.cancel(false));
        audience.remove(context.channel(), rooms);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof TextWebSocketFrame frame) {
            text(context, frame);
        } else if (message instanceof BinaryWebSocketFrame) {
            context.write(message, context.voidPromise());
        } else {
            boolean close = message instanceof CloseWebSocketFrame;
            ReferenceCountUtil.release(message);
            if (close) {
                context.close();
            }
        }
    }

    /** Keeps the frame if it is to be sent back, and releases it otherwise. */
    private void text(ChannelHandlerContext context, TextWebSocketFrame frame) {
        ByteBuf text = frame.content();
        char kind = text.isReadable(2) ? (char) text.getByte(text.readerIndex() + 1) : '3';
        char name = text.isReadable(NAME + 1) ? (char) text.getByte(text.readerIndex() + NAME) : ' ';
        if (kind == '5' || (kind == '2' && name == 'e')) {
            context.write(frame, context.voidPromise());
            return;
        }
        try {
            if (kind == '0') {
                context.write(new TextWebSocketFrame(CONNECT.duplicate()), context.voidPromise());
            } else if (kind == '2') {
                event(context, text, name);
            }
        } finally {
            frame.release();
        }
    }

    private void event(ChannelHandlerContext context, ByteBuf text, char name) {
        switch (name) {
            case 'c' -> audience.toAll(text);
            case 's' -> audience.toRoom(text, argument(text, "say", Console.ROOM_NAME));
            case 'j' -> join(context, argument(text, "join", Console.ROOM_NAME));
            case 'l' -> {
                String room = argument(text, "leave", Console.ROOM_NAME);
                rooms.remove(room);
                audience.leave(context.channel(), room);
            }
            default -> request(context, text);
        }
    }

    /** Of {@code 42["name","argument..."]}, the beginning of the argument. */
    private static String argument(ByteBuf text, String name, int length) {
        return text.toString(text.readerIndex() + NAME + name.length() + 3, length, StandardCharsets.US_ASCII);
    }

    private void join(ChannelHandlerContext context, String room) {
        rooms.add(room);
        audience.join(context.channel(), room);
    }

    /** {@code 42<id>["ask","text"]} becomes {@code 43<id>["text"]}; {@code 42<id>["joinAll",[rooms]]} their number. */
    private void request(ChannelHandlerContext context, ByteBuf text) {
        int array = text.indexOf(text.readerIndex(), text.writerIndex(), (byte) '[');
        int comma = text.indexOf(array, text.writerIndex(), (byte) ',');
        ByteBuf answer = context.alloc().directBuffer(text.readableBytes());
        answer.writeByte('4').writeByte('3');
        answer.writeBytes(text, text.readerIndex() + 2, array - text.readerIndex() - 1);
        if (text.getByte(comma + 1) == '[') {
            String[] names = text.toString(comma + 2, text.writerIndex() - comma - 4, StandardCharsets.US_ASCII)
                    .replace("\"", "")
                    .split(",", -1);
            for (String name : names) {
                join(context, name);
            }
            answer.writeBytes((names.length + "]").getBytes(StandardCharsets.US_ASCII));
        } else {
            answer.writeBytes(text, comma + 1, text.writerIndex() - comma - 1);
        }
        context.write(new TextWebSocketFrame(answer), context.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
