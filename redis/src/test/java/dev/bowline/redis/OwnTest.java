package dev.bowline.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.adapter.cluster.ClusterMessage;
import dev.bowline.adapter.cluster.ClusterMessage.Kind;
import dev.bowline.core.packet.JsonCodec;
import org.junit.jupiter.api.Test;

/** A server knows what it said itself without reading it. */
class OwnTest {
    private static final String NODE = "0123456789abcdef";
    private static final String NAMESPACE = "/a\"\u00e9";

    private final Own own = new Own(NODE, NAMESPACE);

    private static ClusterMessage message(String node, Object argument) {
        return ClusterMessage.of(Kind.BROADCAST, node).with(new JsonCodec().writeEvent("news", argument));
    }

    @Test
    void knowsItsBroadcasts() {
        assertThat(own.begins(ClassicCodec.broadcast(message(NODE, 1), NAMESPACE)))
                .isTrue();
        assertThat(own.begins(ClassicCodec.broadcast(message("0123456789abcdee", NODE), NAMESPACE)))
                .isFalse();
        assertThat(own.begins(ClassicCodec.broadcast(message("emitter", 1), NAMESPACE)))
                .isFalse();
        assertThat(own.begins(new byte[0])).isFalse();
    }

    @Test
    void knowsItsMessagesInBothForms() {
        for (Object argument : new Object[] {1, new byte[] {1}}) {
            assertThat(own.ends(ShardedBus.encode(message(NODE, argument), NAMESPACE)))
                    .isTrue();
            assertThat(own.ends(ShardedBus.encode(message("0123456789abcdee", argument), NAMESPACE)))
                    .isFalse();
            assertThat(own.ends(ShardedBus.encode(message(NODE, argument), "/other")))
                    .isFalse();
        }
        assertThat(own.ends(new byte[0])).isFalse();
    }
}
