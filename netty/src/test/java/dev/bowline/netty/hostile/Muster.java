package dev.bowline.netty.hostile;

import dev.bowline.adapter.InMemoryAdapter;
import dev.bowline.server.Namespace;
import dev.bowline.server.SocketIoServer;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import java.lang.reflect.Field;
import java.util.Collection;
import java.util.concurrent.ExecutionException;

/**
 * Everything that a client can make a server keep, counted.
 *
 * @param connections what the application is told
 * @param sessions those of the engine
 * @param sockets those of all namespaces
 * @param namespaces the namespaces
 * @param rooms those of all adapters
 * @param links TCP connections, and the port
 * @param timers what is scheduled on the event loops
 * @param held bytes of what clients have not finished
 */
record Muster(int connections, int sessions, int sockets, int namespaces, int rooms, int links, int timers, long held) {
    // Netty tells neither.
    private static final Field TIMERS = field(AbstractScheduledEventExecutor.class, "scheduledTaskQueue");
    private static final Field LINKS = field(SingleThreadIoEventLoop.class, "numRegistrations");

    static Muster of(SocketIoServer io, Collection<InMemoryAdapter> adapters, EventLoopGroup loops) {
        int links = 0;
        int timers = 0;
        for (EventExecutor loop : loops) {
            links += ((Number) read(LINKS, loop)).intValue();
            timers += ((Collection<?>) read(TIMERS, loop)).size();
        }
        return new Muster(
                io.connectionCount(),
                io.engine().sessionCount(),
                io.namespaces().stream().mapToInt(Namespace::socketCount).sum(),
                io.namespaces().size(),
                adapters.stream().mapToInt(InMemoryAdapter::roomCount).sum(),
                links,
                timers,
                io.engine().inboundMemory().held());
    }

    Muster withTimers(int value) {
        return new Muster(connections, sessions, sockets, namespaces, rooms, links, value, held);
    }

    /** Bytes outside of the heap that Netty has taken from the system, whether in use or kept for later. */
    static long directBytes() {
        return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                .metric()
                .usedDirectMemory();
    }

    /** Bytes of the heap that are in use when nothing is left to collect. */
    static long heapBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static Field field(Class<?> type, String name) {
        try {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException renamed) {
            throw new AssertionError(renamed);
        }
    }

    /** On the loop, which alone may look. */
    private static Object read(Field field, EventExecutor loop) {
        try {
            return loop.submit(() -> field.get(loop)).get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }
}
