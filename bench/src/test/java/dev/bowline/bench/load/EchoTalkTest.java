package dev.bowline.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What counts as a right answer. The link is never connected: what it sends goes nowhere. */
class EchoTalkTest {
    private static final EventLoop LOOP = new DefaultEventLoop();
    private static final int CLIENT = 3;
    private static final int BYTES = 64;

    private final Errors errors = new Errors();
    private final Tally tally = new Tally();
    private final EchoTalk talk = new EchoTalk(Script.echo(CLIENT, BYTES, new Random(1)));
    private final SocketLink link = new SocketLink(LOOP, 1, tally, errors, talk);
    private final FrameReader frame = new FrameReader();

    @AfterAll
    static void end() {
        LOOP.shutdownGracefully();
    }

    @BeforeEach
    void fourAreOnTheirWay() {
        talk.begin(link, 4);
        talk.end();
    }

    private static String reply(int slot) {
        return "42[\"echo\",\"" + Tags.text(CLIENT, slot, BYTES) + "\"]";
    }

    private void receive(String text) {
        ByteBuf in = Unpooled.buffer();
        byte[] bytes = Tags.ascii(text);
        in.writeByte(0x81).writeByte(bytes.length).writeBytes(bytes);
        assertThat(frame.read(in, 0)).isTrue();
        talk.message(link, frame, in);
    }

    @Test
    void countsRightAnswersInTheirOrder() {
        for (int slot = 0; slot < 4; slot++) {
            receive(reply(slot));
        }
        assertThat(errors.count()).isZero();
        assertThat(tally.items()).isEqualTo(4);
        assertThat(talk.outstanding()).isZero();
    }

    @Test
    void aWrongByteIsAnError() {
        receive(reply(0).replace("xx\"]", "xy\"]"));
        assertThat(errors.count()).isEqualTo(1);
        assertThat(tally.items()).isZero();
    }

    @Test
    void anAnswerTwiceIsAnError() {
        receive(reply(0));
        receive(reply(0));
        assertThat(errors.count()).isEqualTo(1);
    }

    @Test
    void anAnswerOutOfOrderIsAnError() {
        receive(reply(1));
        receive(reply(0));
        assertThat(errors.count()).isEqualTo(2);
        assertThat(errors.complaints().get(0)).contains("s000000").contains("s000001");
    }

    @Test
    void aMissingAnswerStaysOutstanding() {
        receive(reply(0));
        receive(reply(1));
        receive(reply(2));
        assertThat(talk.outstanding()).isEqualTo(1);
    }

    @Test
    void anAnswerToNothingIsAnError() {
        for (int slot = 0; slot < 5; slot++) {
            receive(reply(slot));
        }
        assertThat(errors.count()).isEqualTo(1);
        assertThat(errors.complaints().get(0)).startsWith("nothing was due");
    }

    @Test
    void anAttachmentBehindAStrayByteIsRightOnlyWhereThatIsPutUpWith() {
        byte[] bytes = Tags.ascii("attachment");
        ByteBuf stray = Unpooled.wrappedBuffer(new byte[] {4}, bytes);
        assertThat(Expected.binary(bytes, true).matches(stray, 0, stray.readableBytes()))
                .isTrue();
        assertThat(Expected.binary(bytes, false).matches(stray, 0, stray.readableBytes()))
                .isFalse();
        assertThat(Expected.binary(bytes, false).matches(Unpooled.wrappedBuffer(bytes), 0, bytes.length))
                .isTrue();
    }
}
