package dev.bowline.adapter;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What came back from those who were asked, and who did not answer. A part of the answers is a result too: when the
 * time is over, this is what there is.
 *
 * <p>Who is silent is named as far as it is known. Servers of Node tell of their sockets only how many they have, and
 * a node that never spoke has no name; such are counted instead. Immutable.
 *
 * @param values the answers, in the order in which they came; null where a socket acknowledged with null or nothing
 * @param silentSockets the ids of sockets that were asked and did not answer
 * @param unnamedSockets how many further sockets were asked and did not answer
 * @param silentNodes the names of the nodes of the cluster that did not answer
 * @param unnamedNodes how many further nodes did not answer
 */
public record Answers<T extends @Nullable Object>(
        List<T> values, Set<String> silentSockets, int unnamedSockets, Set<String> silentNodes, int unnamedNodes) {
    public Answers {
        values = Collections.unmodifiableList(new ArrayList<>(values));
        silentSockets = Set.copyOf(silentSockets);
        silentNodes = Set.copyOf(silentNodes);
    }

    /** The answers of this node alone, where everybody answered. */
    public static <T extends @Nullable Object> Answers<T> complete(List<T> values) {
        return new Answers<>(values, Set.of(), 0, Set.of(), 0);
    }

    /** Whether everybody who was asked has answered. */
    public boolean isComplete() {
        return silentSockets.isEmpty() && unnamedSockets == 0 && silentNodes.isEmpty() && unnamedNodes == 0;
    }
}
