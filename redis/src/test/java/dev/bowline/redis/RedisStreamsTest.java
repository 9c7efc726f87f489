package dev.bowline.redis;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Servers over a stream are a cluster like others. */
class RedisStreamsTest extends RedisContract {
    @Override
    RedisAdapter open(RedisOptions options) {
        return RedisAdapter.streams(options, StreamOptions.DEFAULTS);
    }

    @Override
    protected SilentNode silentNode(String namespace) {
        return silent("socket.io#" + namespace + "#", "socket.io#" + namespace + "#" + SILENT + "#");
    }

    @Override
    protected void talkNonsense() {
        try (RedisServer.Client client = redis().client()) {
            for (String json : Nonsense.CLUSTER_MESSAGES) {
                byte[] text = json.getBytes(StandardCharsets.UTF_8);
                client.connection().sync().publish("socket.io#/#", text);
                client.connection().sync().xadd("socket.io", Map.of("nsp", bytes("/"), "data", text));
            }
            for (byte[] nonsense : Nonsense.ALL) {
                client.connection().sync().publish("socket.io#/#", nonsense);
                for (String type : new String[] {"3", "4", "5", "6", "9", "13", "77", "three", "999999999999"}) {
                    client.connection()
                            .sync()
                            .xadd(
                                    "socket.io",
                                    Map.of(
                                            "uid",
                                            bytes("x"),
                                            "nsp",
                                            bytes("/"),
                                            "type",
                                            bytes(type),
                                            "data",
                                            nonsense));
                }
            }
            client.connection().sync().xadd("socket.io", Map.of("other", bytes("x")));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
