package dev.bowline.server.transport;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What became of a handshake before a session is opened.
 *
 * @param refusal why there will be none, if so
 * @param sid the id of the session: at least 20 characters that nobody can guess
 * @param headers what its first answer carries besides, in pairs of name and value
 */
public record Admission(Optional<Refusal> refusal, String sid, List<Map.Entry<String, String>> headers) {
    public Admission {
        headers = List.copyOf(headers);
    }

    /** A refused handshake. */
    public static Admission refused(Refusal refusal) {
        return new Admission(Optional.of(refusal), "", List.of());
    }

    /** A session under this id. */
    public static Admission of(String sid) {
        return new Admission(Optional.empty(), sid, List.of());
    }
}
