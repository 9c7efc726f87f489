package dev.bowline.bench.clients;

import io.socket.client.IO;
import io.socket.client.Socket;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;

/** The official Java client, with one OkHttpClient for all, as its documentation says where there are many. */
public final class OfficialClients {
    private OfficialClients() {}

    /** Holds them until standard input ends. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Dispatcher dispatcher = new Dispatcher();
        dispatcher.setMaxRequests(2 * Integer.parseInt(arguments[1]));
        dispatcher.setMaxRequestsPerHost(2 * Integer.parseInt(arguments[1]));
        OkHttpClient http = new OkHttpClient.Builder()
                .dispatcher(dispatcher)
                .readTimeout(1, TimeUnit.MINUTES)
                .build();
        Holder.hold(arguments, (address, connected, lost) -> {
            IO.Options options = IO.Options.builder()
                    .setForceNew(true)
                    .setTransports(new String[] {"websocket"})
                    .build();
            options.callFactory = http;
            options.webSocketFactory = http;
            Socket socket = IO.socket(URI.create(address), options);
            socket.on(Socket.EVENT_CONNECT, nothing -> connected.run());
            socket.on(Socket.EVENT_DISCONNECT, nothing -> lost.run());
            socket.connect();
            return socket;
        });
    }
}
