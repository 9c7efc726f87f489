package dev.bowline.server;

import java.util.EnumMap;
import java.util.Map;

/**
 * A count that clients can drive up, and the most that it may be: none that an honest application reaches by
 * accident. Each is an option of {@link ServerOptions} and a row of docs/limits.md.
 */
enum Cap {
    CONNECTIONS("maxConnections", 100_000),
    CONNECTIONS_PER_ADDRESS("maxConnectionsPerAddress", 2_000),
    CONNECTIONS_OUTSIDE("maxConnectionsOutside", 10_000),
    HANDSHAKES("maxHandshakesPerSecond", 5_000),
    HANDSHAKES_PER_ADDRESS("maxHandshakesPerSecondPerAddress", 500),
    NAMESPACES("maxNamespacesPerConnection", 100),
    AUTH_BYTES("maxAuthBytes", 64 << 10),
    ROOMS("maxRoomsPerSocket", 1_000),
    ROOM_NAME("maxRoomNameLength", 1_024),
    PENDING_ACKS("maxPendingAcks", 10_000),
    HANDLER_THREADS("maxHandlerThreads", 1_000);

    private static final String UNLIMITED = "unlimited";

    private final String option;
    private final int standard;

    Cap(String option, int standard) {
        this.option = option;
        this.standard = standard;
    }

    String option() {
        return option;
    }

    static Map<Cap, Integer> defaults() {
        Map<Cap, Integer> defaults = new EnumMap<>(Cap.class);
        for (Cap cap : values()) {
            defaults.put(cap, cap.standard);
        }
        return defaults;
    }

    /** Zero would be read as "none" by one and as "no limit" by another: it is neither. */
    int check(int value) {
        if (value < 1) {
            throw new IllegalArgumentException(option + " must be positive, or UNLIMITED: " + value);
        }
        return value;
    }

    int parse(String text) {
        if (text.trim().equals(UNLIMITED)) {
            return ServerOptions.UNLIMITED;
        }
        int value = Configuration.integer(option, text);
        if (value < 1) {
            throw new IllegalArgumentException(option + " must be positive, or unlimited: " + text);
        }
        return value;
    }
}
