package dev.bowline.adapter.cluster;

import dev.bowline.adapter.Answers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * One question to the whole cluster, and what has come back so far: from the sockets of this node, from other nodes,
 * and from the sockets of other nodes. It is over when nobody owes anything, or when the time is. Safe for any thread.
 *
 * <p>Who is asked becomes known while answers come already: a node that has answered is not waited for once it is. Some
 * nodes do not say who they are (those of Node's classic adapter); such answers are counted against the nodes that
 * are known to be there, and so are answers of nodes that nobody knew of.
 */
final class Question<T> {
    private final CompletableFuture<Answers<T>> result = new CompletableFuture<>();
    private final long maxBytes;

    // Guarded by this.
    private final List<T> values = new ArrayList<>();
    private final Set<String> nodesOwing = new HashSet<>();
    private final Set<String> nodesAnswered = new HashSet<>();
    private final Set<String> socketsOwing = new HashSet<>();
    private final Map<String, Integer> socketsOwingElsewhere = new HashMap<>();
    private final Set<String> silentSockets = new HashSet<>();
    private final Set<String> silentNodes = new HashSet<>();
    private int unnamedSockets;
    private int unnamedNodes;
    private int namelessAnswers;
    private long bytes;
    private boolean nodesKnown;
    private boolean socketsKnown;

    /** Whose answers may have so many bytes together; whoever answers beyond is silent. */
    Question(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    CompletionStage<Answers<T>> result() {
        return result;
    }

    // ---- This node ------------------------------------------------------------------------------

    /** What this node has to say itself, all at once. */
    void here(List<T> own) {
        synchronized (this) {
            values.addAll(own);
            socketsKnown = true;
        }
        completeIfNobodyOwes();
    }

    /** These sockets of this node are asked. */
    void socketsAsked(Set<String> ids) {
        synchronized (this) {
            socketsOwing.addAll(ids);
            socketsKnown = true;
        }
        completeIfNobodyOwes();
    }

    void socketAnswered(String id, T value, int size) {
        synchronized (this) {
            if (socketsOwing.remove(id) && !take(value, size)) {
                silentSockets.add(id);
            }
        }
        completeIfNobodyOwes();
    }

    void socketSilent(String id) {
        synchronized (this) {
            if (socketsOwing.remove(id)) {
                silentSockets.add(id);
            }
        }
        completeIfNobodyOwes();
    }

    // ---- The others -----------------------------------------------------------------------------

    /** These other nodes are there to answer. */
    void nodesAsked(Set<String> names) {
        synchronized (this) {
            nodesOwing.addAll(names);
            nodesOwing.removeAll(nodesAnswered);
            namelessAnswers += (int)
                    nodesAnswered.stream().filter(node -> !names.contains(node)).count();
            nodesKnown = true;
        }
        completeIfNobodyOwes();
    }

    /** The others cannot be reached; these were there when that was last known. */
    void nodesUnreachable(Set<String> lastKnown) {
        synchronized (this) {
            silentNodes.addAll(lastKnown);
            silentNodes.removeAll(nodesAnswered);
            unnamedNodes += lastKnown.isEmpty() ? 1 : 0;
            nodesKnown = true;
        }
        completeIfNobodyOwes();
    }

    /** Of those who were asked only these are still there; the others will not answer any more. */
    void nodesPresent(Set<String> names) {
        synchronized (this) {
            if (namelessAnswers > 0) {
                return; // whoever is gone may be one of those who have answered
            }
            for (String node : List.copyOf(nodesOwing)) {
                if (!names.contains(node)) {
                    nodesOwing.remove(node);
                    silentNodes.add(node);
                }
            }
            for (String node : List.copyOf(socketsOwingElsewhere.keySet())) {
                if (!node.isEmpty() && !names.contains(node)) {
                    unnamedSockets += Math.max(0, socketsOwingElsewhere.getOrDefault(node, 0));
                    socketsOwingElsewhere.remove(node);
                }
            }
        }
        completeIfNobodyOwes();
    }

    /** A node's whole answer. */
    void nodeAnswered(String node, List<T> all, int size) {
        synchronized (this) {
            if (!firstOf(node)) {
                return;
            }
            if (bytes + size > maxBytes) {
                silent(node);
            } else {
                bytes += size;
                values.addAll(all);
            }
        }
        completeIfNobodyOwes();
    }

    /** So many sockets of that node are asked. */
    void socketsAskedBy(String node, int count) {
        synchronized (this) {
            if (firstOf(node)) {
                owes(node, count);
            }
        }
        completeIfNobodyOwes();
    }

    /** A socket of that node answered. */
    void socketOfNodeAnswered(String node, T value, int size) {
        synchronized (this) {
            owes(node, -1);
            if (!take(value, size)) {
                unnamedSockets++;
            }
        }
        completeIfNobodyOwes();
    }

    /** The time is over: what has come is the result. */
    void timeIsOver() {
        complete(true);
    }

    // ---- The state, under the lock --------------------------------------------------------------

    private boolean take(T value, int size) {
        if (bytes + size > maxBytes) {
            return false;
        }
        bytes += size;
        values.add(value);
        return true;
    }

    private void silent(String node) {
        if (node.isEmpty()) {
            unnamedNodes++;
        } else {
            silentNodes.add(node);
        }
    }

    private boolean firstOf(String node) {
        if (node.isEmpty()) {
            namelessAnswers++;
            return true;
        }
        boolean first = nodesAnswered.add(node);
        if (first && !nodesOwing.remove(node) && nodesKnown) {
            namelessAnswers++;
        }
        return first;
    }

    /** An acknowledgement may come before the number of those that are to come. */
    private void owes(String node, int more) {
        if (socketsOwingElsewhere.merge(node, more, Integer::sum) == 0) {
            socketsOwingElsewhere.remove(node);
        }
    }

    private void completeIfNobodyOwes() {
        complete(false);
    }

    private void complete(boolean overdue) {
        Answers<T> all;
        synchronized (this) {
            boolean done = socketsKnown
                    && nodesKnown
                    && socketsOwing.isEmpty()
                    && nodesOwing.size() <= namelessAnswers
                    && socketsOwingElsewhere.isEmpty();
            if (result.isDone() || !(done || overdue)) {
                return;
            }
            all = answers();
        }
        result.complete(all);
    }

    private Answers<T> answers() {
        Set<String> sockets = new HashSet<>(silentSockets);
        sockets.addAll(socketsOwing);
        int elsewhere = unnamedSockets;
        for (int owed : socketsOwingElsewhere.values()) {
            elsewhere += Math.max(0, owed);
        }
        Set<String> nodes = new HashSet<>(silentNodes);
        int nameless = unnamedNodes + (nodesKnown ? 0 : 1);
        if (namelessAnswers == 0) {
            nodes.addAll(nodesOwing);
        } else {
            nameless += Math.max(0, nodesOwing.size() - namelessAnswers);
        }
        return new Answers<>(values, sockets, elsewhere, nodes, nameless);
    }
}
