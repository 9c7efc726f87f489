package dev.bowline.lab;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;

/** The page of {@code serve} and the small HTTP interface behind its buttons, on the JDK's own server. */
final class DemoHttp implements AutoCloseable {
    private static final int KEEP_ALIVE_SECONDS = 5;

    private final Demo demo;
    private final Path clientBundle;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "bowline-demo-http");
        thread.setDaemon(true);
        return thread;
    });

    DemoHttp(Demo demo, Path clientBundle, InetSocketAddress address) {
        this.demo = demo;
        this.clientBundle = clientBundle;
        try {
            server = HttpServer.create(address, 0);
        } catch (IOException taken) {
            throw new LabException("cannot listen on " + address + ": " + taken.getMessage());
        }
        server.setExecutor(threads);
        server.createContext("/", guarded(this::page));
        server.createContext("/client.js", guarded(this::client));
        server.createContext("/api/tab", guarded(this::openTab));
        server.createContext("/api/events", guarded(this::events));
        server.createContext("/api/do", guarded(this::act));
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    private static HttpHandler guarded(HttpHandler handler) {
        return exchange -> {
            try (exchange) {
                handler.handle(exchange);
            } catch (LabException refused) {
                answer(exchange, 503, "text/plain; charset=utf-8", String.valueOf(refused.getMessage()));
            }
        };
    }

    private void page(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestURI().getPath().equals("/")) {
            answer(exchange, 404, "text/plain; charset=utf-8", "not found");
            return;
        }
        try (var page = DemoHttp.class.getResourceAsStream("page.html")) {
            if (page == null) {
                throw new IllegalStateException("page.html is missing");
            }
            answer(exchange, 200, "text/html; charset=utf-8", page.readAllBytes());
        }
    }

    private void client(HttpExchange exchange) throws IOException {
        answer(exchange, 200, "text/javascript; charset=utf-8", Files.readAllBytes(clientBundle));
    }

    private void openTab(HttpExchange exchange) throws IOException {
        if (isPost(exchange)) {
            DemoTab tab = demo.open();
            String json = JsonMapper.shared()
                    .createObjectNode()
                    .put("tab", tab.name())
                    .put("port", tab.port())
                    .put("pingInterval", demo.pingInterval().toMillis())
                    .put("pingTimeout", demo.pingTimeout().toMillis())
                    .toString();
            answer(exchange, 200, "application/json", json);
        }
    }

    private void events(HttpExchange exchange) throws IOException {
        Optional<DemoTab> tab = tab(exchange);
        if (tab.isEmpty()) {
            return;
        }
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.sendResponseHeaders(200, 0);
        BlockingQueue<String> lines = tab.get().listen();
        try (OutputStream out = exchange.getResponseBody()) {
            write(out, ": listening\n\n");
            while (true) {
                String line = lines.poll(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS);
                write(out, line == null ? ": still here\n\n" : "data: " + line + "\n\n");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } finally {
            tab.get().leave(lines);
        }
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private void act(HttpExchange exchange) throws IOException {
        if (!isPost(exchange)) {
            return;
        }
        Optional<DemoTab> found = tab(exchange);
        if (found.isEmpty()) {
            return;
        }
        DemoTab tab = found.get();
        String action = query(exchange).getOrDefault("action", "");
        switch (action) {
            case "cut" -> tab.cut();
            case "heal" -> tab.heal();
            case "reset" -> tab.reset();
            case "drop" -> demo.drop(tab);
            case "kick" -> demo.kick(tab);
            case "restart" -> demo.restart();
            default -> {
                answer(
                        exchange,
                        400,
                        "text/plain; charset=utf-8",
                        "action must be one of cut, heal, reset, drop, kick, restart");
                return;
            }
        }
        answer(exchange, 200, "text/plain; charset=utf-8", "ok");
    }

    private Optional<DemoTab> tab(HttpExchange exchange) throws IOException {
        Optional<DemoTab> tab = demo.tab(query(exchange).getOrDefault("tab", ""));
        if (tab.isEmpty()) {
            answer(exchange, 404, "text/plain; charset=utf-8", "no such tab: reload the page");
        }
        return tab;
    }

    private static boolean isPost(HttpExchange exchange) throws IOException {
        boolean post = exchange.getRequestMethod().equals("POST");
        if (!post) {
            answer(exchange, 405, "text/plain; charset=utf-8", "POST only");
        }
        return post;
    }

    private static Map<String, String> query(HttpExchange exchange) {
        Map<String, String> query = new HashMap<>();
        String raw = exchange.getRequestURI().getQuery();
        if (raw != null) {
            for (String pair : raw.split("&", -1)) {
                int equals = pair.indexOf('=');
                if (equals > 0) {
                    query.put(pair.substring(0, equals), pair.substring(equals + 1));
                }
            }
        }
        return query;
    }

    private static void answer(HttpExchange exchange, int status, String type, String text) throws IOException {
        answer(exchange, status, type, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void answer(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
