package dev.bowline.server;

import dev.bowline.core.engine.OutboundPolicy;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What an application is still to be told of one client that does not read. While it is being told nothing new is
 * queued, only counted, so that a flood of drops is no flood of news. Safe for any thread.
 */
final class OutboundReports {
    private record Sum(List<Socket> sockets, long packets, long bytes) {}

    private final OutboundPolicy policy;
    private final Executor threads;
    private final Consumer<OutboundLimit> handler;
    private final AtomicReference<@Nullable Sum> untold = new AtomicReference<>();

    OutboundReports(OutboundPolicy policy, Executor threads, Consumer<OutboundLimit> handler) {
        this.policy = policy;
        this.threads = threads;
        this.handler = handler;
    }

    void add(List<Socket> sockets, long packets, long bytes) {
        Sum before = untold.getAndUpdate(sum ->
                new Sum(sockets, packets + (sum == null ? 0 : sum.packets()), bytes + (sum == null ? 0 : sum.bytes())));
        if (before == null) {
            threads.execute(this::tell);
        }
    }

    private void tell() {
        Sum sum = untold.getAndSet(null);
        if (sum != null) {
            handler.accept(new OutboundLimit(sum.sockets(), policy, sum.packets(), sum.bytes()));
        }
    }
}
