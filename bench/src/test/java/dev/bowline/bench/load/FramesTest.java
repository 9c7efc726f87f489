package dev.bowline.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames that are sent and received, held against Netty's own codec. */
class FramesTest {
    private static final int MAX = 100_000;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 125, 126, 65_535, 65_536})
    void buildsWhatAServerUnderstands(int length) {
        String text = "x".repeat(length);
        var server = new EmbeddedChannel(new WebSocket13FrameDecoder(true, false, MAX));
        server.writeInbound(Unpooled.wrappedBuffer(Frames.text(text, 0x12345678)));
        TextWebSocketFrame frame = server.readInbound();
        assertThat(frame.text()).isEqualTo(text);
        frame.release();
        assertThat(server.inboundMessages()).isEmpty();
        server.finishAndReleaseAll();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 125, 126, 65_535, 65_536})
    void findsWhatAServerSends(int length) {
        ByteBuf in = sent("y".repeat(length));
        var frame = new FrameReader();
        assertThat(frame.read(in, 0)).isTrue();
        assertThat(frame.whole()).isTrue();
        assertThat(frame.opcode()).isEqualTo(Frames.TEXT);
        assertThat(in.toString(frame.start(), frame.length(), StandardCharsets.US_ASCII))
                .isEqualTo("y".repeat(length));
        assertThat(frame.end()).isEqualTo(in.writerIndex());
        in.release();
    }

    @Test
    void waitsForTheRestOfAFrame() {
        ByteBuf in = sent("z".repeat(300));
        var frame = new FrameReader();
        for (int there = 0; there < in.readableBytes(); there++) {
            assertThat(frame.read(in.slice(0, there), 0)).as("%d bytes", there).isFalse();
        }
        in.release();
    }

    @Test
    void refusesAMaskedFrameOfAServer() {
        ByteBuf in = Unpooled.wrappedBuffer(Frames.text("2", 1));
        assertThatThrownBy(() -> new FrameReader().read(in, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("masks");
    }

    private static ByteBuf sent(String text) {
        var server = new EmbeddedChannel(new WebSocket13FrameEncoder(false));
        server.writeOutbound(new TextWebSocketFrame(text));
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf piece = server.readOutbound(); piece != null; piece = server.readOutbound()) {
            all.writeBytes(piece);
            piece.release();
        }
        server.finishAndReleaseAll();
        return all;
    }
}
