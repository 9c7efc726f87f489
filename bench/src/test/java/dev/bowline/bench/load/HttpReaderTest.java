package dev.bowline.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class HttpReaderTest {
    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    private static String text(HttpReader reader) {
        return reader.body().toString(StandardCharsets.US_ASCII);
    }

    @Test
    void readsABodyOfKnownLength() {
        var reader = new HttpReader();
        ByteBuf in = bytes("HTTP/1.1 200 OK\r\nX: 1\r\ncontent-length: 2\r\nConnection: close\r\n\r\nokHTTP/1.1");
        assertThat(reader.read(in, false)).isTrue();
        assertThat(reader.status()).isEqualTo(200);
        assertThat(text(reader)).isEqualTo("ok");
        assertThat(reader.last()).isTrue();
        assertThat(in.toString(reader.end(), 4, StandardCharsets.US_ASCII)).isEqualTo("HTTP");
    }

    @Test
    void readsChunks() {
        var reader = new HttpReader();
        ByteBuf in = bytes(String.join(
                "\r\n",
                "HTTP/1.1 400 Bad Request",
                "Transfer-Encoding: chunked",
                "",
                "3",
                "abc",
                "A",
                "0123456789",
                "0",
                "",
                ""));
        assertThat(reader.read(in, false)).isTrue();
        assertThat(reader.status()).isEqualTo(400);
        assertThat(text(reader)).isEqualTo("abc0123456789");
        assertThat(reader.last()).isFalse();
        assertThat(reader.end()).isEqualTo(in.writerIndex());
    }

    @Test
    void takesTheEndOfTheConnectionForTheEndOfABodyOfUnknownLength() {
        var reader = new HttpReader();
        ByteBuf in = bytes("HTTP/1.1 200 OK\r\n\r\nall of it");
        assertThat(reader.read(in, false)).isFalse();
        assertThat(reader.read(in, true)).isTrue();
        assertThat(text(reader)).isEqualTo("all of it");
    }

    @Test
    void waitsForTheRest() {
        for (String answer : new String[] {
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        }) {
            for (int there = 0; there < answer.length(); there++) {
                assertThat(new HttpReader().read(bytes(answer.substring(0, there)), false))
                        .as("%d bytes of %s", there, answer)
                        .isFalse();
            }
            assertThat(new HttpReader().read(bytes(answer), false)).isTrue();
        }
    }
}
