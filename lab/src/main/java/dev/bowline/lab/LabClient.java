package dev.bowline.lab;

import dev.bowline.client.Reconnection;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A socket of a client under test, whatever language it is written in. */
interface LabClient {
    /**
     * What to open.
     *
     * @param name tells it from the others
     * @param link sockets of the same link share one connection
     * @param uri where the server, or the proxy before it, listens
     * @param room the room that the server is to put it into
     */
    record Spec(
            String name,
            String link,
            URI uri,
            String namespace,
            Mode mode,
            Reconnection reconnection,
            Optional<String> room) {}

    /** Opens clients, and closes all that it opened. */
    interface Factory extends AutoCloseable {
        /** The kind of client: {@code bowline} or {@code js}. */
        String kind();

        /** A client that does not connect yet. */
        LabClient open(Spec spec);

        /** Closes the clients opened so far. */
        void closeClients();

        @Override
        void close();
    }

    /** What it saw. */
    Journal journal();

    /** What it was opened with. */
    Spec spec();

    /** Connects, for the first time or again. */
    void connect();

    /** Disconnects of its own will. */
    void disconnect();

    /** Sends an event. */
    void emit(String event, @Nullable Object... args);

    /** Sends an event and awaits the arguments of its acknowledgement. */
    CompletableFuture<List<JsonNode>> request(Duration timeout, String event, @Nullable Object... args);

    /** Sends {@code count} events with 0 to n-1. */
    void count(int n);

    /** What became of the {@code poured} events that came in. */
    Tally tally();
}
