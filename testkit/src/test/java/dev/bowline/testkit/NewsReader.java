package dev.bowline.testkit;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * The client of the example: asks for headlines one after the other, tells when it loses the server and
 * when it is back, and tries again without end.
 */
final class NewsReader implements AutoCloseable {
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final HttpRequest request;
    private final Duration timeout;
    private final Consumer<String> listener;
    private final Thread thread;
    private volatile boolean closed;

    NewsReader(URI server, Duration timeout, Consumer<String> listener) {
        this.request = HttpRequest.newBuilder(server.resolve("/news")).build();
        this.timeout = timeout;
        this.listener = listener;
        this.thread = new Thread(this::read, "news-reader");
        this.thread.start();
    }

    private void read() {
        boolean connected = false;
        while (!closed) {
            boolean answered = ask();
            if (answered != connected && !closed) {
                connected = answered;
                listener.accept(connected ? "connected" : "lost");
            }
        }
    }

    /** Waits for the whole answer: a timeout of the request would cover its head only. */
    private boolean ask() {
        var answer = http.sendAsync(request, HttpResponse.BodyHandlers.discarding());
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS).statusCode() == 200;
        } catch (ExecutionException e) {
            return false;
        } catch (TimeoutException e) {
            answer.cancel(true);
            return false;
        } catch (InterruptedException e) {
            answer.cancel(true);
            closed = true;
            return false;
        }
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        thread.interrupt();
        thread.join();
    }
}
