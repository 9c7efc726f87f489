package dev.bowline.redis;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.bowline.adapter.cluster.ClusterCodec;
import dev.bowline.adapter.cluster.ClusterMessage;
import dev.bowline.core.engine.RemoteProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * What comes from Redis ends in a message or in a RemoteProtocolException, and a message can be said again: nothing else.
 * The seeds run with every build; {@code JAZZER_FUZZ=1} looks for more.
 */
class MessageFuzzTest {
    @FuzzTest
    void readsMessagePackOrRefuses(byte[] input) {
        try {
            JsonNode tree = MessagePack.read(input);
            assertThat(MessagePack.write(MessagePack.read(MessagePack.write(tree))))
                    .isEqualTo(MessagePack.write(tree));
        } catch (RemoteProtocolException refused) {
            assertThat(refused.getMessage()).hasSizeLessThan(200);
        }
    }

    @FuzzTest
    void readsMessagesOrRefuses(byte[] input) {
        try {
            ClassicCodec.broadcast(ClassicCodec.readBroadcast(input, "/"), "/");
        } catch (RemoteProtocolException refused) {
            assertThat(refused.getMessage()).hasSizeLessThan(200);
        }
        try {
            Optional<ClusterMessage> request = ClassicCodec.readRequest(input, "/");
            request.filter(read -> read.kind() != ClusterMessage.Kind.ALL_ROOMS)
                    .ifPresent(read -> ClassicCodec.request(read, "/"));
        } catch (RemoteProtocolException refused) {
            assertThat(refused.getMessage()).hasSizeLessThan(200);
        }
        try {
            ClassicCodec.readResponse(input).ifPresent(ClassicCodec::response);
        } catch (RemoteProtocolException refused) {
            assertThat(refused.getMessage()).hasSizeLessThan(200);
        }
        try {
            ShardedBus.encode(ClusterCodec.read(Json.readEither(input), "/"), "/");
        } catch (RemoteProtocolException refused) {
            assertThat(refused.getMessage()).hasSizeLessThan(200);
        }
        byte[] three = "3".getBytes(StandardCharsets.UTF_8);
        try {
            StreamsBus.read(Map.of("uid", three, "type", three, "data", input), 1_000_000);
        } catch (RemoteProtocolException refused) {
            assertThat(refused.getMessage()).hasSizeLessThan(200);
        }
    }
}
