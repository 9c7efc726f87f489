package dev.bowline.testkit;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The threads that live at an instant, to say later that no other is left.
 *
 * <pre>{@code
 * ThreadLeaks before = ThreadLeaks.snapshot();
 * ... open, use, close ...
 * before.assertNone();
 * }</pre>
 *
 * <p>Threads that the JDK starts on demand and keeps do not count. Virtual threads are not seen: the JDK
 * does not list them.
 */
public final class ThreadLeaks {
    private static final List<String> OF_THE_JDK = List.of(
            "Common-Cleaner",
            "CompletableFutureDelayScheduler",
            "ForkJoinPool.commonPool-",
            "ForkJoinPool-1-delayScheduler", // of virtual threads, from JDK 25
            "JNA Cleaner",
            "Keep-Alive-Timer",
            "Read-Poller",
            "Write-Poller",
            "VirtualThread-unparker",
            "VirtualThread-unblocker",
            "process reaper",
            "surefire-forkedjvm-");

    private final Set<Thread> before;
    private final Predicate<Thread> ignored;

    private ThreadLeaks(Set<Thread> before, Predicate<Thread> ignored) {
        this.before = before;
        this.ignored = ignored;
    }

    /** The threads that live now. */
    public static ThreadLeaks snapshot() {
        return new ThreadLeaks(
                Set.copyOf(live()), thread -> OF_THE_JDK.stream().anyMatch(thread.getName()::startsWith));
    }

    /** The same, but without threads whose name begins so. */
    public ThreadLeaks ignoring(String namePrefix) {
        return new ThreadLeaks(before, ignored.or(thread -> thread.getName().startsWith(namePrefix)));
    }

    /**
     * Says that no thread is left which was not there before; waits a little for those that are ending.
     *
     * @throws AssertionError with the names and stacks of those that are left
     */
    public void assertNone() {
        assertNone(Duration.ofSeconds(5));
    }

    /** The same, with a deadline. */
    public void assertNone(Duration deadline) {
        Eventually.passes(deadline, () -> {
            List<Thread> left = left();
            if (!left.isEmpty()) {
                throw new AssertionError(describe(left));
            }
        });
    }

    /** The threads that are left at present, by name. */
    public List<Thread> left() {
        return live().stream()
                .filter(thread -> !before.contains(thread) && !ignored.test(thread))
                .sorted(Comparator.comparing(Thread::getName))
                .toList();
    }

    private static Collection<Thread> live() {
        return Thread.getAllStackTraces().keySet();
    }

    private static String describe(List<Thread> threads) {
        return threads.size() + " threads are left"
                + threads.stream().map(ThreadLeaks::describe).collect(Collectors.joining());
    }

    private static String describe(Thread thread) {
        StringBuilder text = new StringBuilder("\n\"" + thread.getName() + "\" " + thread.getState());
        for (StackTraceElement frame : thread.getStackTrace()) {
            text.append("\n    at ").append(frame);
        }
        return text.toString();
    }
}
