package dev.bowline.bench.clients;

import dev.bowline.client.Manager;
import dev.bowline.client.ManagerBuilder;
import dev.bowline.client.Socket;
import dev.bowline.core.engine.TransportName;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Bowline's clients, a Manager for each. Many in one process share an HttpClient, a scheduler and threads, as the
 * documentation says; with {@code alone} as the third argument each has everything for itself, as by default.
 */
public final class BowlineClients {
    private BowlineClients() {}

    private static ManagerBuilder builder(String address) {
        return Manager.builder(URI.create(address)).transports(TransportName.WEBSOCKET);
    }

    /** Holds them until standard input ends. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        boolean alone = arguments.length > 2 && arguments[2].equals("alone");
        ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);
        scheduler.setRemoveOnCancelPolicy(true);
        ExecutorService threads = new ThreadPoolExecutor(4, 4, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
        HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .executor(threads)
                .build();
        ManagerBuilder shared = builder(Holder.address(arguments))
                .scheduler(scheduler)
                .handlerExecutor(threads)
                .httpClient(http);
        Holder.hold(arguments, (address, connected, lost) -> {
            Manager manager = (alone ? builder(address) : shared).build();
            Socket socket = manager.socket();
            socket.onConnect(connected);
            socket.onDisconnect(reason -> lost.run());
            socket.connect();
            return manager;
        });
    }
}
