package dev.bowline.netty;

import dev.bowline.server.transport.PerMessageDeflate;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketExtensionUtil;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The compression that the server takes of those that a client offers (RFC 7692, section 7.1).
 *
 * @param serverNoContextTakeover whether the server starts each message afresh
 * @param clientNoContextTakeover whether the client does
 */
record DeflateOffer(boolean serverNoContextTakeover, boolean clientNoContextTakeover) {
    private static final String NAME = "permessage-deflate";
    private static final String SERVER_NO_CONTEXT = "server_no_context_takeover";
    private static final String CLIENT_NO_CONTEXT = "client_no_context_takeover";
    private static final String SERVER_WINDOW = "server_max_window_bits";
    private static final String CLIENT_WINDOW = "client_max_window_bits";
    private static final String FULL_WINDOW = "15";

    /** The first offer that the server can keep. */
    static Optional<DeflateOffer> take(List<String> offers, PerMessageDeflate rules) {
        return WebSocketExtensionUtil.extractExtensions(String.join(",", offers)).stream()
                .filter(offer -> offer.name().equalsIgnoreCase(NAME) && canBeKept(offer.parameters()))
                .findFirst()
                .map(offer -> new DeflateOffer(
                        rules.serverNoContextTakeover() || offer.parameters().containsKey(SERVER_NO_CONTEXT),
                        rules.clientNoContextTakeover()));
    }

    private static boolean canBeKept(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .allMatch(parameter -> canBeKept(parameter.getKey(), Optional.ofNullable(parameter.getValue())));
    }

    private static boolean canBeKept(String name, Optional<String> value) {
        return switch (name) {
            case SERVER_NO_CONTEXT, CLIENT_NO_CONTEXT -> value.isEmpty();
            // The JDK's compressor has one window, the largest.
            case SERVER_WINDOW -> value.filter(FULL_WINDOW::equals).isPresent();
            case CLIENT_WINDOW -> value.map(bits -> bits.matches("[89]|1[0-5]")).orElse(true);
            default -> false;
        };
    }

    /** The header that answers the offer. */
    String header() {
        return NAME
                + (serverNoContextTakeover ? "; " + SERVER_NO_CONTEXT : "")
                + (clientNoContextTakeover ? "; " + CLIENT_NO_CONTEXT : "");
    }
}
