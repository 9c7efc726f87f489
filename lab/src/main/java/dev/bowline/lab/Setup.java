package dev.bowline.lab;

import dev.bowline.server.ServerOptions;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a server under test is set up: the lab's own is made so, another says it of itself.
 *
 * @param timings what it announces in its handshakes
 * @param sessions how it keeps sessions, if it does
 * @param maxQueuedBytes how much may wait for a client that does not read before its connection is closed, if there is
 *     such a limit
 */
record Setup(Timings timings, Optional<Sessions> sessions, OptionalLong maxQueuedBytes) {
    /** One of the lab's own with these timings, without sessions and with Bowline's default for what may wait. */
    static Setup of(Timings timings) {
        return new Setup(timings, Optional.empty(), OptionalLong.of(1 << 20));
    }

    /** What a server says of itself. */
    static Setup of(JsonNode settings) {
        return new Setup(
                new Timings(
                        Duration.ofMillis(settings.path("pingInterval").asLong()),
                        Duration.ofMillis(settings.path("pingTimeout").asLong()),
                        settings.path("maxPayload").asInt()),
                Sessions.of(settings),
                settings.has("maxQueuedBytes")
                        ? OptionalLong.of(settings.path("maxQueuedBytes").asLong())
                        : OptionalLong.empty());
    }

    Setup with(Timings newTimings) {
        return new Setup(newTimings, sessions, maxQueuedBytes);
    }

    Setup with(Sessions newSessions) {
        return new Setup(timings, Optional.of(newSessions), maxQueuedBytes);
    }

    Setup withMaxQueuedBytes(long bytes) {
        return new Setup(timings, sessions, OptionalLong.of(bytes));
    }

    /** The same as options of a Bowline server. */
    ServerOptions options() {
        ServerOptions.Builder options = ServerOptions.builder()
                .pingInterval(timings.pingInterval())
                .pingTimeout(timings.pingTimeout())
                .maxHttpBufferSize(timings.maxPayload());
        sessions.ifPresent(kept -> options.recovery(kept.recovery()));
        maxQueuedBytes.ifPresent(options::maxQueuedBytes);
        return options.build();
    }

    /** What a Bowline server that is set up so says of itself. */
    ObjectNode settings() {
        ObjectNode settings = JsonMapper.shared().createObjectNode();
        settings.put("pingInterval", timings.pingInterval().toMillis());
        settings.put("pingTimeout", timings.pingTimeout().toMillis());
        settings.put("maxPayload", timings.maxPayload());
        sessions.ifPresent(kept -> kept.writeTo(settings));
        maxQueuedBytes.ifPresent(bytes -> settings.put("maxQueuedBytes", bytes));
        return settings;
    }
}
