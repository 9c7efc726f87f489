package dev.bowline.netty;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.PollingBody;
import dev.bowline.core.engine.ProtocolRevision;
import dev.bowline.core.engine.TransportName;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Conversations that no polite client has, legal and illegal words mixed, over polling, WebSocket and upgrade: a live
 * server says what the machines of {@code core} say. Each conversation follows from its seed, which a failure tells.
 * {@code -Dconversations=PT10M} looks for more, as long as that.
 */
class ConversationTest {
    private static final int MOST_STEPS = 40;

    private static final String GRAMMAR = "0123456789-,/[]{}:\"\\ abe_.+\u001e";

    private static final String[] WORDS = {
        "40",
        "40/other,",
        "40/closed,",
        "40/nowhere,",
        "40{\"token\":\"x\"}",
        "40null",
        "41",
        "41/other,",
        "42[\"echo\",1]",
        "427[\"echo\",\"é\",{\"a\":[null,true,1.5e3]}]",
        "42/other,[\"echo\"]",
        "42/other,12[\"echo\",2]",
        "42[\"unheard\",1]",
        "451-[\"echo\",{\"_placeholder\":true,\"num\":0}]",
        "450-[\"echo\"]",
        "4511-[\"echo\"]",
        "452-[\"echo\",{\"_placeholder\":true,\"num\":2}]",
        "430[]",
        "43[]",
        "461-0[{\"_placeholder\":true,\"num\":0}]",
        "44{\"message\":\"no\"}",
        "42",
        "42[]",
        "42[\"connect\"]",
        "42[1,2]",
        "4",
        "49",
        "bAAEC",
        "b####",
        "b4AAEC",
        "40/other?token=x,",
        "b",
        "3",
        "3probe",
        "2",
        "2probe",
        "5",
        "6",
        "1",
        "0",
        "9",
        ""
    };

    private static final Conversation.Server SERVER = new Conversation.Server();

    @AfterAll
    static void close() {
        SERVER.close();
    }

    static LongStream seeds() {
        return LongStream.range(0, 200);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void followsTheMachines(long seed) {
        converse(ProtocolRevision.V4, seed);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void followsTheMachinesWithOldClients(long seed) {
        converse(ProtocolRevision.V3, seed);
    }

    @Test
    void followsTheMachinesInConversationsThatNobodyHadBefore() {
        Duration time = Duration.parse(System.getProperty("conversations", "PT1S"));
        long end = System.nanoTime() + time.toNanos();
        long count = 0;
        for (long seed = System.currentTimeMillis() * 1_000; System.nanoTime() - end < 0; seed++) {
            converse(seed % 2 == 0 ? ProtocolRevision.V4 : ProtocolRevision.V3, seed);
            count++;
        }
        System.out.println(count + " conversations in " + time);
    }

    private static void converse(ProtocolRevision revision, long seed) {
        var random = new Random(seed);
        var conversation = new Conversation(
                SERVER, revision, random.nextBoolean() ? TransportName.POLLING : TransportName.WEBSOCKET);
        try {
            if (random.nextBoolean()) {
                // Most of what can go wrong needs someone who is in.
                conversation.enter();
            }
            for (int steps = random.nextInt(MOST_STEPS); steps > 0; steps--) {
                step(conversation, revision, random);
            }
            conversation.close();
        } catch (Throwable difference) {
            throw new AssertionError(
                    revision + ", seed " + seed + ", in this conversation:\n" + conversation, difference);
        } finally {
            conversation.abandon();
        }
    }

    private static void step(Conversation conversation, ProtocolRevision revision, Random random) {
        switch (random.nextInt(20)) {
            case 0, 1, 2, 3 -> conversation.poll();
            case 4, 5, 6, 7 ->
                conversation.post(revision == ProtocolRevision.V4 ? payload(random) : oldPayload(random));
            case 8, 9, 10, 11 -> frame(conversation, random);
            case 12, 13 -> conversation.openProbe();
            case 14 -> conversation.closeWebSocket(random.nextBoolean());
            case 15 -> conversation.abortPoll();
            case 16 -> conversation.broadcast(random.nextInt());
            case 17 -> conversation.disconnect(random.nextBoolean());
            case 18 -> conversation.closeConnection();
            default -> {
                if (random.nextBoolean()) {
                    conversation.postTwice();
                } else {
                    conversation.breakPost();
                }
            }
        }
    }

    private static void frame(Conversation conversation, Random random) {
        if (random.nextInt(4) == 0) {
            conversation.frame(true, bytes(random, Conversation.MAX_PAYLOAD + 10));
        } else {
            conversation.frame(false, word(random).getBytes(StandardCharsets.UTF_8));
        }
    }

    private static PollingBody payload(Random random) {
        var body = new ByteArrayOutputStream();
        for (int left = random.nextInt(5); left > 0; left--) {
            body.writeBytes(word(random).getBytes(StandardCharsets.UTF_8));
            if (left > 1) {
                body.write(0x1E);
            }
        }
        tooLarge(body, random);
        return PollingBody.text(Bytes.wrap(body.toByteArray()));
    }

    private static void tooLarge(ByteArrayOutputStream body, Random random) {
        if (random.nextInt(50) == 0) {
            body.writeBytes(new byte[Conversation.MAX_PAYLOAD + 1]);
        }
    }

    /** In text or in bytes; now and then a length is wrong. */
    private static PollingBody oldPayload(Random random) {
        boolean binary = random.nextBoolean();
        var body = new ByteArrayOutputStream();
        for (int left = random.nextInt(5); left > 0; left--) {
            boolean data = binary && random.nextInt(4) == 0;
            String word = word(random);
            byte[] content = data ? bytes(random, 40) : word.getBytes(StandardCharsets.UTF_8);
            if (data && content.length > 0 && random.nextInt(4) > 0) {
                content[0] = 4;
            }
            int length = (binary ? content.length : word.length()) + (random.nextInt(20) == 0 ? 1 : 0);
            if (binary) {
                body.write(data ? 1 : 0);
                Integer.toString(length).chars().forEach(digit -> body.write(digit - '0'));
                body.write(0xFF);
            } else {
                body.writeBytes((length + ":").getBytes(StandardCharsets.UTF_8));
            }
            body.writeBytes(content);
        }
        tooLarge(body, random);
        return new PollingBody(Bytes.wrap(body.toByteArray()), binary);
    }

    private static String word(Random random) {
        return switch (random.nextInt(10)) {
            case 0 -> text(random, 10);
            case 1 -> "4" + text(random, 60);
            case 2 -> "42[\"echo\"," + text(random, 40) + "]";
            default -> WORDS[random.nextInt(WORDS.length)];
        };
    }

    /** Mostly what the grammar is made of. */
    private static String text(Random random, int limit) {
        var text = new StringBuilder();
        for (int left = random.nextInt(limit); left > 0; left--) {
            int kind = random.nextInt(8);
            text.appendCodePoint(
                    kind == 0
                            ? random.nextInt(0xD800)
                            : kind == 1
                                    ? 0x10000 + random.nextInt(0x1000)
                                    : GRAMMAR.charAt(random.nextInt(GRAMMAR.length())));
        }
        return text.toString();
    }

    private static byte[] bytes(Random random, int limit) {
        byte[] bytes = new byte[random.nextInt(3) == 0 ? random.nextInt(limit) : random.nextInt(20)];
        random.nextBytes(bytes);
        return bytes;
    }
}
