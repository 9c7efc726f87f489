package dev.bowline.server;

import dev.bowline.adapter.Adapter;
import dev.bowline.adapter.AdapterContext;
import dev.bowline.adapter.AdapterFactory;
import dev.bowline.adapter.Answer;
import dev.bowline.adapter.Answers;
import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.InMemoryAdapter;
import dev.bowline.adapter.Receiver;
import dev.bowline.adapter.SocketDetails;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/**
 * An adapter of a cluster of servers in one process, to see that the seam carries one: what is local goes through an
 * {@link InMemoryAdapter}, everything else also to the peers of the same namespace. A peer may be struck dumb.
 */
final class PairedAdapter implements Adapter {
    /** The servers of a cluster. */
    static final class Cluster {
        private final Map<String, List<PairedAdapter>> byNamespace = new ConcurrentHashMap<>();

        /** A server's way into it, under a name. */
        AdapterFactory join(String node) {
            return context -> {
                var adapter = new PairedAdapter(this, node, context);
                members(context.namespace()).add(adapter);
                return adapter;
            };
        }

        private List<PairedAdapter> members(String namespace) {
            return byNamespace.computeIfAbsent(namespace, key -> new ArrayList<>());
        }

        /** From now on that server answers nobody. */
        void strikeDumb(String node) {
            byNamespace
                    .values()
                    .forEach(all -> all.stream()
                            .filter(adapter -> adapter.node.equals(node))
                            .forEach(adapter -> adapter.dumb = true));
        }
    }

    private final Cluster cluster;
    private final String node;
    private final AdapterContext context;
    private final InMemoryAdapter local;
    private boolean dumb;

    private PairedAdapter(Cluster cluster, String node, AdapterContext context) {
        this.cluster = cluster;
        this.node = node;
        this.context = context;
        this.local = new InMemoryAdapter(context);
    }

    private List<PairedAdapter> others() {
        return cluster.members(context.namespace()).stream()
                .filter(adapter -> adapter != this)
                .toList();
    }

    private void everywhere(BroadcastOptions options, Consumer<InMemoryAdapter> action) {
        action.accept(local);
        if (!options.local()) {
            others().forEach(other -> action.accept(other.local));
        }
    }

    /** Asks this server and the others, and puts together what they say until the time is over. */
    private <T> CompletionStage<Answers<T>> gather(
            boolean alone,
            boolean self,
            Duration timeout,
            Function<PairedAdapter, CompletionStage<Answers<T>>> question) {
        List<PairedAdapter> asked = new ArrayList<>(self ? List.of(this) : List.of());
        asked.addAll(alone ? List.of() : others());
        Map<String, Answers<T>> answers = new ConcurrentHashMap<>();
        var result = new CompletableFuture<Answers<T>>();
        Runnable complete = () -> {
            List<T> values = new ArrayList<>();
            Set<String> silent = new HashSet<>();
            Set<String> silentNodes = new HashSet<>();
            for (PairedAdapter adapter : asked) {
                Answers<T> answer = answers.get(adapter.node);
                if (answer == null) {
                    silentNodes.add(adapter.node);
                } else {
                    values.addAll(answer.values());
                    silent.addAll(answer.silentSockets());
                }
            }
            result.complete(new Answers<>(values, silent, 0, silentNodes, 0));
        };
        for (PairedAdapter adapter : asked) {
            if (!adapter.dumb) {
                var unused = question.apply(adapter).thenAccept(answer -> {
                    answers.put(adapter.node, answer);
                    if (answers.size() == asked.size()) {
                        complete.run();
                    }
                });
            }
        }
        if (asked.isEmpty()) {
            complete.run();
        }
        var unused = context.timer().schedule(complete, timeout.toNanos(), TimeUnit.NANOSECONDS);
        return result;
    }

    @Override
    public void add(Receiver socket) {
        local.add(socket);
    }

    @Override
    public void remove(Receiver socket) {
        local.remove(socket);
    }

    @Override
    public void join(String id, Set<String> rooms) {
        local.join(id, rooms);
    }

    @Override
    public void leave(String id, String room) {
        local.leave(id, room);
    }

    @Override
    public Set<String> rooms(String id) {
        return local.rooms(id);
    }

    @Override
    public Set<String> sockets(Set<String> rooms) {
        return local.sockets(rooms);
    }

    @Override
    public void broadcast(Packet packet, BroadcastOptions options) {
        everywhere(options, adapter -> adapter.broadcast(packet, options));
    }

    @Override
    public CompletionStage<Answers<Answer>> broadcastWithAck(
            Packet packet, BroadcastOptions options, Duration timeout) {
        return gather(
                options.local(), true, timeout, adapter -> adapter.local.broadcastWithAck(packet, options, timeout));
    }

    @Override
    public CompletionStage<Answers<SocketDetails>> fetchSockets(BroadcastOptions options, Duration timeout) {
        return gather(
                options.local(),
                true,
                timeout,
                adapter -> adapter.local
                        .fetchSockets(options, timeout)
                        .thenApply(found -> adapter == this
                                ? found
                                : Answers.complete(found.values().stream()
                                        .map(Travelled::of)
                                        .toList())));
    }

    /** What arrives of a socket's details. */
    private record Travelled(String id, Set<String> rooms, ObjectNode handshake, ObjectNode data)
            implements SocketDetails {
        static SocketDetails of(SocketDetails details) {
            return new Travelled(details.id(), details.rooms(), details.handshake(), details.data());
        }
    }

    @Override
    public void socketsJoin(BroadcastOptions options, Set<String> rooms) {
        everywhere(options, adapter -> adapter.socketsJoin(options, rooms));
    }

    @Override
    public void socketsLeave(BroadcastOptions options, Set<String> rooms) {
        everywhere(options, adapter -> adapter.socketsLeave(options, rooms));
    }

    @Override
    public void disconnectSockets(BroadcastOptions options, boolean closeConnection) {
        everywhere(options, adapter -> adapter.disconnectSockets(options, closeConnection));
    }

    @Override
    public void serverSideEmit(Payload event) {
        others().forEach(other -> other.context.serverSideEvent(event, ack -> {}));
    }

    @Override
    public CompletionStage<Answers<Answer>> serverSideEmitWithAck(Payload event, Duration timeout) {
        return gather(false, false, timeout, other -> {
            var answer = new CompletableFuture<Answers<Answer>>();
            other.context.serverSideEvent(
                    event, ack -> answer.complete(Answers.complete(List.of(new Answer(Optional.empty(), ack)))));
            return answer;
        });
    }

    @Override
    public CompletionStage<Integer> serverCount() {
        return CompletableFuture.completedFuture(
                cluster.members(context.namespace()).size());
    }

    @Override
    public void close() {
        cluster.members(context.namespace()).remove(this);
        local.close();
    }
}
