package dev.bowline.redis;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Servers over pub/sub are a cluster like others. */
class RedisPubSubTest extends RedisContract {
    @Override
    RedisAdapter open(RedisOptions options) {
        return RedisAdapter.pubSub(options);
    }

    @Override
    protected SilentNode silentNode(String namespace) {
        return silent("socket.io-request#" + namespace + "#", "socket.io-response#" + namespace + "#" + SILENT + "#");
    }

    @Override
    protected void talkNonsense() {
        try (RedisServer.Client client = redis().client()) {
            for (String channel : List.of(
                    "socket.io#/#",
                    "socket.io#/#a#",
                    "socket.io#/#b",
                    "socket.io-request#/#",
                    "socket.io-response#/#")) {
                for (byte[] nonsense : Nonsense.ALL) {
                    client.connection().sync().publish(channel, nonsense);
                }
                for (String json : List.of(
                        "{\"type\":2}",
                        "{\"type\":2,\"opts\":{},\"rooms\":[\"x\"]}",
                        "{\"type\":4,\"opts\":{\"rooms\":5}}",
                        "{\"type\":5}",
                        "{\"type\":6,\"data\":{}}",
                        "{\"type\":6,\"data\":[]}",
                        "{\"type\":7}",
                        "{\"type\":77}",
                        "{\"requestId\":7,\"sockets\":{}}",
                        "{\"requestId\":\"7\",\"sockets\":[5]}",
                        "{\"requestId\":\"7\",\"type\":8,\"clientCount\":-7}")) {
                    client.connection().sync().publish(channel, json.getBytes(StandardCharsets.UTF_8));
                }
            }
        }
    }
}
