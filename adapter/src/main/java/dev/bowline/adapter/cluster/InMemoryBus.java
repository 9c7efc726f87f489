package dev.bowline.adapter.cluster;

import dev.bowline.adapter.AdapterFactory;
import dev.bowline.core.engine.RemoteProtocolException;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Links servers of one process to a cluster, for tests, and to see how little an engine has to do. Messages take the
 * form of {@link ClusterCodec} on their way. Safe for any thread.
 *
 * <p>One thread carries all messages, at most {@link #MOST_WAITING} at a time: what is said beyond is dropped.
 */
public final class InMemoryBus implements AutoCloseable {
    static final int MOST_WAITING = 100_000;

    private static final System.Logger LOG = System.getLogger(InMemoryBus.class.getName());

    private final ExecutorService carrier = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MOST_WAITING),
            task -> {
                Thread thread = new Thread(task, "bowline-bus");
                thread.setDaemon(true);
                return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());

    private final Map<String, Map<String, Member>> namespaces = new ConcurrentHashMap<>();

    /** A cluster without servers. */
    public InMemoryBus() {}

    /** What makes the adapters of a server, which has that name in the cluster. */
    public AdapterFactory join(String node) {
        return ClusterAdapter.on((context, receiver) -> open(node, context.namespace(), receiver));
    }

    ClusterBus open(String node, String namespace, Consumer<ClusterMessage> receiver) {
        var member = new Member(node, namespace, receiver);
        if (members(namespace).putIfAbsent(node, member) != null) {
            throw new IllegalStateException("a server of that name is here already: " + node);
        }
        return member;
    }

    private Map<String, Member> members(String namespace) {
        return namespaces.computeIfAbsent(namespace, key -> new ConcurrentHashMap<>());
    }

    /** Brings that to all servers, whatever it is. */
    void carry(String namespace, JsonNode tree) {
        carrier.execute(() -> members(namespace).values().forEach(member -> member.take(tree)));
    }

    /** What is still on its way is dropped. */
    @Override
    public void close() {
        carrier.shutdownNow();
    }

    private final class Member implements ClusterBus {
        private final String node;
        private final String namespace;
        private final Consumer<ClusterMessage> receiver;

        Member(String node, String namespace, Consumer<ClusterMessage> receiver) {
            this.node = node;
            this.namespace = namespace;
            this.receiver = receiver;
        }

        @Override
        public String node() {
            return node;
        }

        @Override
        public void publish(ClusterMessage message) {
            carry(message, members(namespace).values());
        }

        @Override
        public void answer(String to, ClusterMessage message) {
            Member member = members(namespace).get(to);
            if (member != null) {
                carry(message, Set.of(member));
            }
        }

        private void carry(ClusterMessage message, Collection<Member> members) {
            ObjectNode tree = ClusterCodec.write(message, namespace);
            carrier.execute(() -> {
                for (Member member : members) {
                    if (member != this) {
                        member.take(tree);
                    }
                }
            });
        }

        private void take(JsonNode tree) {
            try {
                receiver.accept(ClusterCodec.read(tree, namespace));
            } catch (RemoteProtocolException malformed) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "A message of the cluster is dropped: {0}",
                        malformed.getMessage());
            }
        }

        @Override
        public CompletionStage<Set<String>> others() {
            Set<String> names = new TreeSet<>(members(namespace).keySet());
            names.remove(node);
            return CompletableFuture.completedFuture(names);
        }

        @Override
        public void close() {
            members(namespace).remove(node, this);
        }
    }
}
