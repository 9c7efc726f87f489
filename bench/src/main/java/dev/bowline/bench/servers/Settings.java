package dev.bowline.bench.servers;

import java.time.Duration;

/** What a server under load is told on its command line. */
record Settings(int cores, Duration pingInterval, boolean onEventLoop, boolean recovery) {
    /** Reads {@code <cores> <pingInterval in ms> [loop|default [recovery]]}. */
    static Settings of(String[] arguments) {
        if (arguments.length < 2) {
            throw new IllegalArgumentException("cores and pingInterval in milliseconds are needed");
        }
        return new Settings(
                Integer.parseInt(arguments[0]),
                Duration.ofMillis(Long.parseLong(arguments[1])),
                arguments.length > 2 && arguments[2].equals("loop"),
                arguments.length > 3 && arguments[3].equals("recovery"));
    }
}
