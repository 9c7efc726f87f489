package dev.bowline.core.packet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.RemoteProtocolException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.json.JsonMapper;

class RoundTripTest {
    private static final int ROUNDS = 3000;

    private static final String NOISE = "{}[]\",:0123456789.-+eEtrufalsn\\/ \t\n\u0001";

    private final JsonCodec codec = new JsonCodec();
    private final PacketDecoder decoder = new PacketDecoder(1000, 128);

    @Test
    void readsBackWhatItWrites() throws RemoteProtocolException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            roundTrip(random, "seed " + seed + ", round " + round);
        }
    }

    private void roundTrip(Random random, String where) throws RemoteProtocolException {
        boolean event = random.nextBoolean();
        @Nullable Object[] args = new Object[random.nextInt(5)];
        for (int i = 0; i < args.length; i++) {
            args[i] = value(random, 4);
        }
        String name = text(random);
        Payload payload = event ? codec.writeEvent(name, args) : codec.write(args);
        long id = event && random.nextBoolean() ? Packet.NO_ID : random.nextLong() >>> (1 + random.nextInt(63));
        String namespace = random.nextBoolean() ? "/" : "/" + random.nextInt() + "é?x=😀";
        Packet sent = new Packet(event ? Packet.Type.EVENT : Packet.Type.ACK, namespace, id, payload);

        Packet received = null;
        for (EnginePacket message : PacketEncoder.encode(sent).packets()) {
            assertThat(received).as(where).isNull();
            received = decoder.add(message);
        }

        assertThat(received).as(where).isEqualTo(sent);
        Args bound = codec.args(sent);
        assertThat(bound.size()).as(where).isEqualTo(args.length);
        for (int i = 0; i < args.length; i++) {
            assertThat(bound.get(i, Object.class))
                    .as(where)
                    .usingRecursiveComparison()
                    .isEqualTo(args[i]);
        }
        if (event) {
            assertThat(codec.eventName(sent)).as(where).isEqualTo(name);
        }
    }

    @Test
    void printsEveryDoubleSoThatItIsReadBack() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 100_000; round++) {
            double value = Double.longBitsToDouble(random.nextLong());
            if (Double.isFinite(value)) {
                assertThat(Double.parseDouble(JsonText.number(value)))
                        .as("seed %s, round %s", seed, round)
                        .isEqualTo(value);
            }
        }
    }

    /** Jackson is the other opinion on what JSON is; where the input is ASCII they must agree. */
    @Test
    void takesTheSameJsonAsJackson() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int valid = 0;
        for (int round = 0; round < 30_000; round++) {
            String json = mutated(random, JsonMapper.shared().writeValueAsString(value(random, 3)))
                    .stripLeading();
            boolean expected = takenByJackson(json);
            boolean taken = true;
            try {
                JsonScanner.scanValue(Bytes.utf8(json), 1000);
            } catch (RemoteProtocolException e) {
                taken = false;
            }
            assertThat(taken).as("seed %s, round %s: %s", seed, round, json).isEqualTo(expected);
            valid += taken ? 1 : 0;
        }
        assertThat(valid).isBetween(3000, 27_000);
    }

    private static boolean takenByJackson(String json) {
        int values = 0;
        // A reader of text guesses no encoding.
        try (JsonParser parser = JsonMapper.shared().createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                boolean whole = token.isScalarValue() || token.isStructEnd();
                values += whole && parser.streamReadContext().inRoot() ? 1 : 0;
            }
        } catch (JacksonException e) {
            return false;
        }
        return values == 1;
    }

    private static String mutated(Random random, String json) {
        StringBuilder text = new StringBuilder(json.replaceAll("[^\\x20-\\x7E]", "?"));
        for (int i = random.nextInt(3); i > 0 && text.length() > 0; i--) {
            int at = random.nextInt(text.length());
            char c = NOISE.charAt(random.nextInt(NOISE.length()));
            switch (random.nextInt(3)) {
                case 0 -> text.deleteCharAt(at);
                case 1 -> text.insert(at, c);
                default -> text.setCharAt(at, c);
            }
        }
        return text.toString();
    }

    private static @Nullable Object value(Random random, int depth) {
        return switch (random.nextInt(depth > 0 ? 9 : 7)) {
            case 0 -> null;
            case 1 -> random.nextBoolean();
            case 2 -> random.nextInt();
            case 3 -> (long) Integer.MAX_VALUE + 1 + random.nextInt(Integer.MAX_VALUE);
            case 4 -> random.nextInt() + 0.5;
            case 5 -> text(random);
            case 6 -> {
                byte[] bytes = new byte[random.nextInt(4)];
                random.nextBytes(bytes);
                yield bytes;
            }
            case 7 -> {
                List<@Nullable Object> list = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    list.add(value(random, depth - 1));
                }
                yield list;
            }
            default -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    // Jackson takes no property names with lone surrogates.
                    map.put(text(random).replaceAll("\\p{Cs}", "?"), value(random, depth - 1));
                }
                yield map;
            }
        };
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(6); i > 0; i--) {
            switch (random.nextInt(5)) {
                case 0 -> text.append((char) random.nextInt(0x80));
                case 1 -> text.append((char) random.nextInt(0x800));
                case 2 -> text.append((char) random.nextInt(0x10000));
                case 3 -> text.appendCodePoint(0x10000 + random.nextInt(0x100000));
                default -> text.append((char) (0xD800 + random.nextInt(0x800)));
            }
        }
        return text.toString();
    }
}
