package dev.bowline.netty.hostile;

import static dev.bowline.netty.RawClient.BINARY;
import static dev.bowline.netty.RawClient.TEXT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.netty.RawClient;
import dev.bowline.testkit.Eventually;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Those who have been let in, and send what no client sends: they end themselves, and nobody hears of it. */
@Tag("hostile")
class MalformedTest {
    private static final int TIMES = 10;

    private static void endThemselvesWith(Siege siege, List<String> packets) {
        for (int i = 0; i < TIMES; i++) {
            for (String packet : packets) {
                Siege.isThrownOut(siege.inside(), client -> client.text(packet).frame(true, BINARY, new byte[1]));
            }
        }
        assertThat(siege.heard()).isEmpty();
    }

    @Test
    void attachmentsThatAreTooManyOrNone() throws Exception {
        Siege.laid()
                .withstands(siege -> endThemselvesWith(
                        siege,
                        List.of(
                                "4511-[\"x\",{\"_placeholder\":true,\"num\":0}]",
                                "450-[\"x\"]",
                                "452147483648-[\"x\"]",
                                "4599999999999999999999-[\"x\"]",
                                "451-[\"x\",{\"_placeholder\":true,\"num\":1}]",
                                "451-[\"x\",{\"_placeholder\":true,\"num\":-1}]")));
    }

    @Test
    void attachmentsThatNobodyAnnounced() throws Exception {
        Siege.laid().withstands(siege -> {
            for (int i = 0; i < TIMES; i++) {
                Siege.isThrownOut(siege.inside(), client -> {
                    for (int frame = 0; frame < 1_000; frame++) {
                        client.frame(true, BINARY, new byte[100]);
                    }
                });
            }
            assertThat(siege.heard()).isEmpty();
        });
    }

    @Test
    void announcementsThatNoAttachmentFollows() throws Exception {
        Siege.laid().withstands(siege -> {
            String announced = "4510-[\"x\",{\"_placeholder\":true,\"num\":0}]";
            for (int i = 0; i < TIMES; i++) {
                Siege.isThrownOut(
                        siege.inside(), client -> client.text(announced).text("42[\"x\"]"));
                Siege.isThrownOut(
                        siege.inside(), client -> client.text(announced).text(announced));
                siege.inside().text(announced).frame(true, BINARY, new byte[100_000]);
            }
            assertThat(siege.heard()).isEmpty();
        });
    }

    @Test
    void jsonOfAHundredThousandLevels() throws Exception {
        Siege.laid()
                .withstands(siege -> endThemselvesWith(
                        siege,
                        List.of(
                                "42[\"x\"," + "[".repeat(100_000),
                                "42[\"x\"," + "[".repeat(100_000) + "]".repeat(100_001),
                                "42[\"x\"," + "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000) + "]",
                                "40/other," + "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000))));
    }

    @Test
    void textThatIsNoUtf8() throws Exception {
        Siege.laid().withstands(siege -> {
            for (String bytes : List.of("c080", "eda080", "ff", "f4908080", "e28a", "80")) {
                byte[] text = HexFormat.of().parseHex("34325b2278" + bytes + "225d");
                for (int i = 0; i < TIMES; i++) {
                    Siege.isThrownOut(siege.inside(), client -> client.frame(true, TEXT, text));
                }
            }
            assertThat(siege.heard()).isEmpty();
        });
    }

    @Test
    void halfOfACharacterAsAnEscape() throws Exception {
        Siege siege = Siege.laid();
        siege.io().onConnection(socket -> socket.onRequest("echo", String.class, text -> text));
        siege.withstands(attack -> {
            RawClient attacker = attack.inside();
            for (int i = 0; i < 1_000; i++) {
                attacker.text("42" + i + "[\"echo\",\"\\ud800\"]");
                assertThat(attacker.nextText()).startsWith("43" + i + "[");
            }
        });
    }

    @Test
    void namesOfNamespacesThatAreNone() throws Exception {
        Siege.laid().withstands(siege -> {
            for (int control = 0; control < 0x20; control++) {
                RawClient attacker = siege.opened().text("40/a" + (char) control + "b,");
                RawClient.Frame answer = attacker.frame();
                assertThat(answer.opcode() == RawClient.CLOSE || answer.text().startsWith("44/a"))
                        .isTrue();
            }
            RawClient attacker = siege.opened().text("40/" + "n".repeat(900_000) + ",");
            assertThat(attacker.nextText()).startsWith("44/n");
            assertThat(siege.io().namespaces()).hasSize(3);
        });
    }

    @Test
    void acknowledgementsThatNobodyAwaits() throws Exception {
        Siege.laid().withstands(siege -> {
            RawClient attacker = siege.inside();
            for (int i = 0; i < 10_000; i++) {
                attacker.text("43" + i + "[\"x\"]");
            }
            attacker.text("43" + Long.MAX_VALUE + "[]");
            attacker.text("42" + Long.MAX_VALUE + "[\"still there\"]");
            Eventually.await("the attacker to be heard", () -> siege.heard().contains("still there"));
        });
    }

    @Test
    void idsBeyondAllNumbers() throws Exception {
        Siege.laid()
                .withstands(siege -> endThemselvesWith(
                        siege,
                        List.of(
                                "429223372036854775808[\"x\"]",
                                "43" + "9".repeat(30) + "[]",
                                "42" + "9".repeat(100_000) + "[\"x\"]")));
    }
}
