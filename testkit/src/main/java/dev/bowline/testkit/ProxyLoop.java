package dev.bowline.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one thread of a proxy: a selector, a queue of timers, and the commands of other threads.
 *
 * <p>A command returns to its caller only after the selector has let go of the channels that it closed,
 * because the JDK sends the RST of a registered channel no sooner.
 */
final class ProxyLoop {
    /** What is attached to a key. */
    interface Ready {
        void ready(SelectionKey key);
    }

    private record Timer(long due, long order, Runnable task) {}

    private record Command(Runnable task, CompletableFuture<Void> done) {}

    private static final int SCRATCH_BYTES = 64 * 1024;

    // Final, or confined to the thread.
    private final Selector selector;
    private final Thread thread;
    private final Runnable afterTurn;
    private final Runnable atEnd;
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH_BYTES);
    private final PriorityQueue<Timer> timers =
            new PriorityQueue<>(Comparator.<Timer>comparingLong(Timer::due).thenComparingLong(Timer::order));
    private final long epoch = System.nanoTime();
    private long timersMade;

    // Guarded by lock.
    private final ReentrantLock lock = new ReentrantLock();
    private List<Command> commands = new ArrayList<>();
    private boolean stopping;
    private @Nullable Throwable failure;

    /**
     * A loop that has not started.
     *
     * @param afterTurn runs after each turn, before the commands of the turn return
     * @param atEnd runs last, to close the channels
     */
    ProxyLoop(Runnable afterTurn, Runnable atEnd) throws IOException {
        this.selector = Selector.open();
        this.afterTurn = afterTurn;
        this.atEnd = atEnd;
        this.thread = new Thread(this::run, "fault-proxy");
        this.thread.setDaemon(true);
    }

    void start(String name) {
        thread.setName(name);
        thread.start();
    }

    /** Nanoseconds since the loop was made: never negative, so instants compare as numbers. */
    long now() {
        return System.nanoTime() - epoch;
    }

    ByteBuffer scratch() {
        return scratch;
    }

    SelectionKey register(SelectableChannel channel, Ready ready) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, 0, ready);
    }

    /** Runs a task at an instant, or up to a millisecond later. */
    void at(long due, Runnable task) {
        timers.add(new Timer(due, timersMade++, task));
    }

    /** Closes a channel, with a RST or with a FIN. */
    static void close(NetworkChannel channel, boolean reset) {
        try (channel) {
            if (reset) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        } catch (IOException e) {
            // The peer was faster; there is nothing left to close.
        }
    }

    /** Runs a task on the thread and waits for its effect; at once where this is the thread. */
    void run(Runnable task) {
        if (Thread.currentThread() == thread) {
            task.run();
            return;
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        lock.lock();
        try {
            if (stopping) {
                throw new IllegalStateException("the proxy is closed", failure);
            }
            commands.add(new Command(task, done));
        } finally {
            lock.unlock();
        }
        selector.wakeup();
        try {
            done.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                cause.addSuppressed(new IllegalStateException("commanded here"));
                throw cause;
            }
            throw e;
        }
    }

    /** The same, with an answer. */
    <T> T ask(Supplier<T> question) {
        List<T> answer = new ArrayList<>(1);
        run(() -> answer.add(question.get()));
        return answer.get(0);
    }

    /** Stops the thread, which closes everything, and waits for its end, unless this is the thread. */
    void stop() {
        lock.lock();
        try {
            stopping = true;
        } finally {
            lock.unlock();
        }
        selector.wakeup();
        if (Thread.currentThread() != thread) {
            boolean interrupted = false;
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void run() {
        try {
            while (!isStopping()) {
                turn();
            }
        } catch (IOException e) {
            fail(e);
            throw new UncheckedIOException(e);
        } catch (RuntimeException | Error e) {
            fail(e);
            throw e;
        } finally {
            end();
        }
    }

    private boolean isStopping() {
        lock.lock();
        try {
            return stopping;
        } finally {
            lock.unlock();
        }
    }

    private void fail(Throwable cause) {
        lock.lock();
        try {
            stopping = true;
            failure = cause;
        } finally {
            lock.unlock();
        }
    }

    private void turn() throws IOException {
        Timer first = timers.peek();
        long wait = first == null ? Long.MAX_VALUE : first.due() - now();
        if (wait <= 0) {
            selector.selectNow(this::dispatch);
        } else if (first == null) {
            selector.select(this::dispatch);
        } else {
            selector.select(this::dispatch, TimeUnit.NANOSECONDS.toMillis(wait) + 1);
        }
        runTimers();
        List<Command> batch = takeCommands();
        List<Runnable> answers = new ArrayList<>(batch.size());
        try {
            for (Command command : batch) {
                answers.add(perform(command));
            }
            afterTurn.run();
            if (!batch.isEmpty()) {
                selector.selectNow(this::dispatch);
                afterTurn.run();
            }
        } finally {
            answers.forEach(Runnable::run);
        }
    }

    private void runTimers() {
        long now = now();
        for (Timer timer = timers.peek(); timer != null && timer.due() <= now; timer = timers.peek()) {
            timers.remove();
            timer.task().run();
        }
    }

    private List<Command> takeCommands() {
        lock.lock();
        try {
            List<Command> taken = commands;
            commands = new ArrayList<>();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private static Runnable perform(Command command) {
        try {
            command.task().run();
            return () -> command.done().complete(null);
        } catch (RuntimeException | Error e) {
            return () -> command.done().completeExceptionally(e);
        }
    }

    private void dispatch(SelectionKey key) {
        if (key.attachment() instanceof Ready ready) {
            ready.ready(key);
        }
    }

    private void end() {
        atEnd.run();
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            for (Command command : takeCommands()) {
                command.done().completeExceptionally(new IllegalStateException("the proxy is closed"));
            }
        }
    }
}
