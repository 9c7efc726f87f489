package dev.bowline.redis;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Servers over sharded pub/sub are a cluster like others. */
class RedisShardedTest extends RedisContract {
    @Override
    RedisAdapter open(RedisOptions options) {
        return RedisAdapter.sharded(options, RoomChannels.PUBLIC);
    }

    @Override
    protected SilentNode silentNode(String namespace) {
        return silentShards("socket.io#" + namespace + "#", "socket.io#" + namespace + "#" + SILENT + "#");
    }

    @Override
    protected void talkNonsense() {
        try (RedisServer.Client client = redis().client()) {
            for (String channel : List.of("socket.io#/#", "socket.io#/#a#", "socket.io#/#b#")) {
                for (byte[] nonsense : Nonsense.ALL) {
                    client.connection().sync().spublish(channel, nonsense);
                }
                for (String json : Nonsense.CLUSTER_MESSAGES) {
                    client.connection().sync().spublish(channel, json.getBytes(StandardCharsets.UTF_8));
                }
            }
        }
    }
}
