package dev.bowline.lab;

import dev.bowline.server.Recovery;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a server keeps the sessions of clients that are away (connection state recovery), as {@code settings} tells it.
 *
 * @param within how long a client may be away
 * @param maxBytes what the log and the sessions may cost, if the server bounds them so
 * @param keeps how old an event in the log becomes at most, if the server says so
 * @param gaps in which cases the server is known to lose a session, by the names of {@code docs/verify-contract.md}
 */
record Sessions(Duration within, OptionalLong maxBytes, Optional<Duration> keeps, Set<String> gaps) {
    /** Those of the lab's own server, for so long and with so much. */
    static Sessions of(Duration within, long maxBytes) {
        return new Sessions(within, OptionalLong.of(maxBytes), Optional.empty(), Set.of());
    }

    static Optional<Sessions> of(JsonNode settings) {
        JsonNode told = settings.path("recovery");
        if (!told.isObject()) {
            return Optional.empty();
        }
        Set<String> gaps = new HashSet<>();
        told.path("gaps").forEach(gap -> gaps.add(gap.asString()));
        return Optional.of(new Sessions(
                Duration.ofMillis(told.path("within").asLong()),
                told.has("maxBytes") ? OptionalLong.of(told.path("maxBytes").asLong()) : OptionalLong.empty(),
                told.has("keeps")
                        ? Optional.of(Duration.ofMillis(told.path("keeps").asLong()))
                        : Optional.empty(),
                Set.copyOf(gaps)));
    }

    /** The same as the server's option. */
    Recovery recovery() {
        Recovery recovery = Recovery.within(within);
        return maxBytes.isPresent() ? recovery.withMaxBytes(maxBytes.getAsLong()) : recovery;
    }

    void writeTo(ObjectNode settings) {
        settings.putObject("recovery")
                .put("within", within.toMillis())
                .put("maxBytes", recovery().maxBytes());
    }
}
