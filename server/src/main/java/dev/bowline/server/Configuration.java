package dev.bowline.server;

import dev.bowline.core.engine.OutboundPolicy;
import dev.bowline.core.engine.TransportName;
import dev.bowline.server.transport.ClientBundle;
import dev.bowline.server.transport.Cors;
import dev.bowline.server.transport.PerMessageDeflate;
import dev.bowline.server.transport.SessionCookie;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** Options by the names that they have in configuration, where every value is text. */
final class Configuration {
    private static final Map<String, BiConsumer<ServerOptions.Builder, String>> OPTIONS = new TreeMap<>();

    /** What no text can say. */
    private static final List<String> ONLY_IN_CODE = List.of(
            "adapter", "allowRequest", "dispatch", "generateId", "headers", "initialHeaders", "jsonMapper", "listener");

    static {
        OPTIONS.put("path", ServerOptions.Builder::path);
        bool("addTrailingSlash", ServerOptions.Builder::addTrailingSlash);
        list("transports", (builder, names) -> builder.transports(transports(names)));
        bool("allowUpgrades", ServerOptions.Builder::allowUpgrades);
        bool("allowEIO3", ServerOptions.Builder::allowEIO3);

        millis("pingInterval", ServerOptions.Builder::pingInterval);
        millis("pingTimeout", ServerOptions.Builder::pingTimeout);
        millis("upgradeTimeout", ServerOptions.Builder::upgradeTimeout);
        millis("connectTimeout", ServerOptions.Builder::connectTimeout);
        millis("ackTimeout", ServerOptions.Builder::ackTimeout);

        integer("maxHttpBufferSize", ServerOptions.Builder::maxHttpBufferSize);
        number("maxQueuedBytes", ServerOptions.Builder::maxQueuedBytes);
        OPTIONS.put("outboundPolicy", (builder, text) -> builder.outboundPolicy(policy(text)));
        integer("maxQueuedEvents", ServerOptions.Builder::maxQueuedEvents);
        millis("maxReadPause", ServerOptions.Builder::maxReadPause);
        integer("maxJsonDepth", ServerOptions.Builder::maxJsonDepth);
        integer("maxAttachments", ServerOptions.Builder::maxAttachments);
        number("maxInboundBytes", ServerOptions.Builder::maxInboundBytes);
        number("maxAnswerBytes", ServerOptions.Builder::maxAnswerBytes);
        bool("limitPrivateAddresses", ServerOptions.Builder::limitPrivateAddresses);
        for (Cap cap : Cap.values()) {
            OPTIONS.put(cap.option(), (builder, text) -> builder.caps.put(cap, cap.parse(text)));
        }

        millis("recovery", (builder, within) -> builder.recovery(Recovery.within(within)));
        integer("maxDynamicNamespaces", ServerOptions.Builder::maxDynamicNamespaces);
        bool("cleanupEmptyChildNamespaces", ServerOptions.Builder::cleanupEmptyChildNamespaces);
        OPTIONS.put("initialPacket", ServerOptions.Builder::initialPacket);

        list("cors", (builder, origins) -> builder.cors(Cors.of(origins)));
        bool("originCheck", ServerOptions.Builder::originCheck);
        OPTIONS.put("cookie", (builder, text) -> builder.cookie(SessionCookie.named(text.trim())));
        bool("httpCompression", ServerOptions.Builder::httpCompression);
        integer("httpCompressionThreshold", ServerOptions.Builder::httpCompressionThreshold);
        bool("perMessageDeflate", (builder, wanted) -> {
            if (wanted) {
                builder.perMessageDeflate(PerMessageDeflate.defaults());
            }
        });
        OPTIONS.put("clientBundle", (builder, text) -> builder.clientBundle(ClientBundle.of(Path.of(text.trim()))));

        for (String name : ONLY_IN_CODE) {
            OPTIONS.put(name, (builder, text) -> {
                throw new IllegalArgumentException(
                        name + " can only be set in code, with ServerOptions.builder(): " + text);
            });
        }
    }

    private Configuration() {}

    /**
     * Sets one option.
     *
     * @throws IllegalArgumentException if the name is unknown (the message tells the nearest known one), the option has
     *     no text, or the text breaks a rule
     */
    static void set(ServerOptions.Builder builder, String name, String text) {
        BiConsumer<ServerOptions.Builder, String> option = OPTIONS.get(name);
        if (option == null) {
            throw OptionNames.unknown(name, OPTIONS.keySet());
        }
        option.accept(builder, text);
    }

    private static <T> void option(String name, Function<String, T> parse, BiConsumer<ServerOptions.Builder, T> set) {
        OPTIONS.put(name, (builder, text) -> set.accept(builder, parse.apply(text)));
    }

    private static void bool(String name, BiConsumer<ServerOptions.Builder, Boolean> set) {
        option(name, text -> bool(name, text), set);
    }

    private static void millis(String name, BiConsumer<ServerOptions.Builder, Duration> set) {
        option(name, text -> Duration.ofMillis(number(name, text)), set);
    }

    private static void number(String name, BiConsumer<ServerOptions.Builder, Long> set) {
        option(name, text -> number(name, text), set);
    }

    private static void integer(String name, BiConsumer<ServerOptions.Builder, Integer> set) {
        option(name, text -> integer(name, text), set);
    }

    private static void list(String name, BiConsumer<ServerOptions.Builder, String[]> set) {
        option(name, Configuration::list, set);
    }

    private static boolean bool(String name, String text) {
        return switch (text.trim()) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(name + " must be true or false: " + text);
        };
    }

    private static long number(String name, String text) {
        try {
            return Long.parseLong(text.trim());
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException(name + " must be a whole number: " + text, notANumber);
        }
    }

    static int integer(String name, String text) {
        long number = number(name, text);
        if (number != (int) number) {
            throw new IllegalArgumentException(name + " must be at most 2^31-1: " + text);
        }
        return (int) number;
    }

    private static String[] list(String text) {
        return Arrays.stream(text.split(",", -1)).map(String::trim).toArray(String[]::new);
    }

    private static TransportName[] transports(String[] names) {
        return Arrays.stream(names)
                .map(name -> TransportName.of(name)
                        .orElseThrow(() ->
                                new IllegalArgumentException("transports must be among polling, websocket: " + name)))
                .toArray(TransportName[]::new);
    }

    private static OutboundPolicy policy(String text) {
        return switch (text.trim()) {
            case "close" -> OutboundPolicy.CLOSE;
            case "dropOldest" -> OutboundPolicy.DROP_OLDEST;
            case "dropNewest" -> OutboundPolicy.DROP_NEWEST;
            case "fail" -> OutboundPolicy.FAIL;
            default ->
                throw new IllegalArgumentException(
                        "outboundPolicy must be among close, dropOldest, dropNewest, fail: " + text);
        };
    }
}
