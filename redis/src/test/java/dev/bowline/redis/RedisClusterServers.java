package dev.bowline.redis;

import dev.bowline.testkit.Eventually;
import java.util.ArrayList;
import java.util.List;

/** A real Redis Cluster of three masters. Ends when it is closed. */
final class RedisClusterServers implements AutoCloseable {
    private static final int SLOTS = 16_384;

    private final List<RedisServer> servers = new ArrayList<>();

    RedisClusterServers() {
        for (int i = 0; i < 3; i++) {
            servers.add(RedisServer.start("--cluster-enabled", "yes", "--cluster-node-timeout", "3000"));
        }
        try (RedisServer.Client first = servers.get(0).client()) {
            for (int i = 0; i < 3; i++) {
                try (RedisServer.Client client = servers.get(i).client()) {
                    int from = SLOTS * i / 3;
                    client.connection().sync().clusterAddSlots(range(from, SLOTS * (i + 1) / 3));
                    client.connection().sync().clusterSetConfigEpoch(i + 1L);
                }
                if (i > 0) {
                    first.connection()
                            .sync()
                            .clusterMeet("127.0.0.1", servers.get(i).port());
                }
            }
        }
        for (RedisServer server : servers) {
            try (RedisServer.Client client = server.client()) {
                Eventually.await("the cluster to be whole", () -> {
                    String info = client.connection().sync().clusterInfo();
                    return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3");
                });
            }
        }
    }

    private static int[] range(int from, int to) {
        int[] slots = new int[to - from];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = from + i;
        }
        return slots;
    }

    /** Where it is: the address of one of its nodes. */
    String uri() {
        return servers.get(0).uri();
    }

    @Override
    public void close() {
        servers.forEach(RedisServer::close);
    }
}
