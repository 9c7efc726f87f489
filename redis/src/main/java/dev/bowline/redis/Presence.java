package dev.bowline.redis;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Who has a namespace now, as Redis knows it: every server, Node's among them, subscribes to a channel of its own, in
 * whose name its name is. A server that dies is gone when Redis notices that its connection is.
 *
 * <p>Listing channels costs Redis as much as there are channels, counting the subscribers of one costs nothing. So they
 * are counted each time, and listed where the number has changed, or after five seconds.
 *
 * <p>In one of the forms, rooms have channels too, and one may be called as if it were a server. Where more names than
 * subscribers are found, those that have been heard of come first. Safe for any thread.
 */
final class Presence {
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final int MOST_HEARD = 10_000;

    private record Known(Set<String> others, long at) {}

    private final RedisLink link;
    private final RedisLink.Kind kind;
    private final String node;
    private final String common;
    private final String before;
    private final String pattern;
    private final Set<String> heard = ConcurrentHashMap.newKeySet();
    private volatile Known known = new Known(Set.of(), System.nanoTime() - FRESH_NANOS);

    /**
     * A namespace's.
     *
     * @param kind CHANNEL or SHARD
     * @param common the channel that all are subscribed to
     * @param before what the name of a server's own channel begins with: its name and a {@code #} follow
     * @param names how names look, as a pattern of Redis's
     */
    Presence(RedisLink link, RedisLink.Kind kind, String node, String common, String before, String names) {
        this.link = link;
        this.kind = kind;
        this.node = node;
        this.common = common;
        this.before = before;
        this.pattern = escaped(before) + names + '#';
    }

    /** The text as a pattern that only it matches. */
    static String escaped(String text) {
        return text.replaceAll("[*?\\[\\]\\\\^]", "\\\\$0");
    }

    /** A server of that name has said something. */
    void heard(String name) {
        if (heard.size() < MOST_HEARD) {
            heard.add(name);
        }
    }

    CompletionStage<Set<String>> others() {
        return link.ask(this::count).thenCompose(count -> {
            Known now = known;
            boolean fresh = System.nanoTime() - now.at() < FRESH_NANOS
                    && count == now.others().size() + 1L;
            return fresh ? CompletableFuture.completedFuture(now.others()) : link.ask(wire -> list(wire, count));
        });
    }

    private CompletionStage<Long> count(Wire wire) {
        return wire.<Long>ofAllNodes(
                        one -> (kind == RedisLink.Kind.SHARD ? one.pubsubShardNumsub(common) : one.pubsubNumsub(common))
                                .thenApply(counts -> List.of(sum(counts))))
                .thenApply(counts -> counts.stream().mapToLong(Long::longValue).sum());
    }

    private long sum(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private CompletionStage<Set<String>> list(Wire wire, long count) {
        return wire.<String>ofAllNodes(one ->
                        kind == RedisLink.Kind.SHARD ? one.pubsubShardChannels(pattern) : one.pubsubChannels(pattern))
                .thenApply(channels -> {
                    List<String> names = new ArrayList<>();
                    for (String channel : channels) {
                        names.add(channel.substring(before.length(), channel.length() - 1));
                    }
                    names.remove(node);
                    heard.retainAll(names);
                    names.sort(Comparator.comparing((String name) -> !heard.contains(name)));
                    known = new Known(
                            Set.copyOf(names.subList(0, (int) Math.min(names.size(), Math.max(0, count - 1)))),
                            System.nanoTime());
                    return known.others();
                });
    }
}
