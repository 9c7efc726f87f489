package dev.bowline.core.packet;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.RemoteProtocolException;
import org.jspecify.annotations.Nullable;

/**
 * Where the elements of a packet's JSON array are, and the event's name if the first one is a name.
 * Immutable.
 */
final class ArgumentIndex {
    private final Bytes json;
    private final int[] starts;
    private final @Nullable String eventName;

    private ArgumentIndex(Bytes json, int[] starts) {
        this.json = json;
        this.starts = starts;
        this.eventName = size() == 0 ? null : JsonText.nameOf(element(0));
    }

    /**
     * Checks the JSON of an EVENT or an ACK that a peer sent.
     *
     * @throws RemoteProtocolException if it is not an array, nested too deeply, or if a placeholder points
     *     at no attachment
     */
    static ArgumentIndex scan(Bytes json, int maxDepth, int attachments) throws RemoteProtocolException {
        return new ArgumentIndex(json, JsonScanner.scanArray(json, maxDepth, attachments));
    }

    /** The same for JSON of our own, where a fault is the caller's. */
    static ArgumentIndex of(Bytes json, int attachments) {
        try {
            return scan(json, PacketDecoder.MOST_DEPTH, attachments);
        } catch (RemoteProtocolException e) {
            throw new IllegalArgumentException("payload must be a JSON array: " + e.getMessage(), e);
        }
    }

    /** The number of elements, the event's name included. */
    int size() {
        return starts.length - 1;
    }

    /** The JSON of the element, without whitespace around it. */
    Bytes element(int index) {
        int end = starts[index + 1];
        // No JSON value ends in these, and all that stands between two of them is these.
        while (json.at(end - 1) == ',' || JsonScanner.isWhitespace(json.at(end - 1))) {
            end--;
        }
        return json.slice(starts[index], end);
    }

    /** The first element as the name of an event; null where it is neither a string nor a number. */
    @Nullable
    String eventName() {
        return eventName;
    }
}
