package dev.bowline.core.packet;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.bowline.core.Vectors;
import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.RemoteProtocolException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class PacketDecoderTest {
    private static final String INVALID = "invalid payload";

    /** Sloppy input that the reference takes and no official peer produces, with what we say instead. */
    private static final Map<String, Refusal> REFUSED = Map.ofEntries(
            refused("CONNECT number is read as an id", INVALID, "a CONNECT has no id"),
            refused("CONNECT with id", INVALID, "a CONNECT has no id"),
            refused("DISCONNECT with id", INVALID, "a DISCONNECT has no id"),
            refused("CONNECT_ERROR number is an id", INVALID, "a CONNECT_ERROR has no id"),
            refused("EVENT huge id", INVALID, "the answer could not repeat the digits"),
            refused("EVENT leading space is taken as an id", INVALID, "an id is digits"),
            refused("EVENT no payload", INVALID, "an event has a name"),
            refused("EVENT nsp no payload", INVALID, "an event has a name"),
            refused("EVENT id no payload", INVALID, "an event has a name"),
            refused("BINARY_EVENT no payload", INVALID, "an event has a name"),
            refused("ACK without id", INVALID, "it answers nothing"),
            refused("ACK no payload", INVALID, "an acknowledgement without arguments is an empty array"),
            refused("num float", "illegal attachments", "there is no attachment between two others"),
            refused("empty string", "unknown packet type NaN", "a packet has a type"),
            refused("space is type 0", "unknown packet type NaN", "a type is a digit"));

    private record Refusal(String error, String reason) {}

    private static Map.Entry<String, Refusal> refused(String vector, String error, String reason) {
        return Map.entry(vector, new Refusal(error, reason));
    }

    private static final List<Packet.Type> TYPES = List.of(Packet.Type.values());

    private final JsonCodec codec = new JsonCodec();

    @TestFactory
    Stream<DynamicTest> readsWhatTheReferenceReads() {
        return Vectors.tests("sio5_decode", vector -> {
            Refusal refusal = REFUSED.get(vector.required("name").asString());
            if (refusal == null) {
                follows(vector);
            } else {
                assertThat(vector.has("quirk")).as("is a quirk").isTrue();
                assertThat(decode(vector, new ArrayList<>())).isEqualTo(refusal.error);
            }
        });
    }

    @Test
    void refusesNoQuirkThatIsNotInTheVectors() {
        Set<String> quirks = new HashSet<>();
        for (JsonNode vector : Vectors.of("sio5_decode")) {
            if (vector.has("quirk")) {
                quirks.add(vector.required("name").asString());
            }
        }

        assertThat(REFUSED.keySet()).isEqualTo(quirks);
    }

    private void follows(JsonNode vector) {
        JsonNode output = vector.required("output");
        List<Packet> packets = new ArrayList<>();

        String error = decode(vector, packets);

        assertThat(error)
                .isEqualTo(output.has("error") ? output.required("error").asString() : null);
        assertThat(packets).hasSize(output.required("packets").size());
        for (int i = 0; i < packets.size(); i++) {
            JsonNode expected = output.required("packets").get(i);
            Packet packet = packets.get(i);
            assertThat(packet.type())
                    .isEqualTo(TYPES.get(expected.required("type").intValue()));
            assertThat(packet.namespace()).isEqualTo(expected.required("nsp").asString());
            assertThat(packet.id()).isEqualTo(expected.path("id").asLong(Packet.NO_ID));
            assertThat(data(packet))
                    .usingRecursiveComparison()
                    .withStrictTypeChecking()
                    .isEqualTo(expected.has("data") ? Vectors.value(expected.required("data")) : null);
        }
    }

    /** Feeds all frames; what comes out goes into the list, and what the decoder complains of is returned. */
    private static @Nullable String decode(JsonNode vector, List<Packet> packets) {
        JsonNode input = vector.required("input");
        int maxAttachments = input.path("options").path("maxAttachments").asInt(PacketDecoder.DEFAULT_MAX_ATTACHMENTS);
        PacketDecoder decoder = new PacketDecoder(maxAttachments, PacketDecoder.DEFAULT_MAX_DEPTH);
        try {
            for (JsonNode frame : input.required("frames")) {
                Packet packet = decoder.add(
                        Vectors.isBinary(frame)
                                ? EnginePacket.binary(Bytes.wrap(Vectors.binary(frame)))
                                : EnginePacket.message(frame.asString()));
                if (packet != null) {
                    packets.add(packet);
                }
            }
        } catch (RemoteProtocolException e) {
            assertThat(decoder.isAwaitingAttachments()).isFalse();
            return e.getMessage();
        }
        assertThat(decoder.isAwaitingAttachments())
                .isEqualTo(vector.required("output").path("pending").asBoolean(false));
        return null;
    }

    private @Nullable Object data(Packet packet) {
        if (packet.payload().isAbsent()) {
            return null;
        }
        if (packet.type() != Packet.Type.EVENT && packet.type() != Packet.Type.ACK) {
            return codec.mapper().convertValue(codec.value(packet.payload()), Object.class);
        }
        Args args = codec.args(packet);
        List<@Nullable Object> values = new ArrayList<>();
        if (packet.type() == Packet.Type.EVENT) {
            JsonNode name = codec.mapper()
                    .readTree(packet.payload().json().toByteArray())
                    .get(0);
            assertThat(codec.eventName(packet)).isEqualTo(name.asString());
            values.add(Vectors.value(name));
        }
        for (int i = 0; i < args.size(); i++) {
            values.add(args.get(i, Object.class));
        }
        return values;
    }

    @Test
    void startsAfreshAfterAnError() throws RemoteProtocolException {
        PacketDecoder decoder = new PacketDecoder();
        decoder.add(EnginePacket.message("51-[\"n\"]"));
        assertThatExceptionOfType(RemoteProtocolException.class)
                .isThrownBy(() -> decoder.add(EnginePacket.message("2[\"a\"]")));

        assertThat(decoder.isAwaitingAttachments()).isFalse();
        assertThat(decoder.add(EnginePacket.message("2[\"a\"]"))).isNotNull();
    }

    @Test
    void forgetsAnIncompletePacketWhenReset() throws RemoteProtocolException {
        PacketDecoder decoder = new PacketDecoder();
        decoder.add(EnginePacket.message("51-[\"n\"]"));

        decoder.reset();

        assertThat(decoder.isAwaitingAttachments()).isFalse();
        assertThat(decoder.add(EnginePacket.message("2[\"a\"]"))).isNotNull();
    }

    @Test
    void keepsEveryDigitOfAnId() throws RemoteProtocolException {
        assertThat(decode("29007199254740993[\"a\"]").id()).isEqualTo(9007199254740993L);
        assertThat(decode("2" + Long.MAX_VALUE + "[\"a\"]").id()).isEqualTo(Long.MAX_VALUE);
        assertThat(decode("2" + "0".repeat(100_000) + "7[\"a\"]").id()).isEqualTo(7);
        refuses("29223372036854775808[\"a\"]", INVALID);
        refuses("2" + "9".repeat(100_000) + "[\"a\"]", INVALID);
    }

    @Test
    void countsAttachmentsWithoutAllocatingForThem() throws RemoteProtocolException {
        refuses("52147483648-[\"a\"]", "too many attachments");
        refuses("5" + "9".repeat(100_000) + "-[\"a\"]", "too many attachments");
        refuses("5" + "0".repeat(100) + "-[\"a\"]", "Illegal attachments");
        PacketDecoder generous = new PacketDecoder(Integer.MAX_VALUE, 128);
        assertThat(generous.add(EnginePacket.message("5200000000-[\"a\"]"))).isNull();
        assertThat(generous.isAwaitingAttachments()).isTrue();
    }

    @Test
    void refusesAllAttachmentsWhereNoneAreAllowed() {
        PacketDecoder decoder = new PacketDecoder(0, 128);

        assertThatExceptionOfType(RemoteProtocolException.class)
                .isThrownBy(() -> decoder.add(EnginePacket.message("51-[\"n\"]")))
                .withMessage("too many attachments");
    }

    @Test
    void takesWhatIsAsDeepAsTheLimitAndNothingDeeper() throws RemoteProtocolException {
        PacketDecoder decoder = new PacketDecoder(10, 3);

        assertThat(decoder.add(EnginePacket.message("2[\"a\",[{}]]"))).isNotNull();
        assertThatExceptionOfType(RemoteProtocolException.class)
                .isThrownBy(() -> decoder.add(EnginePacket.message("2[\"a\",[[[]]]]")))
                .withMessage(INVALID);
        assertThat(decoder.add(EnginePacket.message("0{\"a\":[[]]}"))).isNotNull();
        assertThatExceptionOfType(RemoteProtocolException.class)
                .isThrownBy(() -> decoder.add(EnginePacket.message("0{\"a\":[[[]]]}")))
                .withMessage(INVALID);
    }

    @Test
    void isNotBlownUpByDepth() {
        refuses("2[\"a\"," + "[".repeat(1_000_000), INVALID);
        refuses("2[\"a\"," + "{\"a\":".repeat(300_000), INVALID);
        refuses("0" + "{\"a\":".repeat(300_000), INVALID);
    }

    @Test
    void bindsWhatIsAsDeepAsItCanBe() throws RemoteProtocolException {
        PacketDecoder decoder = new PacketDecoder(10, 1000);
        String deep = "[".repeat(999) + "]".repeat(999);

        Packet packet = requireNonNull(decoder.add(EnginePacket.message("2[\"a\"," + deep + "]")));

        assertThat(codec.args(packet).node(0).isArray()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2['a']",
                "2[a]",
                "2[\"a\",]",
                "2[,\"a\"]",
                "2[\"a\" 1]",
                "2[\"a\",01]",
                "2[\"a\",+1]",
                "2[\"a\",.5]",
                "2[\"a\",1.]",
                "2[\"a\",1e]",
                "2[\"a\",-]",
                "2[\"a\",0x1]",
                "2[\"a\",NaN]",
                "2[\"a\",Infinity]",
                "2[\"a\",undefined]",
                "2[\"a\",nul]",
                "2[\"a\",nulll]",
                "2[\"a\",{a:1}]",
                "2[\"a\",{\"a\"}]",
                "2[\"a\",{\"a\":1,}]",
                "2[\"a\",{1:1}]",
                "2[\"a\",[1,]]",
                "2[\"a\"]]",
                "2[\"a\"][]",
                "2[\"a\"/**/]",
                "2[\"a\"]//",
                "2[\"a\n\"]",
                "2[\"a\u001e\"]",
                "2[\"a\u0000\"]",
                "2[\"\\x\"]",
                "2[\"\\u12\"]",
                "2[\"\\u123g\"]",
                "2[\"\\\"]",
                "2[\"a",
                "2[",
                "2[\"a\",\u00a0]",
                "2\ufeff[\"a\"]",
                "0{\"a\":1",
                "0{}x",
                "4\"a",
                "4\"a\" \"b\""
            })
    void takesNoJsonThatIsNot(String text) {
        refuses(text, INVALID);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2[\"a\",-0,0,1.5e-10,1E+5,-12.25]",
                "2[\"\\u0061\\n\\\"\\\\\\/\\b\\f\\r\\t\"]",
                "2[\n\"a\" ,\t[ ] , { } , [ 1 ] , { \"a\" : 1 } ]\r\n",
                "2[\"\\ud800\"]",
                "2[\"\u007f\u2028\"]",
                "2[\"a\",{\"a\":1,\"a\":2,\"\":3}]",
                "2[\"__proto__\",{\"__proto__\":1}]",
                "4\"\""
            })
    void takesAllJsonThatIs(String text) throws RemoteProtocolException {
        assertThat(decode(text)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "80",
                "C0AF",
                "C1BF",
                "E08080",
                "E09FBF",
                "EDA080",
                "EDBFBF",
                "F08080AF",
                "F4908080",
                "F5808080",
                "FF",
                "C3",
                "E282",
                "F09F98",
                "E28228",
                "C328",
                "F09F2880"
            })
    void takesStrictUtf8Only(String hex) {
        byte[] bad = java.util.HexFormat.of().parseHex(hex);

        refuses(frame("2[\"", bad, "\"]"), INVALID);
        refuses(frame("2[\"a\",\"x", bad, ""), INVALID);
        refuses(frame("0/", bad, ","), "illegal namespace");
        refuses(frame("0/x", bad, ""), "illegal namespace");
    }

    @Test
    void guessesNoOtherEncoding() {
        refuses(frame("2", "[\"a\"]".getBytes(java.nio.charset.StandardCharsets.UTF_16LE), ""), INVALID);
        refuses(frame("2", "[\"a\"]".getBytes(java.nio.charset.StandardCharsets.UTF_16BE), ""), INVALID);
    }

    @Test
    void refusesNamespacesThatWouldBreakAPollingPayload() {
        refuses("0/a\u001eb,", "illegal namespace");
        refuses("0/a\nb", "illegal namespace");
    }

    @Test
    void findsPlaceholdersWhoseNamesAreEscaped() {
        refuses("51-[\"n\",{\"\\u005fplaceholder\":true,\"num\":1}]", "illegal attachments");
        refuses("51-[\"n\",{\"num\":0,\"_placeholder\":true,\"n\\u0075m\":1}]", "illegal attachments");
        refuses(
                "51-[\"n\",{\"num\":0,\"_placeholder\":false,\"_placeholder\":true,\"num\":null}]",
                "illegal attachments");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"_placeholder\":true,\"num\":0,\"num\":0}",
                "{\"_placeholder\":true,\"_placeholder\":false}",
                "{\"_placeholder\":\"true\",\"num\":7}",
                "{\"_placeholder\":null,\"num\":7}",
                "{\"_placeholde\":true,\"num\":7}",
                "{\"_placeholderr\":true,\"num\":7}",
                "{\"\\n\":true,\"num\":7}"
            })
    void leavesAloneWhatIsNoPlaceholder(String object) throws RemoteProtocolException {
        PacketDecoder decoder = new PacketDecoder();

        assertThat(decoder.add(EnginePacket.message("51-[\"n\"," + object + "]")))
                .isNull();
        assertThat(decoder.isAwaitingAttachments()).isTrue();
    }

    @Test
    void takesMessagesOnly() {
        assertThatIllegalArgumentException().isThrownBy(() -> new PacketDecoder().add(EnginePacket.PING));
    }

    @Test
    void refusesLimitsThatAreNone() {
        assertThatIllegalArgumentException().isThrownBy(() -> new PacketDecoder(-1, 128));
        assertThatIllegalArgumentException().isThrownBy(() -> new PacketDecoder(10, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new PacketDecoder(10, 1001));
    }

    private static Packet decode(String text) throws RemoteProtocolException {
        return requireNonNull(new PacketDecoder().add(EnginePacket.message(text)));
    }

    private static void refuses(String text, String error) {
        refuses(EnginePacket.message(text), error);
    }

    private static void refuses(EnginePacket message, String error) {
        assertThatExceptionOfType(RemoteProtocolException.class)
                .isThrownBy(() -> new PacketDecoder().add(message))
                .withMessage(error);
    }

    private static EnginePacket frame(String before, byte[] middle, String after) {
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        out.writeBytes(Bytes.utf8("4" + before).toByteArray());
        out.writeBytes(middle);
        out.writeBytes(Bytes.utf8(after).toByteArray());
        return EnginePacket.ofText(EnginePacket.Type.MESSAGE, Bytes.wrap(out.toByteArray()));
    }

    @Test
    void countsTheBytesOfAPacketThatWaitsForAttachments() throws RemoteProtocolException {
        var counting = new PacketDecoder();
        String header = "52-[\"two\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]";
        assertThat(counting.pendingBytes()).isZero();
        counting.add(EnginePacket.message(header));
        assertThat(counting.pendingBytes()).isEqualTo(header.length());
        counting.add(EnginePacket.binary(Bytes.wrap(new byte[7])));
        assertThat(counting.pendingBytes()).isEqualTo(header.length() + 7);
        counting.add(EnginePacket.binary(Bytes.wrap(new byte[7])));
        assertThat(counting.pendingBytes()).isZero();
        counting.add(EnginePacket.message(header));
        counting.reset();
        assertThat(counting.pendingBytes()).isZero();
    }
}
