package dev.bowline.server;

import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Payload;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** The middlewares of a namespace, and their verdict on a socket. Safe for any thread. */
final class Middlewares {
    private static final System.Logger LOG = System.getLogger(Middlewares.class.getName());

    private static final Map<String, Object> REFUSED = Map.of("message", "Refused");

    private final List<Middleware> inOrder = new CopyOnWriteArrayList<>();

    void add(Middleware middleware) {
        inOrder.add(middleware);
    }

    void addAll(Middlewares others) {
        inOrder.addAll(others.inOrder);
    }

    /**
     * Asks them one after the other, which may take long.
     *
     * @param dialect how the client is told
     * @return what the client is told if one refuses, or empty
     */
    Optional<Payload> refusal(Socket socket, Dialect dialect, JsonCodec codec) {
        try {
            for (Middleware middleware : inOrder) {
                middleware.accept(socket);
            }
            return Optional.empty();
        } catch (ConnectionRefusedException refusal) {
            return Optional.of(told(refusal, dialect, codec));
        } catch (Exception | Error failure) {
            LOG.log(System.Logger.Level.WARNING, "A middleware failed; the client is refused", failure);
            return Optional.of(dialect.refusal(REFUSED, codec));
        }
    }

    private static Payload told(ConnectionRefusedException refusal, Dialect dialect, JsonCodec codec) {
        Map<String, Object> error = new LinkedHashMap<>(REFUSED);
        Optional.ofNullable(refusal.getMessage()).ifPresent(message -> error.put("message", message));
        refusal.data().ifPresent(data -> error.put("data", data));
        try {
            return dialect.refusal(error, codec);
        } catch (IllegalArgumentException unwritable) {
            LOG.log(System.Logger.Level.WARNING, "The data of a refusal cannot be written; it is left out", unwritable);
            error.remove("data");
            return dialect.refusal(error, codec);
        }
    }
}
