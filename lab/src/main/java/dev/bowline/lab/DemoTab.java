package dev.bowline.lab;

import dev.bowline.testkit.Direction;
import dev.bowline.testkit.FaultProxy;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A browser tab: a network of its own to break, and those who listen to what the server sees of it. Safe for any thread. */
final class DemoTab implements AutoCloseable {
    private static final int BACKLOG = 1_000;

    private final String name;
    private final FaultProxy proxy;
    private final List<BlockingQueue<String>> listeners = new CopyOnWriteArrayList<>();
    private volatile long leftAt = System.nanoTime();

    DemoTab(String name, FaultProxy proxy) {
        this.name = name;
        this.proxy = proxy;
    }

    String name() {
        return name;
    }

    int port() {
        return proxy.port();
    }

    /** Who listens from now on gets each line of what happens. */
    BlockingQueue<String> listen() {
        BlockingQueue<String> lines = new LinkedBlockingQueue<>(BACKLOG);
        listeners.add(lines);
        return lines;
    }

    void leave(BlockingQueue<String> lines) {
        listeners.remove(lines);
        leftAt = System.nanoTime();
    }

    /** For how long nobody has listened; 0 while somebody does. */
    long abandonedNanos() {
        return listeners.isEmpty() ? System.nanoTime() - leftAt : 0;
    }

    void socket(String kind, String id, Optional<String> reason) {
        ObjectNode line = line(kind).put("id", id);
        reason.ifPresent(text -> line.put("reason", text));
        tell(line);
    }

    void link(String state) {
        tell(line("link").put("state", state));
    }

    private static ObjectNode line(String kind) {
        return JsonMapper.shared().createObjectNode().put("kind", kind).put("at", System.currentTimeMillis());
    }

    /** A listener that does not read misses the rest, rather than costing memory. */
    private void tell(ObjectNode line) {
        String text = line.toString();
        listeners.forEach(lines -> lines.offer(text));
    }

    void cut() {
        proxy.all().blackHole(Direction.BOTH);
        link("cut");
    }

    void heal() {
        proxy.all().heal();
        link("healed");
    }

    void reset() {
        proxy.existing().reset();
        link("reset");
    }

    @Override
    public void close() {
        proxy.close();
    }
}
