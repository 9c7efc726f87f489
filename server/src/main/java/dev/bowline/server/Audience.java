package dev.bowline.server;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The namespaces that a broadcast concerns.
 *
 * @param server whose they are
 * @param namespaces all of them at this moment
 * @param only the one, if there can be only one
 */
record Audience(SocketIoServer server, Supplier<Collection<Namespace>> namespaces, Optional<Namespace> only) {
    static Audience of(Namespace namespace) {
        return new Audience(namespace.server(), () -> List.of(namespace), Optional.of(namespace));
    }

    static Audience ofChildren(SocketIoServer server, Collection<Namespace> children) {
        return new Audience(server, () -> List.copyOf(children), Optional.empty());
    }

    /** The namespace to ask something of. */
    Namespace asked(String method) {
        return only.orElseThrow(
                () -> new UnsupportedOperationException(method + " is not supported on parent namespaces"));
    }
}
