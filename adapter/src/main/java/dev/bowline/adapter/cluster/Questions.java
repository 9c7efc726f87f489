package dev.bowline.adapter.cluster;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What one node has asked the cluster and is not answered yet, at most {@link #MOST} at a time. While a question is open
 * the node looks every second whether those who owe an answer are still there. Safe for any thread.
 */
final class Questions {
    static final int MOST = 10_000;
    static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private static final SecureRandom RANDOM = new SecureRandom();

    private record Open(Question<?> question, Consumer<ClusterMessage> taker) {}

    private final ScheduledExecutorService timer;
    private final Map<String, Open> open = new ConcurrentHashMap<>();
    private volatile Set<String> lastKnown = Set.of();

    Questions(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    /**
     * The id under which the question is asked, unless there are too many.
     *
     * @param taker takes what comes under that id, of whatever kind it is
     */
    Optional<String> begin(
            Question<?> question,
            Consumer<ClusterMessage> taker,
            Duration timeout,
            Supplier<CompletionStage<Set<String>>> others) {
        if (open.size() >= MOST) {
            return Optional.empty();
        }
        byte[] bits = new byte[8];
        RANDOM.nextBytes(bits);
        String id = HexFormat.of().formatHex(bits);
        open.put(id, new Open(question, taker));
        Future<?> end = timer.schedule(question::timeIsOver, timeout.toNanos(), TimeUnit.NANOSECONDS);
        Future<?> look = timer.scheduleWithFixedDelay(
                () -> lookAgain(question, others), LOOK_AGAIN.toNanos(), LOOK_AGAIN.toNanos(), TimeUnit.NANOSECONDS);
        var unused = question.result().whenComplete((answers, failure) -> {
            open.remove(id);
            end.cancel(false);
            look.cancel(false);
        });
        return Optional.of(id);
    }

    /** Finds out who is asked. */
    void lookUp(Question<?> question, Supplier<CompletionStage<Set<String>>> others) {
        var unused = others.get().whenComplete((nodes, failure) -> {
            if (failure == null) {
                lastKnown = nodes;
                question.nodesAsked(nodes);
            } else {
                question.nodesUnreachable(lastKnown);
            }
        });
    }

    private void lookAgain(Question<?> question, Supplier<CompletionStage<Set<String>>> others) {
        var unused = others.get().thenAccept(nodes -> {
            lastKnown = nodes;
            question.nodesPresent(nodes);
        });
    }

    /** An answer came; one to a question that is over, or another node's, is none. */
    void answered(ClusterMessage answer) {
        Open asked = open.get(answer.requestId());
        if (asked != null) {
            asked.taker().accept(answer);
        }
    }

    /** Everything that is open is over. */
    void close() {
        open.values().forEach(asked -> asked.question().timeIsOver());
    }
}
