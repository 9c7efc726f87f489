package dev.bowline.redis;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One stream, read by one thread on a connection of its own, from the moment at which it began: after a break it goes on
 * where it was, so nothing is missed that the stream still has. Its thread may be kept waiting, and the stream waits.
 */
final class StreamReader implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(StreamReader.class.getName());
    private static final Duration BLOCK = Duration.ofSeconds(2);
    private static final int COUNT = 100;
    private static final long PAUSE_MILLIS = 200;

    private final RedisLink link;
    private final String stream;
    private final Map<String, Consumer<StreamMessage<String, byte[]>>> takers = new ConcurrentHashMap<>();
    private final Thread thread;
    private final CompletableFuture<Void> begun = new CompletableFuture<>();
    private volatile boolean closed;
    private volatile String failure = "";

    // Of the thread.
    private @Nullable StatefulConnection<String, byte[]> connection;
    private @Nullable String last;

    StreamReader(RedisLink link, String stream) {
        this.link = link;
        this.stream = stream;
        this.thread = new Thread(this::run, "bowline-redis-stream");
        thread.setDaemon(true);
        thread.start();
    }

    /** Completes when it is known from where on it reads. */
    CompletionStage<Void> begun() {
        return begun.minimalCompletionStage();
    }

    /** Why it cannot be read now; empty while it can. */
    String failure() {
        return failure;
    }

    /** Passes on what concerns that namespace. */
    void add(String namespace, Consumer<StreamMessage<String, byte[]>> taker) {
        takers.put(namespace, taker);
    }

    void remove(String namespace) {
        takers.remove(namespace);
    }

    private void run() {
        while (!closed) {
            try {
                read();
            } catch (RuntimeException | ExecutionException | TimeoutException broken) {
                failure = "the stream " + stream + " cannot be read: " + RedisLink.causeOf(broken);
                LOG.log(System.Logger.Level.DEBUG, failure);
                disconnect();
                pause();
            } catch (InterruptedException over) {
                return;
            }
        }
        disconnect();
    }

    private void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    @SuppressWarnings("unchecked") // an array of one offset, which nobody keeps
    private void read() throws InterruptedException, ExecutionException, TimeoutException {
        RedisClusterAsyncCommands<String, byte[]> redis = commands();
        String from = last;
        if (from == null) {
            from = newest(redis);
            last = from;
            begun.complete(null);
        }
        List<StreamMessage<String, byte[]>> entries = redis.xread(
                        XReadArgs.Builder.block(BLOCK).count(COUNT), XReadArgs.StreamOffset.from(stream, from))
                .get(BLOCK.toMillis() + 10_000, TimeUnit.MILLISECONDS);
        failure = "";
        for (StreamMessage<String, byte[]> entry : entries) {
            last = entry.getId();
            take(entry);
        }
    }

    private void take(StreamMessage<String, byte[]> entry) {
        byte[] namespace = entry.getBody().get("nsp");
        Consumer<StreamMessage<String, byte[]>> taker =
                namespace == null ? null : takers.get(new String(namespace, java.nio.charset.StandardCharsets.UTF_8));
        if (taker != null) {
            try {
                taker.accept(entry);
            } catch (RuntimeException failure) { // the next entry is not to blame
                LOG.log(System.Logger.Level.WARNING, "A message of the stream failed here", failure);
            }
        }
    }

    /** Asked once and not with every reading, as {@code $} would: what comes between two readings is not to be missed. */
    private String newest(RedisClusterAsyncCommands<String, byte[]> redis)
            throws InterruptedException, ExecutionException, TimeoutException {
        List<StreamMessage<String, byte[]>> newest =
                redis.xrevrange(stream, Range.unbounded(), Limit.from(1)).get(5, TimeUnit.SECONDS);
        return newest.isEmpty() ? "0-0" : newest.get(0).getId();
    }

    private RedisClusterAsyncCommands<String, byte[]> commands() {
        StatefulConnection<String, byte[]> now = connection;
        if (now == null) {
            now = link.anotherConnection();
            connection = now;
        }
        return now instanceof StatefulRedisClusterConnection<String, byte[]> cluster
                ? cluster.async()
                : ((StatefulRedisConnection<String, byte[]>) now).async();
    }

    private void disconnect() {
        if (connection != null) {
            connection.closeAsync();
            connection = null;
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
