package dev.bowline.interop.client;

import dev.bowline.client.Manager;
import dev.bowline.client.ManagerBuilder;
import dev.bowline.client.Reconnection;
import dev.bowline.client.Socket;
import dev.bowline.interop.client.NodeServer.Way;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Consumer;

/** One of the clients of the soak: hears numbered news, says numbers, and complains of what must not be. */
final class SoakClient {
    /** What most of the clients share; every tenth has everything for itself. */
    record Lent(ScheduledThreadPoolExecutor scheduler, ExecutorService threads, HttpClient http) {
        static Lent create() {
            var scheduler = new ScheduledThreadPoolExecutor(2);
            scheduler.setRemoveOnCancelPolicy(true);
            ExecutorService threads = Executors.newCachedThreadPool();
            return new Lent(
                    scheduler,
                    threads,
                    HttpClient.newBuilder()
                            .version(HttpClient.Version.HTTP_1_1)
                            .executor(threads)
                            .build());
        }

        int timers() {
            return scheduler.getQueue().size();
        }

        void close() {
            scheduler.shutdownNow();
            threads.shutdown();
        }
    }

    private static final int ALONE = 10;
    private static final List<Way> WAYS = List.of(Way.values());

    private final int number;
    private final Manager manager;
    private final Socket socket;
    private final Queue<String> faults;
    private volatile boolean closed;

    // Of the handlers, which run one after the other.
    private int last = -1;
    private boolean mayMiss = true;
    private boolean entered;

    SoakClient(
            int number, URI address, Lent lent, Duration patience, Queue<String> faults, Consumer<Boolean> onReturn) {
        this.number = number;
        this.faults = faults;
        Way way = WAYS.get(number % WAYS.size());
        ManagerBuilder builder = Manager.builder(address)
                .transports(way.transports())
                .auth(Map.of("client", "client" + number))
                .connectTimeout(patience)
                .closeTimeout(patience)
                .reconnection(Reconnection.defaults()
                        .withDelay(patience.dividedBy(20))
                        .withMaxDelay(patience.dividedBy(4)));
        if (number % ALONE != 0) {
            builder.scheduler(lent.scheduler).handlerExecutor(lent.threads).httpClient(lent.http);
        }
        this.manager = builder.build();
        this.socket = manager.socket();
        socket.onConnect(() -> {
            called();
            mayMiss |= !socket.recovered();
            if (entered) {
                onReturn.accept(socket.recovered());
            }
            entered = true;
        });
        socket.onDisconnect(reason -> called());
        socket.onConnectError(error -> called());
        manager.onReconnectAttempt(attempt -> called());
        manager.onPing(this::called);
        socket.on("news", Integer.class, this::hear);
    }

    private void called() {
        if (closed) {
            faults.add(this + " was told something after close() had returned");
        }
    }

    private void hear(int news) {
        called();
        if (news <= last) {
            faults.add(this + " heard " + news + " after " + last);
        } else if (news > last + 1 && !mayMiss) {
            faults.add(this + " has missed what is between " + last + " and " + news);
        }
        last = news;
        mayMiss = false;
    }

    void connect() {
        socket.connect();
    }

    void say(int word) {
        socket.emit("say", word);
    }

    boolean isHere() {
        return socket.connected();
    }

    void close() {
        manager.close();
        closed = true;
    }

    @Override
    public String toString() {
        return "client " + number + " (" + manager.state() + ", " + manager.transport() + ")";
    }
}
