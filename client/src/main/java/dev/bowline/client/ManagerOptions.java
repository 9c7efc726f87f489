package dev.bowline.client;

import dev.bowline.core.engine.TransportName;
import dev.bowline.core.packet.JsonCodec;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What a {@link ManagerBuilder} was told; see there for what each option means. */
record ManagerOptions(
        boolean secure,
        String authority,
        String path,
        String query,
        List<TransportName> transports,
        boolean upgrade,
        boolean rememberUpgrade,
        boolean tryAllTransports,
        Reconnection reconnection,
        Optional<Duration> connectTimeout,
        Duration closeTimeout,
        Optional<Duration> ackTimeout,
        OptionalInt retries,
        @Nullable Supplier<? extends Map<String, ?>> auth,
        Map<String, String> headers,
        boolean cookies,
        Optional<Duration> requestTimeout,
        Timestamps timestamps,
        boolean forceBase64,
        List<String> subprotocols,
        Consumer<HttpClient.Builder> customizer,
        @Nullable HttpClient httpClient,
        @Nullable ScheduledExecutorService scheduler,
        @Nullable Executor handlers,
        JsonCodec codec,
        int maxAttachments,
        int maxMessageBytes,
        int maxBufferedPackets,
        long maxBufferedBytes,
        RandomGenerator random) {
    /** Which requests carry a text that none before had, and as which parameter. */
    record Timestamps(String param, boolean inPolling, boolean inWebSocket) {
        static final Timestamps DEFAULT = new Timestamps("t", true, false);
    }
}
