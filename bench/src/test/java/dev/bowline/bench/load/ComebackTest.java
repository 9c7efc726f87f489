package dev.bowline.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What counts as being back. The link is never connected. */
class ComebackTest {
    private static final EventLoop LOOP = new DefaultEventLoop();
    private static final int MISSED = 3;
    private static final int BYTES = 64;
    private static final String WELCOME = "40{\"sid\":\"s1\",\"pid\":\"p1\"}";

    private final Errors errors = new Errors();
    private final AtomicInteger back = new AtomicInteger();
    private final FrameReader frame = new FrameReader();
    private final Visit visit = new Visit(7, errors);
    private final SocketLink link = new SocketLink(LOOP, 1, new Tally(), errors, visit);
    private SocketLink.Talk comeback = visit;

    @AfterAll
    static void end() {
        LOOP.shutdownGracefully();
    }

    @BeforeEach
    void itWasThereOnce() {
        assertThat(visit.entered(link, frame, read(WELCOME))).isTrue();
        visit.message(link, frame, read("4310[1]"));
        visit.message(link, frame, read("42[\"cast\",\"x\",\"e-1\"]"));
        assertThat(visit.complete()).isTrue();
        comeback = new Comeback(visit, MISSED, BYTES, 0, errors, back);
    }

    private ByteBuf read(String text) {
        ByteBuf in = Unpooled.buffer();
        byte[] bytes = Tags.ascii(text);
        in.writeByte(0x81).writeByte(bytes.length).writeBytes(bytes);
        assertThat(frame.read(in, 0)).isTrue();
        return in;
    }

    private static String missed(int number) {
        return "42[\"flood\",\"" + Tags.said("r00007", number, BYTES) + "\",\"e-" + (2 + number) + "\"]";
    }

    private boolean receive(String text) {
        return comeback.entered(link, frame, read(text));
    }

    private void receiveMissed(int... numbers) {
        for (int number : numbers) {
            assertThat(receive(missed(number))).isFalse();
        }
    }

    private void isWrong(String complaint) {
        assertThat(errors.count()).isEqualTo(1);
        assertThat(errors.complaints().get(0)).contains(complaint);
        assertThat(back).hasValue(0);
    }

    @Test
    void comesWithWhatItKept() {
        // The key 0 leaves the text as it is; the header has six bytes.
        String request = comeback.request().toString(java.nio.charset.StandardCharsets.US_ASCII);
        assertThat(request.substring(6)).isEqualTo("40{\"pid\":\"p1\",\"offset\":\"e-1\"}");
    }

    @Test
    void isBackWithAllThatItMissedInOrder() {
        receiveMissed(0, 1, 2);
        assertThat(receive(WELCOME)).isTrue();
        assertThat(errors.count()).isZero();
        assertThat(back).hasValue(1);
    }

    @Test
    void anotherIdIsAnError() {
        receiveMissed(0, 1, 2);
        assertThat(receive(WELCOME.replace("s1", "s2"))).isTrue();
        isWrong("another id");
    }

    @Test
    void oneTooFewIsAnError() {
        receiveMissed(0, 1);
        assertThat(receive(WELCOME)).isTrue();
        isWrong("is in after 2");
    }

    @Test
    void oneTooManyIsAnError() {
        receiveMissed(0, 1, 2, 2);
        assertThat(receive(WELCOME)).isTrue();
        isWrong("got 3 of them, and then 42");
    }

    @Test
    void anotherOrderIsAnError() {
        receiveMissed(0, 2, 1);
        assertThat(receive(WELCOME)).isTrue();
        isWrong("got 1 of them, and then 42");
    }

    @Test
    void anEventWithoutAnOffsetIsAnError() {
        receiveMissed(0, 1);
        assertThat(receive(missed(2).replace(",\"e-4\"", ""))).isFalse();
        assertThat(receive(WELCOME)).isTrue();
        isWrong("got 2 of them, and then 42");
    }

    @Test
    void aRefusalIsAnErrorThatNobodyWaitsFor() {
        assertThat(receive("44{\"message\":\"no\"}")).isTrue();
        isWrong("and then 44");
    }

    @Test
    void whatComesAfterwardsIsAnError() {
        receiveMissed(0, 1, 2);
        assertThat(receive(WELCOME)).isTrue();
        comeback.message(link, frame, read(missed(2)));
        assertThat(errors.count()).isEqualTo(1);
    }
}
