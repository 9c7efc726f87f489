package dev.bowline.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class UpgradeRefuserTest {
    private static final String UPGRADE = """
            GET /socket.io/?transport=websocket HTTP/1.1\r
            Host: a\r
            Connection: Upgrade\r
            Upgrade: websocket\r
            \r
            """;
    private static final String GET = "GET /socket.io/ HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String POST = "POST / HTTP/1.1\r\nContent-Length: 26\r\n\r\nUpgrade: websocket\r\n\r\nabcd";
    private static final String CHUNKED = """
            POST / HTTP/1.1\r
            Transfer-Encoding: chunked\r
            \r
            A;x=y\r
            \r
            \r
            abcdef\r
            3\r
            GET\r
            0\r
            Trailer: 1\r
            \r
            """;
    private static final String NO_TRAILER = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    private static final String H2C = "GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n";

    private static final class Seen implements UpgradeRefuser.Output {
        final StringBuilder text = new StringBuilder();
        int refused;

        @Override
        public void pass(byte[] bytes) {
            text.append(new String(bytes, StandardCharsets.ISO_8859_1));
        }

        @Override
        public void refuse() {
            refused++;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static Stream<Arguments> streams() {
        return Stream.of(
                Arguments.of(UPGRADE, "", true),
                Arguments.of(GET + UPGRADE, GET, true),
                Arguments.of(POST + GET + UPGRADE + "frames", POST + GET, true),
                Arguments.of(CHUNKED + UPGRADE, CHUNKED, true),
                Arguments.of(NO_TRAILER + CHUNKED + POST + UPGRADE, NO_TRAILER + CHUNKED + POST, true),
                Arguments.of(H2C + UPGRADE, H2C, true),
                Arguments.of("GET / HTTP/1.0\nupgrade:WebSocket\n\n", "", true),
                Arguments.of(GET + POST + CHUNKED, GET + POST + CHUNKED, false),
                Arguments.of("hello\n" + UPGRADE, "hello\n" + UPGRADE, false),
                Arguments.of("\r\n" + UPGRADE, "\r\n" + UPGRADE, false),
                Arguments.of("PRI * HTTP/2.0\r\n\r\n" + UPGRADE, "PRI * HTTP/2.0\r\n\r\n" + UPGRADE, false),
                Arguments.of("CONNECT a:1 HTTP/1.1\r\n\r\n" + UPGRADE, "CONNECT a:1 HTTP/1.1\r\n\r\n" + UPGRADE, false),
                odd("Content-Length: many"),
                odd("Content-Length: 99999999999999999999"),
                odd("Transfer-Encoding: gzip, chunked"),
                odd("no colon"),
                odd("X: " + "x".repeat(17_000)),
                Arguments.of(
                        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + UPGRADE,
                        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + UPGRADE,
                        false),
                Arguments.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", false));
    }

    private static Arguments odd(String header) {
        String odd = "POST / HTTP/1.1\r\n" + header + "\r\n\r\n" + UPGRADE;
        return Arguments.of(odd, odd, false);
    }

    @ParameterizedTest
    @MethodSource("streams")
    void refusesUpgradesOnlyHoweverTheStreamIsCut(String stream, String passes, boolean refused) {
        byte[] bytes = bytes(stream);
        for (int cut = 0; cut <= Math.min(bytes.length, 600); cut++) {
            Seen seen = new Seen();
            UpgradeRefuser refuser = new UpgradeRefuser();
            refuser.accept(Arrays.copyOfRange(bytes, 0, cut), true, seen);
            refuser.accept(Arrays.copyOfRange(bytes, cut, bytes.length), true, seen);
            refuser.accept(bytes("x"), true, seen);
            refuser.flush(seen);
            assertThat(seen.text).as("cut at %d", cut).hasToString(refused ? passes : passes + "x");
            assertThat(seen.refused).as("cut at %d", cut).isEqualTo(refused ? 1 : 0);
        }
    }

    @Test
    void everythingPassesAtOnceWhileItDoesNotRefuse() {
        for (String stream : List.of(UPGRADE + "frames", GET + POST, CHUNKED, "bytes")) {
            Seen seen = new Seen();
            UpgradeRefuser refuser = new UpgradeRefuser();
            for (int i = 0; i < stream.length(); i++) {
                refuser.accept(bytes(stream.substring(i, i + 1)), false, seen);
                assertThat(seen.text).hasToString(stream.substring(0, i + 1));
            }
            assertThat(seen.refused).isZero();
        }
    }

    @Test
    void findsItsPlaceWhenItIsSwitchedOnBetweenRequests() {
        Seen seen = new Seen();
        UpgradeRefuser refuser = new UpgradeRefuser();
        refuser.accept(bytes(POST), false, seen);
        refuser.accept(bytes(UPGRADE), true, seen);
        assertThat(seen.text).hasToString(POST);
        assertThat(seen.refused).isEqualTo(1);
    }

    @Test
    void aHeadThatPassedInPartIsNotRefused() {
        Seen seen = new Seen();
        UpgradeRefuser refuser = new UpgradeRefuser();
        refuser.accept(bytes(UPGRADE.substring(0, 10)), false, seen);
        refuser.accept(bytes(UPGRADE.substring(10) + "frames"), true, seen);
        assertThat(seen.text).hasToString(UPGRADE + "frames");
        assertThat(seen.refused).isZero();
    }

    @Test
    void aHeadThatIsKeptBackPassesWhenItIsSwitchedOff() {
        Seen seen = new Seen();
        UpgradeRefuser refuser = new UpgradeRefuser();
        refuser.accept(bytes(UPGRADE.substring(0, 10)), true, seen);
        assertThat(seen.text).isEmpty();
        refuser.flush(seen);
        refuser.accept(bytes(UPGRADE.substring(10)), false, seen);
        assertThat(seen.text).hasToString(UPGRADE);
    }
}
