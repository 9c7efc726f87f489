package dev.bowline.netty;

import dev.bowline.server.transport.TransportLoop;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** An event loop of Netty's as sessions see it: one object per loop. */
final class NettyLoop implements TransportLoop {
    private static final FastThreadLocal<NettyLoop> OF_THREAD = new FastThreadLocal<>();

    private final EventLoop loop;

    private NettyLoop(EventLoop loop) {
        this.loop = loop;
    }

    /** The loop that the caller runs on. */
    static NettyLoop current(EventLoop loop) {
        NettyLoop known = OF_THREAD.get();
        if (known == null || known.loop != loop) {
            known = new NettyLoop(loop);
            OF_THREAD.set(known);
        }
        return known;
    }

    /** Whether it is one of these. */
    boolean isOf(Iterable<EventExecutor> loops) {
        for (EventExecutor one : loops) {
            if (one == loop) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean inLoop() {
        return loop.inEventLoop();
    }

    @Override
    public boolean mayWait() {
        // Every loop with a session has entered itself here, and others have no handlers to run.
        return !OF_THREAD.isSet();
    }

    @Override
    public long nanoTime() {
        return loop.ticker().nanoTime();
    }

    /** A loop that has ended has closed its sessions before: what still comes for them has no effect. */
    @Override
    public void execute(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException ended) {
            if (!loop.isShuttingDown()) {
                throw ended;
            }
        }
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        try {
            ScheduledFuture<?> timer = loop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
            return () -> timer.cancel(false);
        } catch (RejectedExecutionException ended) {
            if (!loop.isShuttingDown()) {
                throw ended;
            }
            return () -> {};
        }
    }
}
