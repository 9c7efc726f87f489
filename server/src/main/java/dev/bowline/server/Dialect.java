package dev.bowline.server;

import dev.bowline.core.engine.ProtocolRevision;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import dev.bowline.server.transport.QueryString;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** How clients enter namespaces and are refused, which is all that differs between the generations of Socket.IO. */
enum Dialect {
    /** Clients of Socket.IO 3 and later: they ask for each namespace, and learn their id. */
    CURRENT {
        @Override
        Optional<Packet> enteredUnasked() {
            return Optional.empty();
        }

        @Override
        Packet asked(Packet connect, JsonCodec codec) {
            return connect;
        }

        @Override
        Payload welcome(String id, Optional<String> pid, JsonCodec codec) {
            return codec.writeValue(
                    pid.isEmpty()
                            ? Map.of("sid", id)
                            : new TreeMap<>(Map.of("sid", id, "pid", pid.get())).descendingMap());
        }

        @Override
        Payload refusal(Map<String, Object> error, JsonCodec codec) {
            return codec.writeValue(error);
        }
    },

    /**
     * Clients of Socket.IO 2 and before (socket.io-protocol, revision 4): they are in the main namespace without
     * asking, say who they are in the query of the namespace, and learn of an error but its data or its text.
     */
    V2 {
        @Override
        Optional<Packet> enteredUnasked() {
            return Optional.of(Packet.of(Packet.Type.CONNECT, "/", Payload.NONE));
        }

        @Override
        Packet asked(Packet connect, JsonCodec codec) {
            String namespace = connect.namespace();
            int query = namespace.indexOf('?');
            return Packet.of(
                    Packet.Type.CONNECT,
                    query < 0 ? namespace : namespace.substring(0, query),
                    query < 0 ? Payload.NONE : codec.writeValue(QueryString.parametersOf(namespace)));
        }

        @Override
        Payload welcome(String id, Optional<String> pid, JsonCodec codec) {
            // Such a client takes the id of its connection for its own, whatever it is told.
            return Payload.NONE;
        }

        @Override
        Payload refusal(Map<String, Object> error, JsonCodec codec) {
            Object data = error.getOrDefault("data", error.get("message"));
            Payload bare = codec.writeValue(Objects.requireNonNull(data));
            int first = bare.json().at(0);
            // A number would be read as the packet's id.
            return first == '{' || first == '"' ? bare : codec.writeValue(error);
        }
    };

    static Dialect of(ProtocolRevision revision) {
        return switch (revision) {
            case V3 -> V2;
            case V4 -> CURRENT;
        };
    }

    /** The CONNECT that a client does not send, because it takes it for granted. */
    abstract Optional<Packet> enteredUnasked();

    /** What a CONNECT asks for: the name of a namespace, and {@code auth} as its payload. */
    abstract Packet asked(Packet connect, JsonCodec codec);

    /**
     * The payload of the answer to CONNECT that lets a client in.
     *
     * @param pid the secret under which it may come back, where sessions are kept
     */
    abstract Payload welcome(String id, Optional<String> pid, JsonCodec codec);

    /** Whether such a client can come back to its session. */
    boolean comesBack() {
        return this == CURRENT;
    }

    /**
     * The payload of a CONNECT_ERROR.
     *
     * @param error its {@code message}, and {@code data} if there is some
     * @throws IllegalArgumentException if the data cannot be written
     */
    abstract Payload refusal(Map<String, Object> error, JsonCodec codec);
}
